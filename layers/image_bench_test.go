package layers

import (
	"io"
	"os"
	"runtime"
	"testing"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/layout"
	"github.com/google/go-containerregistry/pkg/v1/tarball"
	"github.com/stretchr/testify/require"
)

// BenchmarkImage is BenchmarkRead on an image of yours, an OCI layout or a
// docker-archive, whose blobs it loads into memory:
//
//	STEMMA_IMAGE=path go test ./layers -run '^$' -bench Image -benchtime 10x
func BenchmarkImage(b *testing.B) {
	path := os.Getenv("STEMMA_IMAGE")
	if path == "" {
		b.Skip("STEMMA_IMAGE names no image")
	}
	img := benchImage(b, path)
	all, err := img.Layers()
	require.NoError(b, err)
	loaded := layersOf{Image: img}
	var blobs []stored
	for _, l := range all {
		rc, err := openBlob(l)
		require.NoError(b, err)
		blob, err := io.ReadAll(rc)
		require.NoError(b, err)
		require.NoError(b, rc.Close())
		blobs = append(blobs, stored{blob: blob})
		loaded.layers = append(loaded.layers, storedLayer{l, blob, rc.claimed})
	}
	var r race
	for b.Loop() {
		runtime.GC()
		r.runFloor(b, blobs)
		runtime.GC()
		for _, l := range r.runRead(b, loaded).Layers {
			require.True(b, l.Verified)
		}
	}
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(float64(r.floor.Milliseconds())/float64(b.N), "floor-ms")
	b.ReportMetric(float64(r.read.Milliseconds())/float64(b.N), "read-ms")
	r.report(b)
}

func benchImage(b *testing.B, path string) v1.Image {
	info, err := os.Stat(path)
	require.NoError(b, err)
	if !info.IsDir() {
		img, err := tarball.ImageFromPath(path, nil)
		require.NoError(b, err)
		return img
	}
	idx, err := layout.ImageIndexFromPath(path)
	require.NoError(b, err)
	m, err := idx.IndexManifest()
	require.NoError(b, err)
	require.NotEmpty(b, m.Manifests)
	img, err := idx.Image(m.Manifests[0].Digest)
	require.NoError(b, err)
	return img
}

// BenchmarkCache compares readings with a full cache, with an empty one, and without.
func BenchmarkCache(b *testing.B) {
	var blobs []stored
	for i := range 4 {
		tar := benchArchive(b, uint64(i), 2000, 10_000)
		blobs = append(blobs, stored{gz(b, tar), tar})
	}
	img, _ := claimed(b, blobs...)
	warm := newShelf()
	for name, opts := range map[string]func() *Options{
		"none": func() *Options { return nil },
		"cold": func() *Options { return &Options{Cache: newShelf()} },
		"warm": func() *Options { return &Options{Cache: warm} },
	} {
		b.Run(name, func(b *testing.B) {
			read(b, img, &Options{Cache: warm})
			for b.Loop() {
				read(b, img, opts())
			}
		})
	}
}
