package source

import (
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"testing"
	"time"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/stemma-go/stemma/layers"
)

// largeImage has gzipped layers of about size bytes each, which do not compress.
func largeImage(t testing.TB, count, size int) (v1.Image, []v1.Hash) {
	t.Helper()
	noise := rand.NewChaCha8([32]byte{byte(count)})
	img := empty.Image
	var digests []v1.Hash
	for n := range count {
		body := make([]byte, size)
		_, _ = noise.Read(body)
		l := newTestLayer(t, tarOf(t, file{name: fmt.Sprintf("f%d", n), body: string(body)}), "gzip")
		digests = append(digests, hash(t, l.Digest))
		var err error
		img, err = mutate.AppendLayers(img, l)
		require.NoError(t, err)
	}
	return img, digests
}

// behind serves an image through a proxy that applies faults to one of its blobs.
func behind(t testing.TB, img v1.Image, blob v1.Hash, faults ...fault) (ref string, p *proxy) {
	t.Helper()
	reg := newRegistry()
	push(t, serve(t, reg)+"/app:1", img)
	p = newProxy(reg, func(b string) []fault {
		if b == blob.String() {
			return faults
		}
		return nil
	})
	return serve(t, p) + "/app:1", p
}

func newProxy(registry http.Handler, faults func(blob string) []fault) *proxy {
	return &proxy{registry: registry, faults: faults, ranges: map[string][]string{}}
}

// patient are options for registries that fail: attempts without pauses.
func patient(attempts int) *Options {
	return &Options{Attempts: attempts, pause: time.Microsecond, IdleTimeout: 10 * time.Second}
}

// requireHonest reads an image and checks that each layer is either complete and
// verified, or has a problem that names it. It returns the problems.
func requireHonest(t testing.TB, want v1.Image, img *Image) map[int]string {
	t.Helper()
	x, err := layers.Read(context.Background(), img, &layers.Options{Parallelism: 4})
	require.NoError(t, err)
	says := map[int]string{}
	for _, p := range x.Problems {
		assert.NotContains(t, p.Error(), "\n")
		says[p.Layer] += p.Error() + "\n"
	}
	cfg, err := want.ConfigFile()
	require.NoError(t, err)
	require.Len(t, x.Layers, len(cfg.RootFS.DiffIDs))
	for n, l := range x.Layers {
		if says[n] == "" {
			require.True(t, l.Verified && !l.Partial, "layer %d is not complete, and nobody says so", n)
			require.Equal(t, cfg.RootFS.DiffIDs[n], l.DiffID)
			continue
		}
		require.False(t, l.Verified, "layer %d", n)
		require.Contains(t, says[n], fmt.Sprintf("layer %d: ", n))
	}
	return says
}

func readLayer(t testing.TB, img v1.Image, n int) []byte {
	t.Helper()
	all, err := img.Layers()
	require.NoError(t, err)
	rc, err := all[n].Compressed()
	require.NoError(t, err)
	defer rc.Close()
	b, err := io.ReadAll(rc)
	require.NoError(t, err)
	return b
}
