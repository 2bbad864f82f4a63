package own_test

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/stemma-go/stemma/ancestry"
	"github.com/stemma-go/stemma/ancestry/catalogue"
	"github.com/stemma-go/stemma/ancestry/catalogue/own"
	"github.com/stemma-go/stemma/ancestry/genealogy"
	"github.com/stemma-go/stemma/layers/history"
	"github.com/stemma-go/stemma/testdata/chain"
	"github.com/stemma-go/stemma/testdata/sample"
)

// file writes a catalogue to a file, and opens it.
func file(t *testing.T, b *own.Builder) *catalogue.Catalogue {
	t.Helper()
	var out bytes.Buffer
	_, err := b.WriteTo(&out)
	require.NoError(t, err)
	p := filepath.Join(t.TempDir(), "own.stemma")
	require.NoError(t, os.WriteFile(p, out.Bytes(), 0o600))
	f, err := os.Open(p)
	require.NoError(t, err)
	t.Cleanup(func() { f.Close() })
	c, err := catalogue.Open(f, int64(out.Len()))
	require.NoError(t, err)
	return c
}

// names are the names of an image's ancestors, youngest first, with where they begin.
func names(t *testing.T, img ancestry.ConfigFiler, c ancestry.Source) []string {
	t.Helper()
	l, err := ancestry.Resolve(t.Context(), img, &ancestry.Options{Catalogues: []ancestry.Source{c}})
	require.NoError(t, err)
	require.Empty(t, l.Problems)
	var out []string
	for _, a := range l.Ancestors {
		out = append(out, fmt.Sprintf("%d %s", a.Steps.From, a))
	}
	return out
}

// TestSampleIsNamedAlike: whatever of the sample's ancestors is known, and from where it
// is read, the names are the same.
func TestSampleIsNamedAlike(t *testing.T) {
	img, err := sample.Open()
	require.NoError(t, err)

	dockerfiles := own.New("testdata/chain", asOf)
	require.NoError(t, dockerfiles.AddDockerfiles(t.Context(), chain.Dockerfiles(), &own.Options{Name: chain.Name}))
	images := own.New("testdata/sample", asOf)
	stages, err := sample.Stages()
	require.NoError(t, err)
	for _, ref := range stages {
		img, err := sample.Stage(ref)
		require.NoError(t, err)
		cfg, err := img.ConfigFile()
		require.NoError(t, err)
		require.NoError(t, images.AddImage(own.Image{Name: name(t, ref), Config: cfg}))
	}
	directory, err := dockerfiles.Catalogue()
	require.NoError(t, err)
	for kind, c := range map[string]*catalogue.Catalogue{
		"Dockerfiles in a directory":   directory,
		"the file made of them":        file(t, dockerfiles),
		"the file made of the images":  file(t, images),
		"both files":                   catalogue.Join(file(t, dockerfiles), file(t, images)),
		"the directory and the images": catalogue.Join(file(t, images), directory),
	} {
		assert.Equal(t, []string{"25 example.org/shop/api:2.4.1", "12 example.org/runtime/node:18", "3 example.org/build/toolchain:12", "0 example.org/base/debian:bookworm"}, names(t, img, c), kind)
	}
}

// TestKindsAgree: a published history is named alike by the Dockerfile that it could
// have been built from, read from a directory, from a file and from a git repository; by
// the image itself; and by the genealogy, which knows more tags of it.
func TestKindsAgree(t *testing.T) {
	official, err := genealogy.Open()
	require.NoError(t, err)
	for ref, cfg := range published(t) {
		for _, c := range chains {
			if c.image != ref {
				continue
			}
			steps, _ := history.Steps((*v1.ConfigFile)(cfg))
			text := unbuild(c.from, steps, c.start)
			called := &own.Options{Name: func(string) (ancestry.Name, bool) { return name(t, ref), true }}

			directory := own.New("mine", asOf)
			require.NoError(t, directory.AddDockerfiles(t.Context(), fstest.MapFS{"Dockerfile": {Data: []byte(text)}}, called))
			inMemory, err := directory.Catalogue()
			require.NoError(t, err)
			clone := newClone(t)
			clone.commit("2013-02-01", text)
			repository := own.New("mine", asOf)
			require.NoError(t, repository.AddRepository(t.Context(), clone.gitDir(), called))
			images := own.New("mine", asOf)
			require.NoError(t, images.AddImage(own.Image{Name: name(t, ref), Config: (*v1.ConfigFile)(cfg)}))

			want := names(t, cfg, inMemory)
			assert.Equal(t, fmt.Sprintf("%d %s", c.start, ref), want[0])
			assert.Equal(t, want, names(t, cfg, file(t, directory)), "file of %s", ref)
			assert.Equal(t, want, names(t, cfg, file(t, repository)), "repository of %s", ref)
			// The image is known with all that it stands on, and not where that ends.
			_, byImage, _ := strings.Cut(names(t, cfg, file(t, images))[0], " ")
			assert.Equal(t, ref, byImage, "image %s", ref)

			l, err := ancestry.Resolve(t.Context(), cfg, &ancestry.Options{Catalogues: []ancestry.Source{official}})
			require.NoError(t, err)
			// What is younger than the genealogy may be inferred, and from another step on.
			top, day := l.Ancestors[0], time.Date(2026, 8, 21, 0, 0, 0, 0, time.UTC)
			assert.Equal(t, name(t, ref).Repository, top.Repository, ref)
			if top.Confidence < ancestry.Recognised {
				assert.True(t, top.Created.After(day), ref)
				continue
			}
			assert.Equal(t, c.start, top.Steps.From, ref)
		}
	}
}
