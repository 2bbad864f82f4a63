package publishers

import (
	"bytes"
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/stemma-go/stemma/ancestry/catalogue/internal/data"
)

const (
	helloManifest = "sha256:f54a58bc1aac5ea1a25d796ae155dc228b3f0e11d046ae276b39c4bf2f13d8c4"
	helloIndex    = "sha256:1b4338ade6d6d9eff53264cdc0f9caf1d717cf89dbfcb1cb13c57bc0a3c199a0"
	helloLayer    = "sha256:2db29710123e3e53a794f2694094b9b4338aa9ee5c40b930cb8063a1be392c54"
)

// helloInfo is a chapter in the form of repo-info; the digests are those of hello-world:linux
// of September 2021.
func helloInfo(platform string) string {
	return fmt.Sprintf("### `hello-world:linux` - %s\n\n```console\n$ docker pull hello-world@%s\n```\n\n-\tImage ID: `%s`\n\n-\tLayers:\n\t-\t`%s`  \n\t\tSize: 2.5 KB (2479 bytes)  \n", platform, helloManifest, helloManifest, helloLayer)
}

func TestRepoInfo(t *testing.T) {
	dir := t.TempDir()
	text := "## `hello-world:linux`\n\n```console\n$ docker pull hello-world@" + helloIndex + "\n```\n\n-\tManifest MIME: `application/vnd.docker.distribution.manifest.list.v2+json`\n\n" + helloInfo("linux; amd64") + "\n" + helloInfo("windows version 10.0; amd64")
	repository(t, dir, "docker-library/repo-info",
		commit{"2021-09-24", map[string]string{"repos/hello-world/remote/linux.md": text, "repos/hello-world/remote/latest.md": text, "repos/hello-world/local/linux.md": text}},
		commit{"2023-05-01", map[string]string{"repos/hello-world/remote/linux.md": ""}},
	)
	_, reports := madeOf(t, Options{Mirror: dir}, table()...)
	for _, r := range reports {
		assert.NotEqual(t, "docker-library/repo-info", r.Repository, "nobody asked for it")
	}
	file, reports := madeOf(t, Options{Mirror: dir, Only: []string{"docker-library/repo-info"}}, table()...)
	require.Len(t, reports, 1)
	assert.Equal(t, 2, reports[0].Images)
	c, err := data.Open(bytes.NewReader(file), int64(len(file)))
	require.NoError(t, err)
	blobs, ok := hashes(helloLayer)
	require.True(t, ok)
	found, err := c.ByBlobs(blobs)
	require.NoError(t, err)
	require.Len(t, found, 1)
	r, err := c.Repository("hello-world")
	require.NoError(t, err)
	require.Equal(t, 2, r.Len(), "two tags of one image, and of its index")
	index, ok := hashes(helloIndex)
	require.True(t, ok)
	require.Len(t, r.ByManifest(index[0]), 1)
	assert.Empty(t, r.Recipe(r.ByManifest(index[0])[0]).Architectures)
	manifest, ok := hashes(helloManifest)
	require.True(t, ok)
	require.Len(t, r.ByManifest(manifest[0]), 1)
	x := r.Recipe(r.ByManifest(manifest[0])[0])
	assert.Equal(t, helloManifest, x.Image.Manifest.String())
	assert.Equal(t, []string{"amd64"}, x.Architectures)
	assert.Equal(t, "[{[linux] 2021-09-24 2023-05-01} {[latest] 2021-09-24 ongoing}]", fmt.Sprint(x.Spans))

	_, err = buildOf(t.Context(), Options{Mirror: dir, Only: []string{"acme/none"}}, table())
	assert.ErrorContains(t, err, "acme/none")
}

// FuzzRepoInfo: every chapter that is returned has a platform and layers, or is an index.
func FuzzRepoInfo(f *testing.F) {
	f.Add(helloInfo("linux; amd64"))
	f.Fuzz(func(t *testing.T, text string) {
		for _, img := range parseRepoInfo(text) {
			if img.arch != "" {
				assert.NotEmpty(t, img.image.Blobs)
			} else {
				assert.NotZero(t, img.image.Manifest)
			}
		}
	})
}
