package publishers

import (
	"context"
	"fmt"
	"path"
	"regexp"
	"strings"

	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/stemma-go/stemma/ancestry/catalogue/internal/build"
	"github.com/stemma-go/stemma/ancestry/catalogue/internal/data"
)

// docker-library/repo-info has a file for each tag of an official image, repos/NAME/remote/TAG.md,
// with a chapter for each platform: the digest of its manifest, and those of its layers, from the
// bottom up; before them stands the digest of the index. Its history is large: it is read only by
// who asks for it. The files below local have no digests but that of the configuration.
var (
	infoFile     = regexp.MustCompile(`\Arepos/([a-z0-9][a-z0-9._-]*)/remote/(\w[\w.-]*)\.md\z`)
	infoPlatform = regexp.MustCompile("^### `[^`]+` - (.+)$")
	infoIndex    = regexp.MustCompile("^-\tManifest MIME: `[^`]*(?:manifest\\.list|image\\.index)[^`]*`$")
	infoPull     = regexp.MustCompile(`^\$ docker pull \S+@(sha256:[0-9a-f]{64})$`)
	infoLayer    = regexp.MustCompile("^\t-\t`(sha256:[0-9a-f]{64})`")
)

// infoArch are the names that catalogues have for repo-info's platforms.
var infoArch = map[string]string{
	"linux; amd64": "amd64", "linux; arm variant v5": "arm32v5", "linux; arm variant v6": "arm32v6", "linux; arm variant v7": "arm32v7",
	"linux; arm64 variant v8": "arm64v8", "linux; arm64": "arm64v8", "linux; 386": "i386", "linux; mips64le": "mips64le",
	"linux; ppc64le": "ppc64le", "linux; riscv64": "riscv64", "linux; s390x": "s390x", "linux; loong64": "loong64",
}

// readRepoInfo adds the layers of every image that a tag pointed to.
func readRepoInfo(ctx context.Context, j *Job) error {
	all, err := j.versions(ctx, infoFile.MatchString, "repos")
	if err != nil {
		return err
	}
	for _, v := range all {
		if !j.opts.Since.IsZero() && v.to < data.DayOf(j.opts.Since) {
			continue
		}
		_, text, err := j.objects.Blob(v.blob)
		if err != nil {
			j.unread(fmt.Sprintf("%.12s:%s", v.commit, v.path), err)
			continue
		}
		name := infoFile.FindStringSubmatch(v.path)
		for _, img := range parseRepoInfo(string(text)) {
			a := build.Addition{
				Repository: name[1], Tags: []string{path.Base(name[2])}, Digest: &build.Digest{From: "scratch", Image: img.image},
				From: v.from, To: v.to,
			}
			if img.arch != "" {
				a.Architectures = []string{img.arch}
				j.report.Images++
			}
			j.b.Add(a)
		}
	}
	return nil
}

// A platformImage is what a chapter says; without arch, an index.
type platformImage struct {
	arch  string
	image data.Image
}

// parseRepoInfo reads the chapters of one file: that of the index, and those that are of Linux
// and list layers.
func parseRepoInfo(text string) []platformImage {
	var out []platformImage
	var now platformImage
	index := false
	end := func() {
		if now.arch != "" && len(now.image.Blobs) > 0 || index && now.image.Manifest != (v1.Hash{}) {
			out = append(out, now)
		}
		now, index = platformImage{}, false
	}
	for line := range strings.Lines(text) {
		line = strings.TrimRight(line, " \r\n")
		if strings.HasPrefix(line, "## ") || strings.HasPrefix(line, "### ") {
			end()
		}
		if m := infoPlatform.FindStringSubmatch(line); m != nil {
			now.arch = infoArch[m[1]]
		} else if m := infoPull.FindStringSubmatch(line); m != nil {
			now.image.Manifest, _ = v1.NewHash(m[1])
		} else if m := infoLayer.FindStringSubmatch(line); m != nil {
			h, _ := v1.NewHash(m[1])
			now.image.Blobs = append(now.image.Blobs, h)
		} else if infoIndex.MatchString(line) && now.arch == "" && len(now.image.Blobs) == 0 {
			index = true
		}
	}
	end()
	return out
}
