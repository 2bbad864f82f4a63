package source

import (
	"encoding/json"
	"encoding/pem"
	"fmt"
	"io"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/types"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestAlternatives: of two images for one platform in one index, as Podman pushes
// them for two compressions, the first is taken.
func TestAlternatives(t *testing.T) {
	idx := mutate.IndexMediaType(empty.Index, types.DockerManifestList)
	first := testImage(t, hostPlatform, "gzip")
	for _, img := range []v1.Image{first, testImage(t, hostPlatform, "zstd")} {
		idx = mutate.AppendManifests(idx, mutate.IndexAddendum{Add: img, Descriptor: v1.Descriptor{Platform: &hostPlatform}})
	}
	img := mustOpen(t, layoutOfIndex(t, idx, true), nil)
	assert.Equal(t, hash(t, first.Digest), img.ManifestDigest)
	mediaType, err := img.MediaType()
	require.NoError(t, err)
	assert.Equal(t, types.OCIManifestSchema1, mediaType)
}

// TestIncompleteIndex opens a layout that names two platforms and has one, as docker
// save writes it with containerd's store.
func TestIncompleteIndex(t *testing.T) {
	dir := layoutOfIndex(t, testIndex(t, hostPlatform, otherPlatform), true)
	require.NoError(t, os.Remove(blobOf(dir, hash(t, testImage(t, hostPlatform, "gzip").Digest))))
	assert.Equal(t, otherPlatform, mustOpen(t, dir, nil).Platform)
	assert.ErrorIs(t, openError(t, dir, &Options{Platform: &hostPlatform}), ErrNotFound)
}

// TestInlineData opens an image whose manifest is in the index itself. It is verified
// like any other.
func TestInlineData(t *testing.T) {
	src := testImage(t, hostPlatform, "gzip")
	dir := layoutOf(t, src, "v1")
	require.NoError(t, os.Remove(blobOf(dir, hash(t, src.Digest))))
	d := v1.Descriptor{MediaType: types.OCIManifestSchema1, Digest: hash(t, src.Digest), Data: raw(t, src.RawManifest)}
	d.Size = int64(len(d.Data))
	write := func() {
		index, err := json.Marshal(v1.IndexManifest{SchemaVersion: 2, Manifests: []v1.Descriptor{d}})
		require.NoError(t, err)
		require.NoError(t, os.WriteFile(filepath.Join(dir, indexJSON), index, 0o644))
	}
	write()
	requireSame(t, src, mustOpen(t, dir, nil))
	d.Data = []byte(strings.Repeat("x", len(d.Data)))
	write()
	assert.ErrorContains(t, openError(t, dir, nil), "the bytes have the digest")
}

// TestSharedConfig: a docker-archive whose images share a config by name, but not
// their layers, holds two images.
func TestSharedConfig(t *testing.T) {
	config := string(raw(t, testImage(t, hostPlatform, "").RawConfigFile))
	path := writeFile(t, "a.tar", tarOf(t, file{name: "c", body: config}, file{name: manifestJSON, body: manifestList(t,
		savedImage{Config: "c", Layers: []string{"x"}}, savedImage{Config: "c", Layers: []string{"y"}})}))
	err := openError(t, path, nil)
	assert.ErrorIs(t, err, ErrAmbiguous)
}

// TestSavedByDigest opens one of two images without names by the digest of its config.
func TestSavedByDigest(t *testing.T) {
	a, b := testImage(t, hostPlatform, ""), testImage(t, otherPlatform, "")
	var files []file
	var list []savedImage
	for _, img := range []v1.Image{a, b} {
		name := hash(t, img.ConfigName).Hex + ".json"
		files = append(files, file{name: name, body: string(raw(t, img.RawConfigFile))})
		list = append(list, savedImage{Config: name})
	}
	path := writeFile(t, "two.tar", tarOf(t, append(files, file{name: manifestJSON, body: manifestList(t, list...)})...))
	err := openError(t, path, nil)
	assert.ErrorContains(t, err, "@"+hash(t, b.ConfigName).String())
	img := mustOpen(t, path+"@"+hash(t, b.ConfigName).String(), nil)
	assert.Equal(t, otherPlatform, img.Platform)
	assert.Equal(t, "two", img.Name)

	// The name is held to its word when it is what was asked for.
	config := string(raw(t, a.RawConfigFile))
	liar := writeFile(t, "liar.tar", tarOf(t, file{name: list[1].Config, body: config}, file{name: manifestJSON, body: manifestList(t, list[1])}))
	mustOpen(t, liar, nil)
	assert.ErrorContains(t, openError(t, liar+"@"+hash(t, b.ConfigName).String(), nil), "the bytes have the digest "+hash(t, a.ConfigName).String())
}

// TestSized ends a stream whose length does not agree with its descriptor.
func TestSized(t *testing.T) {
	for size, is := range map[int64]error{2: nil, 3: nil, 4: io.ErrUnexpectedEOF} {
		rc, err := openDescribed(v1.Descriptor{Size: size}, func() (blob, error) {
			return blob{ReadCloser: io.NopCloser(strings.NewReader("abc")), size: -1}, nil
		})
		require.NoError(t, err)
		_, err = io.ReadAll(rc)
		assert.Equal(t, size == 3, err == nil)
		if is != nil {
			assert.ErrorIs(t, err, is)
		}
	}
}

// TestForeignCompression: a layer that cannot be decompressed is an error, and is not
// taken as uncompressed.
func TestForeignCompression(t *testing.T) {
	for how, head := range map[string]string{"xz": "\xfd7zXZ\x00", "bzip2": "BZh91AY&SY"} {
		l := newLayer(0, nil, nil, func() (blob, error) {
			return blob{ReadCloser: io.NopCloser(strings.NewReader(head + "...")), size: 13}, nil
		})
		_, err := l.Uncompressed()
		assert.ErrorContains(t, err, "compressed with "+how)
		rc, err := l.Compressed()
		require.NoError(t, err)
		got, err := io.ReadAll(rc)
		require.NoError(t, err)
		assert.Equal(t, head+"...", string(got))
	}
}

// TestDaemonTLS connects to a daemon as DOCKER_TLS_VERIFY says.
func TestDaemonTLS(t *testing.T) {
	src := testImage(t, hostPlatform, "")
	srv := httptest.NewTLSServer(engine(docker20(t, src, ""), "app"))
	t.Cleanup(srv.Close)
	dir := t.TempDir()
	t.Setenv("DOCKER_TLS_VERIFY", "1")
	t.Setenv("DOCKER_CERT_PATH", dir)
	o := &Options{DockerHost: "tcp" + strings.TrimPrefix(srv.URL, "https")}
	ca := filepath.Join(dir, "ca.pem")
	require.NoError(t, os.WriteFile(ca, []byte("none"), 0o644))
	assert.ErrorContains(t, openError(t, "docker:app", o), "holds no certificate")
	require.NoError(t, os.WriteFile(ca, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: srv.Certificate().Raw}), 0o644))
	requireSame(t, src, mustOpen(t, "docker:app", o))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "cert.pem"), []byte("none"), 0o644))
	assert.Error(t, openError(t, "docker:app", o))
}

// TestPathBesideRegistry takes a file with a tag for a path only if an image can
// be in it.
func TestPathBesideRegistry(t *testing.T) {
	t.Chdir(t.TempDir())
	require.NoError(t, os.WriteFile("app", docker20(t, testImage(t, hostPlatform, ""), ""), 0o644))
	require.NoError(t, os.WriteFile("text", []byte("text"), 0o644))
	require.NoError(t, os.WriteFile("packed", packed(t, nil, "gzip"), 0o644))
	for name, path := range map[string]bool{"app:1": true, "packed:1": true, "text:1": false, "none:1": false} {
		ref, err := parseReference(name)
		require.NoError(t, err)
		assert.Equal(t, path, ref.path != "", name)
	}
	assert.Equal(t, testName, mustOpen(t, "app:1", nil).Name)
}

func TestLongMessages(t *testing.T) {
	var names []string
	for n := range 30 {
		names = append(names, fmt.Sprint("app:", n))
	}
	assert.Equal(t, "app:0, app:1, app:2, app:3, app:4, app:5, app:6, app:7, app:8, app:9 and 20 more", list(names))
	assert.Equal(t, `a b\x1b c…`, oneLine("a\n\tb\x1b c d", 9))
}
