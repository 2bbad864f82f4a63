package data

import (
	"slices"
	"strings"

	"github.com/stemma-go/stemma/ancestry/catalogue/internal/wire"
	"github.com/stemma-go/stemma/ancestry/recipe"
	"github.com/stemma-go/stemma/layers/history"
)

// ReadHistory hashes a history in a dialect. A step of a builder that runs no
// Dockerfile (debuerreotype, umoci, …) is read in every dialect, as its created_by
// stands, without free text; its neighbours decide.
func ReadHistory(h *recipe.History, steps []history.Step, d recipe.Dialect) Reading {
	r := Reading{d, make([]uint64, len(steps)), make([]uint64, len(steps))}
	for i, s := range steps {
		text := ""
		switch {
		case h.Speaks(i, d):
			text = h.Line(i, d)
		case recipe.DialectOf(s.Instruction.Builder) == recipe.Any && !s.Synthetic:
			text = foreign(s.CreatedBy)
		}
		if text != "" {
			r.Lines[i], r.Shapes[i] = HashLine(text), HashShape(text)
		}
	}
	return r
}

// foreign returns what is compared of a tool's entry: its first line, up to a
// description in words.
func foreign(createdBy string) string {
	s, _, _ := strings.Cut(createdBy, "\n")
	s, _, _ = strings.Cut(s, "description=")
	return strings.TrimSpace(s)
}

// A Match says that instructions Start to End-1 of a reading are those of recipes
// of one repository, from end to end.
type Match struct {
	Start, End int
	Repository string
	Recipes    []int // IDs, ascending
}

// Matches returns every part of a reading that is a recipe, line for line. They are
// sorted by Start, then End, then Repository. Parts overlap: which of them are the
// image's ancestors is for the caller to tell. It takes time linear in the reading
// times the longest recipe. The error joins what is corrupt; the matches beside it
// are those of all that is not.
func (c *Catalogue) Matches(r Reading) ([]Match, error) {
	return c.matches(r.Dialect, r.Lines, &c.indices[wire.IndexRecipes], (*Repository).line)
}

// Alike returns every part of a reading whose shapes are those of a recipe, shape
// for shape: the same image in another version, as a rule. Sorted as Matches does.
func (c *Catalogue) Alike(r Reading) ([]Match, error) {
	return c.matches(r.Dialect, r.Shapes, &c.indices[wire.IndexSequences], (*Repository).shape)
}

func (r *Repository) line(l int32) uint64  { return r.lines[l].hash }
func (r *Repository) shape(l int32) uint64 { return r.shapes[r.lines[l].shape] }

func (c *Catalogue) matches(d recipe.Dialect, hashes []uint64, x *index, of func(*Repository, int32) uint64) ([]Match, error) {
	column := slices.Index(c.meta.dialects, d)
	if column < 0 {
		return nil, nil
	}
	f := finder{x: x}
	var bad failures
	var out []Match
	for start := range hashes {
		var s Sequence
		for end := start; end < len(hashes) && end-start < c.meta.longest && hashes[end] != 0; end++ {
			s = s.Add(hashes[end])
			for _, p := range bad.postings(&f, s.Key()) {
				repo := bad.repository(c, p.repo)
				if repo == nil {
					continue
				}
				if ids := repo.equal(column, hashes[start:end+1], of); len(ids) > 0 {
					out = append(out, Match{start, end + 1, repo.name, ids})
				}
			}
		}
	}
	return out, bad.err()
}

// equal returns the recipes whose hashes are those wanted. The index only leads to
// the repository: it holds shorter hashes.
func (r *Repository) equal(column int, want []uint64, of func(*Repository, int32) uint64) []int {
	var ids []int
	for id := range r.recipes {
		x := &r.recipes[id]
		if n := int(x.end - x.first); n < len(want) || n > len(want) && !r.gaps {
			continue
		}
		n := 0
		for _, at := range r.arena[x.first:x.end] {
			l := r.instrs[at][column]
			if l < 0 {
				continue
			}
			if n == len(want) || of(r, l) != want[n] {
				n = -1
				break
			}
			n++
		}
		if n == len(want) {
			ids = append(ids, id)
		}
	}
	return ids
}

// A Posting says how many recipes of a repository have an instruction of a shape.
type Posting struct {
	Repository string
	Recipes    int
}

// Shape returns the repositories whose recipes have an instruction of the shape,
// by name. A shape of one repository alone says nearly as much as its name.
func (c *Catalogue) Shape(hash uint64) ([]Posting, error) {
	f := finder{x: &c.indices[wire.IndexShapes]}
	list, err := f.find(hash)
	out := make([]Posting, len(list))
	for i, p := range list {
		out[i] = Posting{c.meta.repos[p.repo].name, p.recipes}
	}
	return out, err
}
