package orchard_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/opencontainers/go-digest"
	"github.com/opencontainers/image-spec/identity"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/stemma-go/stemma/examples/fleet/internal/orchard"
	"github.com/stemma-go/stemma/examples/fleet/store"
)

// A truth compares what the store says in a season with what the orchard knows.
type truth struct {
	t      *testing.T
	s      *store.Store
	o      *orchard.Orchard
	host   string
	season int
}

func (c truth) check() {
	start := time.Now()
	c.standsOn()
	stands := time.Now()
	c.stale()
	c.moves()
	stale := time.Now()
	c.tree()
	c.t.Logf("season %d: all bases asked for in %.1f s, stale in %.1f s, the tree in %.1f s", c.season,
		stands.Sub(start).Seconds(), stale.Sub(stands).Seconds(), time.Since(stale).Seconds())
}

// standsOn asks for all bases: by digest those that are in the registry, by chain ID those
// that are not; and by name.
func (c truth) standsOn() {
	for _, base := range c.bases() {
		q := store.Question{Digest: base.Digest}
		if !base.Published {
			q.Digest = chainID(c.t, base)
		}
		c.ask(q, func(im *orchard.Image) bool { return im.StandsOn(base) })
		if !base.Published {
			continue
		}
		repository := c.host + "/" + base.Repository
		c.ask(store.Question{Repository: repository}, func(im *orchard.Image) bool {
			return slices.ContainsFunc(im.Chain()[1:], func(b *orchard.Image) bool { return b.Repository == base.Repository })
		})
		for _, tag := range base.Tags {
			c.ask(store.Question{Repository: repository, Tag: tag}, func(im *orchard.Image) bool {
				return slices.ContainsFunc(im.Chain()[1:], func(b *orchard.Image) bool { return b.Repository == base.Repository && slices.Contains(b.Tags, tag) })
			})
		}
	}
}

func (c truth) ask(q store.Question, fits func(*orchard.Image) bool) {
	images, known, err := c.s.StandsOn(c.t.Context(), q)
	require.NoError(c.t, err)
	require.True(c.t, known, "%v", q)
	current := c.current()
	var want, got []string
	for _, im := range c.o.Pushed(c.season) {
		if fits(im) {
			want = append(want, fmt.Sprintf("%s, current: %v", im.Digest, current[im.Digest]))
		}
	}
	for _, st := range images {
		if !st.Itself {
			got = append(got, fmt.Sprintf("%s, current: %v", st.Digest, st.Current))
		}
	}
	c.same(want, got, "what stands on "+store.Ref{Repository: q.Repository, Tag: q.Tag, Digest: q.Digest}.String())
}

// stale compares which images stand on a base whose tag has moved, how far below them that
// is, and what the tag points to now.
func (c truth) stale() {
	moved, err := c.s.Stale(c.t.Context())
	require.NoError(c.t, err)
	names := map[v1.Hash]string{}
	var want, got []string
	seen := map[*orchard.Image]bool{}
	for _, im := range c.o.References(c.season) {
		names[im.Digest] = im.String()
		if seen[im] {
			continue
		}
		seen[im] = true
		below := im.MovedBelow(c.season)
		for depth, b := range im.Chain() {
			if slices.Contains(below, b) {
				want = append(want, fmt.Sprintf("%s: %d below, %s/%s:%s is %s", im, depth, c.host, b.Repository, b.Moved, b.Latest(c.season).Digest))
			}
		}
	}
	for _, m := range moved {
		if m.Source == "fleet" {
			got = append(got, fmt.Sprintf("%s: %d below, %s is %s", names[m.Digest], m.Depth, m.Name, m.Now))
		}
	}
	assert.NotEmpty(c.t, want)
	c.same(want, got, "what is stale")
}

// forest is the fleet's, with what its ancestors are called by their ids.
func (c truth) forest() ([]store.Node, map[int64]string) {
	nodes, err := c.s.Forest(c.t.Context(), false)
	require.NoError(c.t, err)
	names := map[int64]string{}
	for _, n := range nodes {
		names[n.ID] = c.called(n)
	}
	return nodes, names
}

// moves compares which builds of a tag are old, and what the tag points to now.
func (c truth) moves() {
	moves, err := c.s.Moves(c.t.Context())
	require.NoError(c.t, err)
	_, names := c.forest()
	var want, got []string
	seen := map[*orchard.Image]bool{}
	for _, im := range c.o.Pushed(c.season) {
		for _, b := range im.MovedBelow(c.season) {
			if !seen[b] {
				seen[b] = true
				want = append(want, fmt.Sprintf("%s was %s/%s:%s, which is %s", c.name(b), c.host, b.Repository, b.Moved, b.Latest(c.season).Digest))
			}
		}
	}
	for _, m := range moves {
		if m.Source == "fleet" {
			got = append(got, fmt.Sprintf("%s was %s, which is %s", names[m.Ancestor], m.Name, m.Now))
		}
	}
	c.same(want, got, "what has moved")
}

// current are the images that a reference has.
func (c truth) current() map[v1.Hash]bool {
	current := map[v1.Hash]bool{}
	for _, im := range c.o.References(c.season) {
		current[im.Digest] = true
	}
	return current
}

// tree compares the fleet's family tree: every ancestor once, how many of the images that a
// reference has stand on it, its name.
func (c truth) tree() {
	nodes, names := c.forest()
	var want, got []string
	current := c.current()
	for _, base := range c.bases() {
		images, ever := 0, false
		for _, im := range c.o.Pushed(c.season) {
			if im.StandsOn(base) {
				ever = true
				if current[im.Digest] {
					images++
				}
			}
		}
		if !ever {
			continue
		}
		parent := ""
		if base.Base != nil {
			parent = c.name(base.Base)
		}
		want = append(want, fmt.Sprintf("%s on %q: %d images, %d layers, %d bytes", c.name(base), parent, images, base.Layers, base.Content))
	}
	for _, n := range nodes {
		got = append(got, fmt.Sprintf("%s on %q: %d images, %d layers, %d bytes", names[n.ID], names[n.Parent], n.Images, n.Layers, n.Content))
	}
	c.same(want, got, "the tree")
}

// same compares two lists whatever their order, and shows a few of what is in one alone.
func (c truth) same(want, got []string, what string) {
	count := map[string]int{}
	for _, w := range want {
		count[w]++
	}
	for _, g := range got {
		count[g]--
	}
	var missing, wrong []string
	for line, n := range count {
		if n > 0 {
			missing = append(missing, line)
		} else if n < 0 {
			wrong = append(wrong, line)
		}
	}
	if len(missing)+len(wrong) > 0 {
		slices.Sort(missing)
		slices.Sort(wrong)
		c.t.Errorf("season %d: %s: of %d rows %d are missing, and of %d are %d wrong; missing:\n%s\nwrong:\n%s", c.season, what, len(want), len(missing), len(got), len(wrong),
			strings.Join(missing[:min(4, len(missing))], "\n"), strings.Join(wrong[:min(4, len(wrong))], "\n"))
	}
}

// name tells a base from all others: its repository and its youngest step's moment.
func (c truth) name(base *orchard.Image) string {
	cfg, err := base.Image.ConfigFile()
	require.NoError(c.t, err)
	repository := "(nobody knows)"
	if base.Published {
		repository = c.host + "/" + base.Repository
	}
	return repository + " of " + cfg.Created.UTC().Format("2006-01-02 15:04:05")
}

func (c truth) called(n store.Node) string {
	repository := "(nobody knows)"
	if n.Name != n.Chain && n.Ties == "" {
		repository = n.Name[:strings.LastIndexAny(n.Name, ":@")]
	}
	return repository + " of " + n.Created.UTC().Format("2006-01-02 15:04:05")
}

// bases are those that an image of the season stands on, or could.
func (c truth) bases() []*orchard.Image {
	return slices.DeleteFunc(c.o.Bases(), func(im *orchard.Image) bool { return im.Season > c.season })
}

// chainID is image-spec's identity of a stack of layers.
func chainID(t *testing.T, im *orchard.Image) v1.Hash {
	cfg, err := im.Image.ConfigFile()
	require.NoError(t, err)
	var diffs []digest.Digest
	for _, h := range cfg.RootFS.DiffIDs {
		diffs = append(diffs, digest.Digest(h.String()))
	}
	h, err := v1.NewHash(identity.ChainID(diffs).String())
	require.NoError(t, err)
	return h
}
