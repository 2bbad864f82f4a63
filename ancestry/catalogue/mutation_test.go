package catalogue_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/stemma-go/stemma/ancestry"
	"github.com/stemma-go/stemma/ancestry/catalogue/internal/data"
	"github.com/stemma-go/stemma/ancestry/catalogue/internal/recipe"
	"github.com/stemma-go/stemma/layers/history"
	"github.com/stemma-go/stemma/testdata/realimages"
)

// A config is an ancestry.ConfigFiler.
type config v1.ConfigFile

func (c *config) ConfigFile() (*v1.ConfigFile, error) { return (*v1.ConfigFile)(c), nil }

// A stock is what the mutations start from: histories, and what they were recognised
// as.
type stock struct {
	configs []*v1.ConfigFile
	// known are the recognised ancestors' normal lines, with the repositories of the
	// ancestor and of the one below it.
	known map[string]bool
}

func newStock(t testing.TB) *stock {
	source := embedded(t)
	s := &stock{known: map[string]bool{}}
	for _, r := range realimages.All(t) {
		cfg, err := r.ConfigFile()
		require.NoError(t, err)
		l, err := ancestry.Resolve(t.Context(), r, &ancestry.Options{Catalogues: []ancestry.Source{source}})
		require.NoError(t, err)
		s.configs = append(s.configs, cfg)
		for i, a := range l.Ancestors {
			if a.Confidence >= ancestry.Recognised {
				s.known[identity(l, i, lines(cfg, a.Steps))] = true
				if byShapes(a) {
					s.known[identity(l, i, shapes(lines(cfg, a.Steps)))] = true
				}
			}
		}
	}
	return s
}

// byShapes reports whether the ancestor was recognised by the shapes of its lines.
func byShapes(a ancestry.Ancestor) bool {
	return slices.ContainsFunc(a.Evidence, func(e ancestry.Evidence) bool {
		return e.Confidence == ancestry.Recognised && strings.HasPrefix(e.Says, "all ") && strings.Contains(e.Says, "agree but for versions")
	})
}

func below(l *ancestry.Lineage, i int) string {
	if i+1 == len(l.Ancestors) {
		return "scratch"
	}
	return l.Ancestors[i+1].Repository
}

func identity(l *ancestry.Lineage, i int, lines []string) string {
	return fmt.Sprintf("%s on %s\n%s", l.Ancestors[i].Repository, below(l, i), strings.Join(lines, "\n"))
}

// lines are a span's in normal form: what an edit may change without changing what
// can be known (the hash of a copied file) is not in there.
func lines(cfg *v1.ConfigFile, span ancestry.Span) []string {
	steps, _ := history.Steps(cfg)
	h := recipe.NewHistory(steps, cfg.Config.Env)
	var out []string
	for i := span.From; i < span.To; i++ {
		d := recipe.DialectOf(steps[i].Instruction.Builder)
		if d == recipe.Any {
			first, _, _ := strings.Cut(steps[i].CreatedBy, "\n")
			first, _, _ = strings.Cut(first, "description=")
			out = append(out, strings.TrimSpace(first))
			continue
		}
		out = append(out, h.Line(i, d))
	}
	return out
}

func shapes(lines []string) []string {
	out := []string{"shapes"}
	for _, l := range lines {
		out = append(out, data.Shape(l))
	}
	return out
}

// mutate returns a copy of a history with one to three random edits, and what they
// were.
func (s *stock) mutate(r *rand.Rand) (*v1.ConfigFile, []string) {
	cfg := s.configs[r.IntN(len(s.configs))].DeepCopy()
	var did []string
	for range 1 + r.IntN(3) {
		h := cfg.History
		i := r.IntN(len(h))
		switch r.IntN(6) {
		case 0:
			if len(h) > 1 {
				cfg.History = slices.Delete(h, i, i+1)
				did = append(did, fmt.Sprint("drop ", i))
			}
		case 1:
			j := r.IntN(len(h))
			h[i].CreatedBy, h[j].CreatedBy = h[j].CreatedBy, h[i].CreatedBy
			h[i].EmptyLayer, h[j].EmptyLayer = h[j].EmptyLayer, h[i].EmptyLayer
			did = append(did, fmt.Sprint("swap ", i, " ", j))
		case 2, 3:
			b := []byte(h[i].CreatedBy)
			at := r.IntN(len(b))
			old := b[at]
			b[at] = "abcxyz019 .-/="[r.IntN(14)]
			h[i].CreatedBy = string(b)
			did = append(did, fmt.Sprintf("step %d byte %d %q to %q", i, at, old, b[at]))
		case 4:
			o := s.configs[r.IntN(len(s.configs))]
			j := r.IntN(len(o.History))
			cfg.History = append(slices.Clone(h[:i+1]), o.DeepCopy().History[j:]...)
			did = append(did, fmt.Sprint("splice ", i+1, " ", j))
		default:
			days := r.IntN(4000) - 2000
			for k := range h {
				h[k].Created.Time = h[k].Created.AddDate(0, 0, days)
			}
			did = append(did, fmt.Sprint("shift ", days))
		}
	}
	cfg.RootFS.DiffIDs = nil
	for i, h := range cfg.History {
		if !h.EmptyLayer {
			cfg.RootFS.DiffIDs = append(cfg.RootFS.DiffIDs, v1.Hash{Algorithm: "sha256", Hex: fmt.Sprintf("%064x", i+1)})
		}
	}
	return cfg, did
}

// TestMutations edits recognised histories at random. Whatever is still recognised
// after that must be, line for line (shape for shape, where it was recognised by its
// shapes), something that was recognised before, on the same parent, and at a time
// at which it had a tag.
func TestMutations(t *testing.T) {
	edits := 2000
	if testing.Short() {
		edits = 200
	}
	s, source := newStock(t), embedded(t)
	c := source.Parts()[0]
	r := rand.New(rand.NewPCG(5, 2026))
	recognised, inferred, unknown := 0, 0, 0
	for n := range edits {
		cfg, did := s.mutate(r)
		l, err := ancestry.Resolve(t.Context(), (*config)(cfg), &ancestry.Options{Catalogues: []ancestry.Source{source}})
		require.NoError(t, err)
		for i, a := range l.Ancestors {
			switch {
			case a.Confidence >= ancestry.Recognised:
				recognised++
			case a.Confidence == ancestry.Inferred:
				inferred++
				continue
			default:
				unknown++
				continue
			}
			now := lines(cfg, a.Steps)
			if !s.known[identity(l, i, now)] && !s.known[identity(l, i, shapes(now))] {
				assert.Fail(t, "named with too much confidence", "%d: %v: %s on %s\n%v\n%s", n, did, a, below(l, i), a.Evidence, strings.Join(now, "\n"))
			}
			if !timely(t, c, a) {
				assert.Fail(t, "named at a time when it had no tag", "%d: %v: %s of %s\n%v", n, did, a, a.Created, a.Evidence)
			}
		}
		if t.Failed() {
			return // one is enough to read
		}
	}
	t.Logf("%d edits: ancestors recognised %d, inferred %d, unknown %d", edits, recognised, inferred, unknown)
	assert.Greater(t, recognised, edits/4, "what was not edited is still recognised")
	assert.Greater(t, unknown, edits/4, "what was edited is not")
}

// timely reports whether one of the ancestor's names had its tag when it was built,
// or may have had it after the catalogue's day.
func timely(t *testing.T, c *data.Catalogue, a ancestry.Ancestor) bool {
	if a.Created.After(c.Day().Time().AddDate(0, 0, 1)) || a.Created.IsZero() {
		return true
	}
	day := data.DayOf(a.Created)
	for _, n := range append([]ancestry.Name{{Repository: a.Repository, Tags: a.Tags}}, a.Ties...) {
		repo, err := c.Repository(n.Repository)
		require.NoError(t, err)
		for _, tag := range n.Tags {
			for _, p := range repo.Timeline(tag) {
				if p.From-45 <= day && day-7 <= p.To {
					return true
				}
			}
		}
	}
	return false
}
