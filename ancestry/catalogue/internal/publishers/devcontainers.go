package publishers

import (
	"context"
	"fmt"
	"regexp"
	"strings"

	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/stemma-go/stemma/ancestry"
	"github.com/stemma-go/stemma/ancestry/catalogue/internal/data"
)

// devcontainers/images has a file for each version of an image, src/NAME/history/VERSION.md,
// written after the release: for each variant the digest of the index, and its tags. The
// images are named by their labels (see package ancestry); the digests are for who pins them.
var (
	devHistory = regexp.MustCompile(`\Asrc/[^/]+/history/\d[^/]*\.md\z`)
	devDigest  = regexp.MustCompile(`^\*\*Digest:\*\* (sha256:[0-9a-f]{64})$`)
)

// readDevContainers adds the digests of every version that was released.
func readDevContainers(ctx context.Context, j *Job) error {
	all, err := j.versions(ctx, devHistory.MatchString, "src")
	if err != nil {
		return err
	}
	p := pointers{Job: j, digests: map[string]bool{}}
	for _, v := range all {
		_, text, err := j.objects.Blob(v.blob)
		if err != nil {
			j.unread(fmt.Sprintf("%.12s:%s", v.commit, v.path), err)
			continue
		}
		for _, x := range parseDevHistory(string(text)) {
			p.add(x, v.from, data.Ongoing) // a version's tag is not moved
		}
	}
	return nil
}

// parseDevHistory returns the tags of one file, with the digests that stand before them.
func parseDevHistory(text string) []pointer {
	var out []pointer
	digest, listed := "", false
	for line := range strings.Lines(text) {
		line = strings.TrimRight(line, " \r\n")
		switch m := devDigest.FindStringSubmatch(line); {
		case m != nil:
			digest, listed = m[1], false
		case strings.HasPrefix(line, "#"):
			digest, listed = "", false
		case line == "```":
			listed = !listed
		case listed && digest != "":
			n, ok := ancestry.ParseName(line)
			if _, err := v1.NewHash(digest); ok && err == nil && len(n.Tags) == 1 {
				out = append(out, pointer{repository: n.Repository, tag: n.Tags[0], digest: digest})
			}
		}
	}
	return out
}
