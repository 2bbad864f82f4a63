package cache_test

import (
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"path"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/registry"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/random"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/google/go-containerregistry/pkg/v1/types"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/stemma-go/stemma/layers"
	"github.com/stemma-go/stemma/layers/cache"
	"github.com/stemma-go/stemma/layers/source"
)

// A layer that the cache knows is not downloaded: a second image on the same base costs
// only its own layers.
func TestKnownLayersAreNotDownloaded(t *testing.T) {
	var mu sync.Mutex
	var asked []string
	reg := registry.New(registry.Logger(log.New(io.Discard, "", 0)))
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodGet && strings.Contains(r.URL.Path, "/blobs/sha256:") {
			mu.Lock()
			asked = append(asked, path.Base(r.URL.Path))
			mu.Unlock()
		}
		reg.ServeHTTP(w, r)
	}))
	defer server.Close()
	host := strings.TrimPrefix(server.URL, "http://")
	base, err := random.Image(10_000, 3)
	require.NoError(t, err)
	own, err := random.Layer(1000, types.DockerLayer)
	require.NoError(t, err)
	child, err := mutate.AppendLayers(base, own)
	require.NoError(t, err)
	for ref, img := range map[string]v1.Image{"/base:1": base, "/child:1": child} {
		tag, err := name.NewTag(host + ref)
		require.NoError(t, err)
		require.NoError(t, remote.Write(tag, img))
	}
	dir, err := cache.Open(filepath.Join(t.TempDir(), "cache"), &cache.Options{Failed: func(err error) { t.Error(err) }})
	require.NoError(t, err)
	read := func(ref string) (cached []bool, blobs []string) {
		asked = nil
		img, err := source.Open(t.Context(), host+ref, nil)
		require.NoError(t, err)
		defer img.Close()
		x, err := layers.Read(t.Context(), img, &layers.Options{Cache: dir})
		require.NoError(t, err)
		claimed, err := img.Layers()
		require.NoError(t, err)
		for i, l := range x.Layers {
			cached = append(cached, l.Cached)
			assert.True(t, l.Verified)
			digest, err := claimed[i].Digest()
			require.NoError(t, err)
			assert.Equal(t, digest, l.Digest, "layer %d", i)
			size, err := claimed[i].Size()
			require.NoError(t, err)
			assert.Equal(t, size, l.Size)
		}
		config, err := img.ConfigName()
		require.NoError(t, err)
		for _, a := range asked {
			if a != config.String() {
				blobs = append(blobs, a)
			}
		}
		return cached, blobs
	}
	cached, blobs := read("/base:1")
	assert.Equal(t, []bool{false, false, false}, cached)
	assert.Len(t, blobs, 3)
	digest, err := own.Digest()
	require.NoError(t, err)
	cached, blobs = read("/child:1")
	assert.Equal(t, []bool{true, true, true, false}, cached)
	assert.Equal(t, []string{digest.String()}, blobs)
	cached, blobs = read("/child:1")
	assert.Equal(t, []bool{true, true, true, true}, cached)
	assert.Empty(t, blobs)
}
