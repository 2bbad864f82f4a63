package images_test

import (
	"context"
	"fmt"
	"log"
	"testing"
	"time"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/random"
	"github.com/google/go-containerregistry/pkg/v1/types"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/stemma-go/stemma/ancestry"
	"github.com/stemma-go/stemma/ancestry/images"
)

// on returns an image with n more layers than base.
func on(t testing.TB, base v1.Image, n int, by string) v1.Image {
	t.Helper()
	for i := range n {
		l, err := random.Layer(64, types.DockerLayer)
		require.NoError(t, err)
		base, err = mutate.Append(base, mutate.Addendum{Layer: l, History: v1.History{
			CreatedBy: fmt.Sprintf("RUN /bin/sh -c %s %d # buildkit", by, i), Comment: "buildkit.dockerfile.v0",
			Created: v1.Time{Time: time.Date(2026, 5, i+1, 12, len(by), 0, 0, time.UTC)},
		}})
		require.NoError(t, err)
	}
	return base
}

func describe(t testing.TB, ref string, img v1.Image) images.Image {
	t.Helper()
	k, err := images.Describe(ref, img)
	require.NoError(t, err)
	return k
}

func resolve(t testing.TB, img ancestry.ConfigFiler, hints ancestry.Hints, known ...images.Image) []string {
	t.Helper()
	l, err := ancestry.Resolve(t.Context(), img, &ancestry.Options{Hints: hints, Catalogues: []ancestry.Source{images.New(known...)}})
	require.NoError(t, err)
	for _, p := range l.Problems {
		require.NotContains(t, p.Error(), "source", "no catalogue complains")
	}
	var out []string
	for _, a := range l.Ancestors {
		out = append(out, fmt.Sprintf("%s %s %d-%d", a, a.Confidence, a.Steps.From, a.Steps.To))
	}
	return out
}

// edit returns an image's configuration with a change.
type edit v1.ConfigFile

func (e *edit) ConfigFile() (*v1.ConfigFile, error) { return (*v1.ConfigFile)(e), nil }

func edited(t testing.TB, img v1.Image, change func(*v1.ConfigFile)) *edit {
	t.Helper()
	cfg, err := img.ConfigFile()
	require.NoError(t, err)
	cfg = cfg.DeepCopy()
	change(cfg)
	return (*edit)(cfg)
}

func TestClaims(t *testing.T) {
	root := on(t, empty.Image, 1, "root")
	base := on(t, root, 2, "base")
	app := on(t, base, 2, "app")
	slim := on(t, empty.Image, 1, "root") // the same history, other bytes
	k := []images.Image{describe(t, "acme/root:1", root), describe(t, "acme/base:2", base)}

	assert.Equal(t, []string{"unknown unknown 3-5", "acme/base:2 recorded 1-3", "acme/root:1 recorded 0-1"}, resolve(t, app, ancestry.Hints{}, k...))
	assert.Equal(t, []string{"unknown unknown 3-5", "acme/base:2 proved 1-3", "acme/root:1 proved 0-1"},
		resolve(t, app, ancestry.Hints{Verified: []bool{true, true, true, false, false}}, k...))
	assert.Equal(t, []string{"unknown unknown 3-5", "acme/base:2 recorded 1-3", "acme/root:1 proved 0-1"},
		resolve(t, app, ancestry.Hints{Verified: []bool{true, true, false, true, true}}, k...), "one layer is a lie")
	assert.Equal(t, []string{"acme/base:2 recorded 1-3", "acme/root:1 recorded 0-1"}, resolve(t, base, ancestry.Hints{}, k...), "the image itself")
	assert.Equal(t, []string{"unknown unknown 0-5"}, resolve(t, app, ancestry.Hints{}, describe(t, "acme/slim:1", slim)), "other bytes")

	// Several names of one image.
	assert.Equal(t, []string{"unknown unknown 1-5", "acme/root:1 recorded 0-1"},
		resolve(t, app, ancestry.Hints{}, describe(t, "acme/root:1", root), describe(t, "acme/root:1.0", root)))

	// No history on one side.
	bare := edited(t, app, func(c *v1.ConfigFile) { c.History = nil })
	assert.Equal(t, []string{"unknown unknown 3-5", "acme/base:2 recorded 1-3", "acme/root:1 recorded 0-1"}, resolve(t, bare, ancestry.Hints{}, k...))

	// The same bytes under another configuration are another image.
	other := edited(t, app, func(c *v1.ConfigFile) { c.History[2].CreatedBy = "RUN something else" })
	assert.Equal(t, []string{"unknown unknown 1-5", "acme/root:1 recorded 0-1"}, resolve(t, other, ancestry.Hints{}, k...))

	// A child that only sets an ENV has the same layers, and is no ancestor.
	child, err := mutate.Append(root, mutate.Addendum{History: v1.History{CreatedBy: "ENV A=1", EmptyLayer: true}})
	require.NoError(t, err)
	assert.Equal(t, []string{"unknown unknown 0-1"}, resolve(t, root, ancestry.Hints{}, describe(t, "acme/child:1", child)))
}

func TestHistoryAlone(t *testing.T) {
	root := on(t, empty.Image, 1, "root")
	app := on(t, root, 2, "app")
	k := describe(t, "debian:trixie", root)
	k.DiffIDs = nil
	assert.Equal(t, []string{"unknown unknown 1-3", "debian:trixie recognised 0-1"}, resolve(t, app, ancestry.Hints{}, k))

	// Two images with one history: which it is can't be told.
	slim := k
	slim.Name, _ = ancestry.ParseName("debian:trixie-slim")
	assert.Equal(t, []string{"unknown unknown 1-3", "debian recognised 0-1"}, resolve(t, app, ancestry.Hints{}, slim, k))

	// Layer digests tell.
	k.Digests, slim.Digests = []v1.Hash{{Algorithm: "sha256", Hex: "aa"}}, []v1.Hash{{Algorithm: "sha256", Hex: "bb"}}
	hints := ancestry.Hints{LayerDigests: []v1.Hash{{Algorithm: "sha256", Hex: "bb"}, {Algorithm: "sha256", Hex: "cc"}, {Algorithm: "sha256", Hex: "dd"}}}
	assert.Equal(t, []string{"unknown unknown 1-3", "debian:trixie-slim recorded 0-1"}, resolve(t, app, hints, slim, k))

	// A millisecond is enough to be another build.
	late := edited(t, app, func(c *v1.ConfigFile) {
		c.History[0].Created.Time = c.History[0].Created.Add(time.Millisecond)
	})
	k.Digests = nil
	assert.Equal(t, []string{"unknown unknown 0-3"}, resolve(t, late, ancestry.Hints{}, k))

	// Reproducible builds have no times to tell them by.
	k.History[0].Created = v1.Time{Time: time.Unix(0, 0)}
	epoch := edited(t, app, func(c *v1.ConfigFile) { c.History[0].Created = v1.Time{Time: time.Unix(0, 0)} })
	assert.Equal(t, []string{"unknown unknown 0-3"}, resolve(t, epoch, ancestry.Hints{}, k))
}

func TestDescribe(t *testing.T) {
	_, err := images.Describe("./x.tar", empty.Image)
	require.ErrorContains(t, err, `"./x.tar" is no image's name`)
	assert.Equal(t, []string{"unknown unknown 0-1"}, resolve(t, on(t, empty.Image, 1, "x"), ancestry.Hints{}, describe(t, "acme/empty:1", empty.Image)))
}

func Example() {
	base, err := random.Image(64, 2) // pulled from your registry, or read from an archive
	if err != nil {
		log.Fatal(err)
	}
	layer, err := random.Layer(64, types.DockerLayer)
	if err != nil {
		log.Fatal(err)
	}
	app, err := mutate.AppendLayers(base, layer)
	if err != nil {
		log.Fatal(err)
	}

	known, err := images.Describe("ghcr.io/acme/base:1.4", base)
	if err != nil {
		log.Fatal(err)
	}
	lineage, err := ancestry.Resolve(context.Background(), app, &ancestry.Options{
		Catalogues: []ancestry.Source{images.New(known)},
	})
	if err != nil {
		log.Fatal(err)
	}
	for _, a := range lineage.Ancestors {
		fmt.Println(a, a.Confidence)
	}
	// Output:
	// unknown unknown
	// ghcr.io/acme/base:1.4 recorded
}
