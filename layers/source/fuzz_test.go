package source

import (
	"bytes"
	"io"
	"strings"
	"testing"

	v1 "github.com/google/go-containerregistry/pkg/v1"
)

// fuzzLimits keep each input cheap.
var fuzzLimits = Limits{Manifest: 1 << 16, Config: 1 << 16, Members: 200, Images: 50}

// FuzzArchive opens whatever an archive holds, and reads it. Nothing may panic, and no
// member may have bytes from outside the archive.
func FuzzArchive(f *testing.F) {
	src := testImage(f, hostPlatform, "")
	f.Add(docker20(f, src, ""))
	f.Add(docker20(f, src, "zstd", "gzip"))
	f.Add(docker25(f, src))
	f.Add(tarOf(f, filesOf(f, layoutOf(f, src, "1"))...))
	f.Add(tarOf(f, file{name: "a", kind: '2', link: "a"}, file{name: manifestJSON, body: `[{"Config":"a"}]`}))
	f.Fuzz(func(t *testing.T, data []byte) {
		a, err := indexArchive(t.Context(), bytes.NewReader(data), int64(len(data)), fuzzLimits.Members)
		if err != nil {
			return
		}
		for name := range a.members {
			b, err := a.open(name)
			if err != nil {
				continue
			}
			n, err := io.Copy(io.Discard, b)
			if err != nil || n != b.size || n > int64(len(data)) {
				t.Fatalf("%q: read %d bytes of %d: %v", name, n, b.size, err)
			}
		}
		for _, scheme := range []string{"", schemeOCIArchive, schemeDockerArchive} {
			img, err := openFromArchive(t.Context(), a, reference{scheme: scheme}, &Options{Limits: fuzzLimits})
			if err == nil {
				exercise(t, img)
			} else if strings.Contains(positioned("x", err).Error(), "\n") {
				t.Fatalf("an error of several lines: %q", err)
			}
		}
	})
}

// exercise calls all methods of an open image, which may fail but not panic.
func exercise(t *testing.T, img *Image) {
	_ = img.checkPlatform(nil)
	_, _ = img.Manifest()
	layers, err := img.Layers()
	if err != nil {
		t.Fatal(err)
	}
	for _, l := range layers {
		_, _ = l.DiffID()
		_, _ = l.MediaType()
		rc, err := l.Uncompressed()
		if err != nil {
			continue
		}
		_, _ = io.Copy(io.Discard, io.LimitReader(rc, 1<<20))
		rc.Close()
	}
}

// FuzzManifest parses every document that an image has. In what is accepted as an image
// or an index, digests are safe in a path.
func FuzzManifest(f *testing.F) {
	src := testImage(f, hostPlatform, "gzip")
	f.Add(raw(f, src.RawManifest))
	f.Add(raw(f, src.RawConfigFile))
	f.Add(raw(f, testIndex(f, hostPlatform, otherPlatform).RawManifest))
	f.Add([]byte(`[{"Config":"c","RepoTags":["a:1"],"Layers":["l"]}]`))
	f.Add([]byte(`{"manifests":[{"digest":"sha256:../..","size":-1}],"config":null}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		fit := func(h v1.Hash) {
			if strings.ContainsAny(h.Algorithm+h.Hex, "/\\.\x00") || h.Hex == "" {
				t.Fatalf("digest %q", h)
			}
		}
		if idx, err := parseIndex(data); err == nil {
			for _, d := range idx.descriptors {
				fit(d.Digest)
			}
		}
		if m, err := parseManifest(data); err == nil {
			fit(m.Config.Digest)
			for _, d := range m.Layers {
				fit(d.Digest)
			}
		}
		if all, err := parseManifestJSON(data, fuzzLimits.withDefaults()); err == nil {
			_, _ = chooseSavedImage(all, selection{tag: "a"})
			_ = labels(all)
		}
		_, _ = parseConfig(data)
		_ = kindOf(data)
	})
}

// FuzzReference parses references. None may panic, and the short form of a name is the
// name of the same image.
func FuzzReference(f *testing.F) {
	for _, s := range []string{"python:3", "oci:x:y@sha256:0", "./a.tar", "podman:x", "ftp://x", ":", "@", "docker:", "a@b:c", "docker.io/library/a/b:1"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		ref, err := parseReference(s)
		if err == nil && ref.path == "" && ref.name == "" {
			t.Fatalf("%q names nothing", s)
		}
		for _, short := range fullNames([]string{s}) {
			again, err := parseName(short)
			if long, lerr := parseName(s); err != nil || lerr != nil || again.Name() != long.Name() || familiar(short) != short {
				t.Fatalf("%q is called %q", s, short)
			}
		}
		_ = nameRank(s, []string{s, "a:1"})
		_ = oneLine(s, 10)
	})
}
