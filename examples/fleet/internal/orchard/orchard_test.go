package orchard

import (
	"fmt"
	"io"
	"log"
	"maps"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-containerregistry/pkg/registry"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/stemma-go/stemma"
	"github.com/stemma-go/stemma/layers/source"
	"github.com/stemma-go/stemma/packages"
	"github.com/stemma-go/stemma/report"
)

// The same options grow the same images; another seed others.
func TestGrow(t *testing.T) {
	digests := func(seed uint64) []string {
		o, err := Grow(Options{Host: "registry.example.org", Seed: seed, Apps: 100})
		require.NoError(t, err)
		var all []string
		for _, im := range o.Images {
			all = append(all, im.String()+"@"+im.Digest.String())
		}
		return all
	}
	first := digests(1)
	assert.Equal(t, first, digests(1))
	assert.NotEqual(t, first, digests(2))
	_, err := Grow(Options{Bases: 3})
	assert.Error(t, err)
}

// Each size has what the package promises: all generations, bases that nobody can name,
// tags that moved before anybody looked and tags that move later.
func TestKinds(t *testing.T) {
	sizes := []Options{{}, {Bases: 12, Apps: 50}}
	if !testing.Short() {
		sizes = append(sizes, Options{Bases: 40, Apps: 2000})
	}
	for _, size := range sizes {
		size.Host = "registry.example.org"
		o, err := Grow(size)
		require.NoError(t, err)
		kinds := map[string]int{}
		for _, im := range o.Images {
			if !im.App && im.Season == 1 && (im.Newer == nil || im.Newer.Season == 2) {
				kinds["generation "+strings.Repeat("i", len(im.Chain()))]++
			}
			if !im.Published {
				kinds["nameless"]++
			}
			if im.Layers == 0 {
				kinds["metadata alone"]++
			}
			if im.Newer != nil {
				kinds["moved in season "+strings.Repeat("i", im.Newer.Season)]++
			}
			if len(im.MovedBelow(1)) > 0 {
				kinds["stale in season i"]++
			}
			if len(im.MovedBelow(2)) > 0 && im.App {
				kinds["stale apps in season ii"]++
			}
		}
		for _, kind := range []string{"generation i", "generation ii", "generation iii", "generation iiii", "nameless", "metadata alone", "moved in season i", "moved in season ii", "stale in season i", "stale apps in season ii"} {
			assert.Positive(t, kinds[kind], "%s of %v", kind, size)
		}
		t.Logf("%d bases, %d apps: %v", len(o.Bases()), len(o.Apps()), kinds)
	}
}

// What Stemma finds in an image is what the orchard says is in it: the chain, how many steps
// and layers each ancestor has, the packages and who brought them, bytes that nobody sees.
func TestTruth(t *testing.T) {
	server := httptest.NewServer(registry.New(registry.Logger(log.New(io.Discard, "", 0))))
	defer server.Close()
	host := strings.TrimPrefix(server.URL, "http://")
	o, err := Grow(Options{Host: host, Bases: 20, Apps: 40})
	require.NoError(t, err)
	require.NoError(t, o.Push(t.Context(), 1))
	require.NoError(t, o.Push(t.Context(), 2))
	refs := o.References(2)
	for _, ref := range slices.Sorted(maps.Keys(refs)) {
		im := refs[ref]
		img, err := source.Open(t.Context(), ref, nil)
		require.NoError(t, err, ref)
		rep, err := stemma.Analyze(t.Context(), img, nil)
		require.NoError(t, err, ref)
		require.NoError(t, img.Close())
		require.Empty(t, rep.Problems, ref)
		assert.Equal(t, im.Digest, rep.Digest, ref)
		checkChain(t, ref, im, rep)
		checkPackages(t, ref, im, rep)
	}
}

// shown is the chain as far as the image shows it: that a base which only changed the
// configuration ends where an app's WORKDIR begins can be seen where Buildah says so.
func shown(im *Image) []*Image {
	chain := im.Chain()
	for i := len(chain) - 1; i > 0; i-- {
		if chain[i].Layers == 0 && chain[i-1].builder != buildah {
			chain = slices.Delete(chain, i, i+1)
		}
	}
	return chain
}

func checkChain(t *testing.T, ref string, im *Image, rep *report.Report) {
	chain := shown(im)
	if !assert.Len(t, rep.Ancestors, len(chain), "%s: %v", ref, rep.Ancestors) {
		return
	}
	shadowed := int64(0)
	for i, a := range rep.Ancestors {
		steps := chain[i].Steps
		for b := chain[i].Base; b != nil && !slices.Contains(chain, b); b = b.Base {
			steps += b.Steps
		}
		assert.Equal(t, steps, a.Steps.To-a.Steps.From, "%s: steps of %d", ref, i)
		assert.Equal(t, chain[i].Layers, a.Layers.To-a.Layers.From, "%s: layers of %d", ref, i)
		assert.Equal(t, chain[i].Content, a.Content, "%s: content of %d", ref, i)
		shadowed += a.Shadowed
		if !chain[i].Published {
			assert.Empty(t, a.Repository, "%s: %d has no name: %v", ref, i, a.Evidence)
		}
	}
	assert.Equal(t, im.Shadowed, shadowed, "%s: shadowed", ref)
}

// checkPackages compares what is visible in the end.
func checkPackages(t *testing.T, ref string, im *Image, rep *report.Report) {
	chain := shown(im)
	of := func(layer int) string {
		for i, a := range rep.Ancestors {
			if a.Layers.From <= layer && layer < a.Layers.To && i < len(chain) {
				return chain[i].String()
			}
		}
		return "nobody"
	}
	var want, got []string
	for _, p := range im.Packages() {
		want = append(want, fmt.Sprintf("%s %s of %s, %s", p.Name, p.Version, p.Introduced, p.Changed))
	}
	for _, p := range rep.Inventory.Packages {
		if p.State == packages.Present {
			got = append(got, fmt.Sprintf("%s %s of %s, %s", p.Name, p.Version, of(p.Events[0].Layer), of(p.Events[len(p.Events)-1].Layer)))
		}
	}
	slices.Sort(want)
	slices.Sort(got)
	assert.Equal(t, want, got, "%s: packages", ref)
}
