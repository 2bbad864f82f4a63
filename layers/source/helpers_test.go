package source

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"context"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
	"time"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	ocilayout "github.com/google/go-containerregistry/pkg/v1/layout"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/static"
	"github.com/google/go-containerregistry/pkg/v1/types"
	"github.com/klauspost/compress/zstd"
	"github.com/stretchr/testify/require"
)

const (
	testName = "example.com/team/app:1"
	baseName = "org.opencontainers.image.base.name"
)

// file is a member of a tar that a test writes.
type file struct {
	name, body, link string
	kind             byte // 0: a regular file
}

func tarOf(t testing.TB, files ...file) []byte {
	t.Helper()
	var buf bytes.Buffer
	tw := tar.NewWriter(&buf)
	for _, f := range files {
		hdr := &tar.Header{Name: f.name, Typeflag: f.kind, Linkname: f.link, Mode: 0o644, Size: int64(len(f.body))}
		if f.kind == 0 {
			hdr.Typeflag = tar.TypeReg
		}
		require.NoError(t, tw.WriteHeader(hdr))
		_, err := io.WriteString(tw, f.body)
		require.NoError(t, err)
	}
	require.NoError(t, tw.Close())
	return buf.Bytes()
}

// packed is data in a compression: "", gzip or zstd.
func packed(t testing.TB, data []byte, how string) []byte {
	t.Helper()
	var buf bytes.Buffer
	var w io.WriteCloser
	switch how {
	case "gzip":
		w = gzip.NewWriter(&buf)
	case "zstd":
		zw, err := zstd.NewWriter(&buf)
		require.NoError(t, err)
		w = zw
	default:
		return data
	}
	_, err := w.Write(data)
	require.NoError(t, err)
	require.NoError(t, w.Close())
	return buf.Bytes()
}

var layerTypes = map[string]types.MediaType{
	"": types.OCIUncompressedLayer, "gzip": types.OCILayer, "zstd": types.OCILayerZStd,
}

// testLayers are the tars of the test image: the last repeats the second.
func testLayers(t testing.TB) [][]byte {
	root := tarOf(t, file{name: "etc/os-release", body: "ID=debian\n"}, file{name: "bin/sh", body: string(bytes.Repeat([]byte("sh"), 5000))})
	app := tarOf(t, file{name: "app/run", body: "run"})
	gone := tarOf(t, file{name: "etc/.wh.os-release"})
	return [][]byte{root, app, gone, app}
}

// compressedLayer is a layer whose blob has that compression.
type compressedLayer struct {
	v1.Layer
	diffID v1.Hash
	plain  []byte
}

func (l compressedLayer) DiffID() (v1.Hash, error) { return l.diffID, nil }
func (l compressedLayer) Uncompressed() (io.ReadCloser, error) {
	return io.NopCloser(bytes.NewReader(l.plain)), nil
}

func newTestLayer(t testing.TB, plain []byte, how string) v1.Layer {
	t.Helper()
	diffID, _, err := v1.SHA256(bytes.NewReader(plain))
	require.NoError(t, err)
	return compressedLayer{Layer: static.NewLayer(packed(t, plain, how), layerTypes[how]), diffID: diffID, plain: plain}
}

// testImage is the image that every test opens in some way. The compressions
// are those of its layers, the last one that of all further layers.
func testImage(t testing.TB, platform v1.Platform, how ...string) v1.Image {
	t.Helper()
	img := mutate.MediaType(empty.Image, types.OCIManifestSchema1)
	img = mutate.ConfigMediaType(img, types.OCIConfigJSON)
	for n, plain := range testLayers(t) {
		add := mutate.Addendum{
			Layer:     newTestLayer(t, plain, how[min(n, len(how)-1)]),
			MediaType: layerTypes[how[min(n, len(how)-1)]],
			History:   v1.History{CreatedBy: fmt.Sprintf("step %d", n), Created: v1.Time{Time: time.Unix(1700000000, 0).UTC()}},
		}
		var err error
		img, err = mutate.Append(img, add)
		require.NoError(t, err)
	}
	cfg, err := img.ConfigFile()
	require.NoError(t, err)
	cfg = cfg.DeepCopy()
	cfg.OS, cfg.Architecture, cfg.Variant = platform.OS, platform.Architecture, platform.Variant
	img, err = mutate.ConfigFile(img, cfg)
	require.NoError(t, err)
	return mutate.Annotations(img, map[string]string{baseName: "debian:bookworm"}).(v1.Image)
}

var hostPlatform = defaultPlatform()

func raw(t testing.TB, f func() ([]byte, error)) []byte {
	t.Helper()
	b, err := f()
	require.NoError(t, err)
	return b
}

func hash(t testing.TB, f func() (v1.Hash, error)) v1.Hash {
	t.Helper()
	h, err := f()
	require.NoError(t, err)
	return h
}

func writeFile(t testing.TB, name string, data []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	require.NoError(t, os.WriteFile(path, data, 0o644))
	return path
}

// layoutOf writes an OCI layout directory with an image under a name.
func layoutOf(t testing.TB, img v1.Image, refName string) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "layout")
	p, err := ocilayout.Write(dir, empty.Index)
	require.NoError(t, err)
	require.NoError(t, p.AppendImage(img, ocilayout.WithAnnotations(map[string]string{refNameKey: refName, "stemma.test": "index"})))
	return dir
}

// filesOf returns the files of a directory as members of a tar.
func filesOf(t testing.TB, dir string) []file {
	t.Helper()
	var files []file
	require.NoError(t, filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		body, err := os.ReadFile(path)
		rel, _ := filepath.Rel(dir, path)
		files = append(files, file{name: filepath.ToSlash(rel), body: string(body)})
		return err
	}))
	return files
}

func mustOpen(t testing.TB, ref string, opts *Options) *Image {
	t.Helper()
	img, err := Open(context.Background(), ref, opts)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, img.Close()) })
	return img
}

// openError opens what cannot be opened, and checks that the error is one line.
func openError(t testing.TB, ref string, opts *Options) error {
	t.Helper()
	img, err := Open(context.Background(), ref, opts)
	require.Error(t, err)
	require.Nil(t, img)
	require.NotContains(t, err.Error(), "\n")
	require.Contains(t, err.Error(), ref)
	return err
}

// requireSame checks that an open image is the test image, byte for byte.
func requireSame(t testing.TB, want v1.Image, got *Image) {
	t.Helper()
	require.Equal(t, string(raw(t, want.RawConfigFile)), string(raw(t, got.RawConfigFile)))
	layers, err := got.Layers()
	require.NoError(t, err)
	plain := testLayers(t)
	require.Len(t, layers, len(plain))
	cfg, err := want.ConfigFile()
	require.NoError(t, err)
	for n, l := range layers {
		require.Equal(t, cfg.RootFS.DiffIDs[n], hash(t, l.DiffID))
		rc, err := l.Uncompressed()
		require.NoError(t, err)
		b, err := io.ReadAll(rc)
		require.NoError(t, err)
		require.NoError(t, rc.Close())
		require.Equal(t, plain[n], b, "layer %d", n)
		requireStored(t, l)
	}
}

// requireStored checks that Digest and Size are those of a layer's stored blob, and the
// claimed digest, too, if there is one.
func requireStored(t testing.TB, l v1.Layer) {
	t.Helper()
	rc, claimed, err := l.(*layer).Stored()
	require.NoError(t, err)
	stored, size, err := v1.SHA256(rc)
	require.NoError(t, err)
	require.NoError(t, rc.Close())
	require.Equal(t, stored, hash(t, l.Digest))
	got, err := l.Size()
	require.NoError(t, err)
	require.Equal(t, size, got)
	if claimed != (v1.Hash{}) {
		require.Equal(t, stored, claimed)
	}
}
