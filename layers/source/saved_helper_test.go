package source

import (
	"archive/tar"
	"bytes"
	"encoding/json"
	"fmt"
	"testing"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/tarball"
	"github.com/stretchr/testify/require"
)

func savedByLibrary(t testing.TB, img v1.Image) []byte {
	t.Helper()
	tag, err := name.NewTag(testName)
	require.NoError(t, err)
	var buf bytes.Buffer
	require.NoError(t, tarball.Write(tag, img, &buf))
	return buf.Bytes()
}

// docker20 is an archive as Docker 20 writes it: a directory for each layer, a link for
// a layer that is there twice, and manifest.json at the end.
func docker20(t testing.TB, img v1.Image, how ...string) []byte {
	t.Helper()
	config := hash(t, img.ConfigName).Hex + ".json"
	files := []file{{name: config, body: string(raw(t, img.RawConfigFile))}}
	first := map[string]string{}
	var members []string
	for n, plain := range testLayers(t) {
		dir := fmt.Sprintf("%064d", n)
		members = append(members, dir+"/layer.tar")
		files = append(files, file{name: dir + "/", kind: tar.TypeDir}, file{name: dir + "/VERSION", body: "1.0"})
		if same, ok := first[string(plain)]; ok {
			files = append(files, file{name: dir + "/layer.tar", kind: tar.TypeSymlink, link: "../" + same})
			continue
		}
		first[string(plain)] = dir + "/layer.tar"
		files = append(files, file{name: dir + "/layer.tar", body: string(packed(t, plain, how[min(n, len(how)-1)]))})
	}
	files = append(files, file{name: manifestJSON, body: manifestList(t, savedImage{Config: config, RepoTags: []string{testName}, Layers: members})})
	return tarOf(t, files...)
}

func manifestList(t testing.TB, images ...savedImage) string {
	t.Helper()
	b, err := json.Marshal(images)
	require.NoError(t, err)
	return string(b)
}

// docker25 is an archive as Docker 25 writes it: an OCI layout of uncompressed layers
// whose index.json has only the tag, with a manifest.json.
func docker25(t testing.TB, img v1.Image) []byte {
	t.Helper()
	files := filesOf(t, layoutOf(t, img, "1"))
	blob := func(h v1.Hash) string { return "blobs/sha256/" + h.Hex }
	s := savedImage{Config: blob(hash(t, img.ConfigName)), RepoTags: []string{testName}}
	layers, err := img.Layers()
	require.NoError(t, err)
	for _, l := range layers {
		s.Layers = append(s.Layers, blob(hash(t, l.Digest)))
	}
	return tarOf(t, append(files, file{name: manifestJSON, body: manifestList(t, s)})...)
}
