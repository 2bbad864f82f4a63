package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/chainguard-dev/go-apk/pkg/apk"
	"github.com/goreleaser/nfpm/v2"
	packager "github.com/goreleaser/nfpm/v2/apk"
	"github.com/goreleaser/nfpm/v2/files"
)

// built is when all packages were built.
func built() time.Time { return time.Unix(1700000000, 0).UTC() }

// makeRepository makes the packages and APKINDEX.tar.gz, below dir.
func makeRepository(ctx context.Context, dir string) error {
	texts, err := os.MkdirTemp(dir, "texts-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(texts)
	repo := filepath.Join(dir, arch)
	if err := os.Mkdir(repo, 0o755); err != nil {
		return err
	}
	index := &apk.APKIndex{Description: "packages of one file or many"}
	for _, s := range packages() {
		file := filepath.Join(repo, s.name+"-"+s.version+".apk")
		if err := makePackage(s, file, texts); err != nil {
			return fmt.Errorf("%s: %w", file, err)
		}
		p, err := parsePackage(ctx, file)
		if err != nil {
			return fmt.Errorf("%s: %w", file, err)
		}
		index.Packages = append(index.Packages, p)
	}
	archive, err := apk.ArchiveFromIndex(index)
	if err != nil {
		return err
	}
	data, err := io.ReadAll(archive)
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(repo, "APKINDEX.tar.gz"), data, 0o644)
}

func parsePackage(ctx context.Context, file string) (*apk.Package, error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return apk.ParsePackage(ctx, f)
}

// makePackage makes one package; texts is where the files lie that it packs.
func makePackage(s spec, file, texts string) error {
	contents, err := s.contents(texts)
	if err != nil {
		return err
	}
	info := nfpm.WithDefaults(&nfpm.Info{
		Name:          s.name,
		Arch:          "amd64",
		Version:       s.version, // as it is, release and all
		VersionSchema: "none",
		Description:   "a package named " + s.name,
		Maintainer:    "Nobody <nobody@example.org>",
		Homepage:      "https://example.org/" + s.name,
		MTime:         built(),
		// nfpm has no fields for what abuild adds to .PKGINFO.
		License: fmt.Sprintf("MIT\norigin = %s\ncommit = %040x\nbuilddate = %d", s.from(), len(s.name), built().Unix()),
		Overridables: nfpm.Overridables{
			Depends: s.depends, Provides: s.provides, Replaces: s.replaces, Contents: contents,
		},
	})
	if s.noarch {
		info.Arch = "all"
	}
	f, err := os.Create(file)
	if err != nil {
		return err
	}
	defer f.Close()
	if err := packager.Default.Package(info, f); err != nil {
		return err
	}
	return f.Close()
}

func (s spec) from() string {
	if s.origin != "" {
		return s.origin
	}
	return s.name
}

func (s spec) contents(texts string) (files.Contents, error) {
	var found files.Contents
	for _, dir := range s.dirs {
		found = append(found, &files.Content{Destination: dir, Type: files.TypeDir, FileInfo: &files.ContentFileInfo{Mode: 0o755}})
	}
	for path, target := range s.links {
		found = append(found, &files.Content{Source: target, Destination: path, Type: files.TypeSymlink})
	}
	for n, path := range s.files {
		text := filepath.Join(texts, fmt.Sprintf("%s-%s-%d", s.name, s.version, n))
		line := fmt.Sprintf("%s of %s %s\n", path, s.name, s.version)
		if err := os.WriteFile(text, []byte(strings.Repeat(line, 1+n%7)), 0o644); err != nil {
			return nil, err
		}
		mode := os.FileMode(0o644)
		if strings.Contains(path, "bin/") {
			mode = 0o755
		}
		found = append(found, &files.Content{Source: text, Destination: path, FileInfo: &files.ContentFileInfo{Mode: mode, MTime: built()}})
	}
	return found, nil
}
