package own_test

import (
	"context"
	"fmt"
	"log"
	"slices"
	"strings"
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
	"github.com/stemma-go/stemma/ancestry/catalogue/own"
	"github.com/stemma-go/stemma/testdata/realimages"
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

// sha is a hash of one digit.
func sha(digit string) v1.Hash { return v1.Hash{Algorithm: "sha256", Hex: strings.Repeat(digit, 64)} }

func describe(t testing.TB, ref string, img ancestry.ConfigFiler) own.Image {
	t.Helper()
	cfg, err := img.ConfigFile()
	require.NoError(t, err)
	return own.Image{Name: name(t, ref), Config: cfg.DeepCopy(), Verified: true}
}

func chainOf(t testing.TB, img ancestry.ConfigFiler, hints ancestry.Hints, known ...own.Image) []string {
	t.Helper()
	b := own.New("mine", asOf)
	for _, k := range known {
		require.NoError(t, b.AddImage(k))
	}
	c, err := b.Catalogue()
	require.NoError(t, err)
	l, err := ancestry.Resolve(t.Context(), img, &ancestry.Options{Hints: hints, Catalogues: []ancestry.Source{c}})
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
	k := []own.Image{describe(t, "acme/root:1", root), describe(t, "acme/base:2", base)}

	assert.Equal(t, []string{"unknown unknown 3-5", "acme/base:2 recorded 1-3", "acme/root:1 recorded 0-1"}, chainOf(t, app, ancestry.Hints{}, k...))
	assert.Equal(t, []string{"unknown unknown 3-5", "acme/base:2 proved 1-3", "acme/root:1 proved 0-1"},
		chainOf(t, app, ancestry.Hints{Verified: []bool{true, true, true, false, false}}, k...))
	assert.Equal(t, []string{"unknown unknown 3-5", "acme/base:2 recorded 1-3", "acme/root:1 proved 0-1"},
		chainOf(t, app, ancestry.Hints{Verified: []bool{true, true, false, true, true}}, k...), "one layer is a lie")
	assert.Equal(t, []string{"acme/base:2 recorded 1-3", "acme/root:1 recorded 0-1"}, chainOf(t, base, ancestry.Hints{}, k...), "the image itself")
	assert.Equal(t, []string{"unknown unknown 0-5"}, chainOf(t, app, ancestry.Hints{}, describe(t, "acme/slim:1", slim)), "other bytes")

	// Several names of one image: the most specific first.
	assert.Equal(t, []string{"unknown unknown 1-5", "acme/root:1.0 recorded 0-1"},
		chainOf(t, app, ancestry.Hints{}, describe(t, "acme/root:1", root), describe(t, "acme/root:1.0", root)))

	// No history on one side.
	bare := edited(t, app, func(c *v1.ConfigFile) { c.History = nil })
	assert.Equal(t, []string{"unknown unknown 3-5", "acme/base:2 recorded 1-3", "acme/root:1 recorded 0-1"}, chainOf(t, bare, ancestry.Hints{}, k...))

	// The same bytes under another configuration are another image.
	other := edited(t, app, func(c *v1.ConfigFile) { c.History[2].CreatedBy = "RUN something else" })
	assert.Equal(t, []string{"unknown unknown 1-5", "acme/root:1 recorded 0-1"}, chainOf(t, other, ancestry.Hints{}, k...))

	// A child that only sets an ENV has the same layers, and is no ancestor.
	child, err := mutate.Append(root, mutate.Addendum{History: v1.History{CreatedBy: "ENV A=1", EmptyLayer: true}})
	require.NoError(t, err)
	assert.Equal(t, []string{"unknown unknown 0-1"}, chainOf(t, root, ancestry.Hints{}, describe(t, "acme/child:1", child)))
}

func TestHistoryAlone(t *testing.T) {
	root := on(t, empty.Image, 1, "root")
	app := on(t, root, 2, "app")
	k := describe(t, "debian:trixie", root)
	k.Config.RootFS.DiffIDs = nil
	assert.Equal(t, []string{"unknown unknown 1-3", "debian:trixie recognised 0-1"}, chainOf(t, app, ancestry.Hints{}, k))

	// Two images with one history: which it is can't be told.
	slim := k
	slim.Name, _ = ancestry.ParseName("debian:trixie-slim")
	assert.Equal(t, []string{"unknown unknown 1-3", "debian recognised 0-1"}, chainOf(t, app, ancestry.Hints{}, slim, k))

	// Layer digests tell.
	k.Digests, slim.Digests = []v1.Hash{sha("a")}, []v1.Hash{sha("b")}
	hints := ancestry.Hints{LayerDigests: []v1.Hash{sha("b"), sha("c"), sha("d")}}
	assert.Equal(t, []string{"unknown unknown 1-3", "debian:trixie-slim recorded 0-1"}, chainOf(t, app, hints, slim, k))

	// A millisecond is enough to be another build.
	late := edited(t, app, func(c *v1.ConfigFile) {
		c.History[0].Created.Time = c.History[0].Created.Add(time.Millisecond)
	})
	k.Digests = nil
	assert.Equal(t, []string{"unknown unknown 0-3"}, chainOf(t, late, ancestry.Hints{}, k))

	// Reproducible builds have no times to tell them by.
	k.Config.History[0].Created = v1.Time{Time: time.Unix(0, 0)}
	epoch := edited(t, app, func(c *v1.ConfigFile) { c.History[0].Created = v1.Time{Time: time.Unix(0, 0)} })
	assert.Equal(t, []string{"unknown unknown 0-3"}, chainOf(t, epoch, ancestry.Hints{}, k))
}

// parents are the images of the folder that an image of the folder is built on,
// nearest first, as their layer digests show.
var parents = map[string][]string{
	"python_3.13-trixie":           {"buildpack-deps:trixie", "debian:trixie"},
	"python_3.11.1":                {"buildpack-deps:bullseye", "debian:bullseye"},
	"python_3.10.9-slim-buster":    {"debian:buster-slim"},
	"buildpack-deps_buster":        {"buildpack-deps:buster-scm", "buildpack-deps:buster-curl", "debian:buster"},
	"buildpack-deps_buster-scm":    {"buildpack-deps:buster-curl", "debian:buster"},
	"php_8.1-apache-buster":        {"debian:buster-slim"},
	"tomcat_9-jdk17":               {"eclipse-temurin:17-jdk-jammy", "ubuntu:jammy"},
	"eclipse-temurin_21-jre-noble": {"ubuntu:noble"},
	"nginx_latest":                 {"debian:trixie-slim"},
	"node_22-alpine":               {"alpine:3.24"},
	"ruby_3.4-slim-bookworm":       {"debian:bookworm-slim"},
	"debian_trixie-slim":           nil,
	"ubuntu_resolute":              nil,
}

// TestImagesNameWholeChains gives the configurations of the folder as a catalogue.
func TestImagesNameWholeChains(t *testing.T) {
	b := own.New("the folder", asOf)
	for _, r := range realimages.All(t) {
		require.NoError(t, b.AddImage(describe(t, r.Reference, r)))
	}
	known, err := b.Catalogue()
	require.NoError(t, err)
	for name, below := range parents {
		r := realimages.Named(t, name)
		for _, verified := range []bool{false, true} {
			opts := &ancestry.Options{Catalogues: []ancestry.Source{known}}
			want := ancestry.Recorded
			if verified {
				want = ancestry.Proved
				opts.Hints.Verified = slices.Repeat([]bool{true}, len(r.Layers))
			}
			l, err := ancestry.Resolve(t.Context(), r, opts)
			require.NoError(t, err)
			require.Empty(t, l.Problems)
			var got []string
			for _, a := range l.Ancestors {
				got = append(got, a.String())
				assert.Equal(t, want, a.Confidence, "%s: %s", name, a)
				assert.Empty(t, a.Against, "%s: %s", name, a)
				assert.Empty(t, a.Ties, "%s: %s", name, a)
			}
			assert.Equal(t, append([]string{r.Reference}, below...), got)
		}
	}
}

func ExampleBuilder_AddImage() {
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

	cfg, err := base.ConfigFile()
	if err != nil {
		log.Fatal(err)
	}
	b := own.New("our images", time.Now())
	name := ancestry.Name{Repository: "ghcr.io/acme/base", Tags: []string{"1.4"}}
	if err := b.AddImage(own.Image{Name: name, Config: cfg}); err != nil {
		log.Fatal(err)
	}
	known, err := b.Catalogue()
	if err != nil {
		log.Fatal(err)
	}
	lineage, err := ancestry.Resolve(context.Background(), app, &ancestry.Options{
		Catalogues: []ancestry.Source{known},
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
