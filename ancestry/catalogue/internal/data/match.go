package data

import (
	"slices"
	"strings"

	"github.com/stemma-go/stemma/ancestry/catalogue/internal/wire"
	"github.com/stemma-go/stemma/ancestry/recipe"
	"github.com/stemma-go/stemma/layers/history"
)

// ReadHistory hashes a history in a dialect. A step of a builder that runs no
// Dockerfile (debuerreotype, umoci, …) is the same in every dialect: its created_by,
// without free text.
func ReadHistory(h *recipe.History, steps []history.Step, d recipe.Dialect) Reading {
	n := len(steps)
	r := Reading{d, make([]uint64, n), make([]uint64, n), make([][]uint64, n), make([]uint64, n)}
	for i, s := range steps {
		text := ""
		switch {
		case h.Speaks(i, d):
			text = h.Line(i, d)
			for _, other := range h.Readings(i, d)[1:] {
				r.Others[i] = append(r.Others[i], HashLine(other))
			}
		case recipe.DialectOf(s.Instruction.Builder) == recipe.Any && !s.Synthetic:
			text = foreign(s.CreatedBy)
		}
		if text != "" {
			r.Lines[i], r.Shapes[i], r.Outlines[i] = HashLine(text), HashShape(text), HashLine(recipe.Outline(text))
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
// sorted by Start, then End. Parts overlap: which of them are the image's ancestors is
// for the caller to tell. It takes time linear in the reading times the longest recipe.
// The error joins what is corrupt; the matches are those in all that is not.
func (c *Catalogue) Matches(r Reading) ([]Match, error) {
	sequences := []sequence{{&c.indices[wire.IndexRecipes], r.Lines}}
	if x := &c.indices[wire.IndexOutlines]; x.entries > 0 && len(r.Outlines) == len(r.Lines) {
		sequences = append(sequences, sequence{x, r.Outlines})
	}
	return c.matches(r, sequences, func(repo *Repository, x *record, i int, l int32) bool {
		return r.reads(i, repo.line(l), x.open)
	})
}

// Alike returns every part of a reading whose shapes are those of a recipe, shape
// for shape: the same image in another version, as a rule. Sorted as Matches does.
func (c *Catalogue) Alike(r Reading) ([]Match, error) {
	return c.matches(r, []sequence{{&c.indices[wire.IndexSequences], r.Shapes}}, func(repo *Repository, _ *record, i int, l int32) bool {
		return repo.shape(l) == r.Shapes[i]
	})
}

func (r *Repository) line(l int32) uint64  { return r.lines[l].hash }
func (r *Repository) shape(l int32) uint64 { return r.shapes[r.lines[l].shape] }

// A sequence is what is looked up in an index: hashes, one for each instruction.
type sequence struct {
	x      *index
	hashes []uint64
}

// agrees reports whether a line of a recipe agrees with an instruction of the reading.
type agrees func(r *Repository, x *record, instruction int, line int32) bool

func (c *Catalogue) matches(r Reading, sequences []sequence, same agrees) ([]Match, error) {
	column := slices.Index(c.meta.dialects, r.Dialect)
	if column < 0 {
		return nil, nil
	}
	finders := make([]finder, len(sequences))
	sums := make([]Sequence, len(sequences))
	for i, s := range sequences {
		finders[i].x = s.x
	}
	var bad failures
	var out []Match
	for start := range r.Lines {
		clear(sums)
		for end := start; end < len(r.Lines) && end-start < c.meta.longest && r.Lines[end] != 0; end++ {
			first := len(out)
			for i, s := range sequences {
				sums[i] = sums[i].Add(s.hashes[end])
				for _, p := range bad.postings(&finders[i], sums[i].Key()) {
					repo := bad.repository(c, p.repo)
					if repo == nil || slices.ContainsFunc(out[first:], func(m Match) bool { return m.Repository == repo.name }) {
						continue
					}
					if ids := repo.equal(column, start, end+1, same); len(ids) > 0 {
						out = append(out, Match{start, end + 1, repo.name, ids})
					}
				}
			}
		}
	}
	return out, bad.err()
}

// equal returns the recipes that agree with a part of a reading. The index only leads
// to the repository: it holds shorter hashes.
func (r *Repository) equal(column, start, end int, same agrees) []int {
	var ids []int
	for id := range r.recipes {
		x := &r.recipes[id]
		if n := int(x.end - x.first); n < end-start || n > end-start && !r.gaps {
			continue
		}
		i := start
		for _, at := range r.arena[x.first:x.end] {
			l := r.byDialect[column][at]
			if l < 0 {
				continue
			}
			if i == end || !same(r, x, i, l) {
				i = -1
				break
			}
			i++
		}
		if i == end {
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
