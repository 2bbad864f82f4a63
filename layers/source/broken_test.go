package source

import (
	"io"
	"os"
	"testing"

	"github.com/google/go-containerregistry/pkg/v1/types"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestBrokenLayers opens images whose layers cannot be read. The error comes when a
// layer is read.
func TestBrokenLayers(t *testing.T) {
	src := testImage(t, hostPlatform, "gzip")
	layers, err := src.Layers()
	require.NoError(t, err)
	dir := layoutOf(t, src, "v1")
	require.NoError(t, os.Remove(blobOf(dir, hash(t, layers[0].Digest))))
	require.NoError(t, os.Truncate(blobOf(dir, hash(t, layers[1].Digest)), 20))
	outside := writeFile(t, "secret", []byte("secret"))
	gone := blobOf(dir, hash(t, layers[2].Digest))
	blob, err := os.ReadFile(gone)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(outside, blob, 0o644))
	require.NoError(t, os.Remove(gone))
	require.NoError(t, os.Symlink(outside, gone))

	opened, err := mustOpen(t, dir, nil).Layers()
	require.NoError(t, err)
	for n, says := range []string{"not in the directory", "has 20 bytes, its descriptor says", "a link that leads out"} {
		_, err := opened[n].Compressed()
		assert.ErrorContains(t, err, says)
		assert.ErrorContains(t, err, hash(t, layers[n].Digest).Hex)
		_, err = opened[n].Uncompressed()
		assert.ErrorContains(t, err, says)
	}
	opened, err = mustOpen(t, dir, &Options{FollowLinks: true}).Layers()
	require.NoError(t, err)
	rc, err := opened[2].Uncompressed()
	require.NoError(t, err)
	got, err := io.ReadAll(rc)
	require.NoError(t, err)
	assert.Equal(t, testLayers(t)[2], got)
}

// TestDockerArchiveWithBrokenLayout falls back to manifest.json.
func TestDockerArchiveWithBrokenLayout(t *testing.T) {
	src := testImage(t, hostPlatform, "")
	files := []file{}
	for _, f := range filesOf(t, layoutOf(t, src, "1")) {
		if f.name == indexJSON {
			f.body = "{}"
		}
		files = append(files, f)
	}
	s := savedImage{Config: blobPath(hash(t, src.ConfigName)), RepoTags: []string{testName}}
	layers, err := src.Layers()
	require.NoError(t, err)
	for _, l := range layers {
		s.Layers = append(s.Layers, blobPath(hash(t, l.Digest)))
	}
	path := writeFile(t, "a.tar", tarOf(t, append(files, file{name: manifestJSON, body: manifestList(t, s)})...))
	img := mustOpen(t, path, nil)
	requireSame(t, src, img)
	assert.Zero(t, img.ManifestDigest)
	assert.Equal(t, testName, img.Name)
	assert.ErrorContains(t, openError(t, "oci-archive:"+path, nil), "no index")
	assert.ErrorContains(t, openError(t, "docker-archive:"+writeFile(t, "b.tar", tarOf(t, filesOf(t, layoutOf(t, src, "1"))...)), nil), "write oci-archive:")
	assert.ErrorContains(t, openError(t, "oci-archive:"+writeFile(t, "c.tar", docker20(t, src, "")), nil), "write docker-archive:")
}

func TestKindOf(t *testing.T) {
	for doc, want := range map[string]kind{
		`{"config":{},"layers":[]}`:         kindImage,
		`{"manifests":[]}`:                  kindIndex,
		`{"manifests":[],"config":null}`:    kindIndex,
		`{"schemaVersion":1,"fsLayers":[]}`: kindSchema1,
		`{"manifests":[],"layers":[]}`:      kindUnknown,
		`{"manifests":[],"layers":[],"mediaType":"` + string(types.OCIImageIndex) + `"}`: kindIndex,
		`{}`:     kindUnknown,
		`[]`:     kindUnknown,
		`<html>`: kindUnknown,
	} {
		assert.Equal(t, want, kindOf([]byte(doc)), doc)
	}
}
