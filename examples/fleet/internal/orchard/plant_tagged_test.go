//go:build tagged

package orchard_test

import (
	"testing"
	"time"

	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/google/go-containerregistry/pkg/v1/validate"
	"github.com/stretchr/testify/require"

	"github.com/stemma-go/stemma/examples/fleet/internal/orchard"
)

// What is put into the registry's directory is what it serves, as if it had been pushed.
func TestTaggedPlant(t *testing.T) {
	reg := newRegistry(t)
	o, err := orchard.Grow(orchard.Options{Host: reg.addr, Apps: 60})
	require.NoError(t, err)
	start := time.Now()
	reg.plant(t, o)
	t.Logf("%d images in %s", len(o.Images), time.Since(start))
	reg.start(t)
	host, err := name.NewRegistry(reg.addr)
	require.NoError(t, err)
	repositories, err := remote.Catalog(t.Context(), host, remote.WithPageSize(1000))
	require.NoError(t, err)
	require.Greater(t, len(repositories), 90)
	for ref, im := range o.References(1) {
		tag, err := name.NewTag(ref)
		require.NoError(t, err)
		img, err := remote.Image(tag)
		require.NoError(t, err)
		digest, err := img.Digest()
		require.NoError(t, err)
		require.Equal(t, im.Digest, digest)
		require.NoError(t, validate.Image(img), ref)
	}
	asked := reg.requests(t)
	require.GreaterOrEqual(t, asked["GET manifests"], len(o.References(1)))
	t.Log(asked)
}
