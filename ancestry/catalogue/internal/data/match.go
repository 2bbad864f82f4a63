package data

import (
	"slices"
	"strings"
	"sync"

	"github.com/stemma-go/stemma/ancestry/catalogue/internal/recipe"
	"github.com/stemma-go/stemma/ancestry/catalogue/internal/wire"
	"github.com/stemma-go/stemma/layers/history"
)

// ReadHistory hashes a history in a dialect. A step of a builder that runs no
// Dockerfile (debuerreotype, umoci, …) is the same in every dialect: its created_by,
// without free text.
func ReadHistory(h *recipe.History, steps []history.Step, d recipe.Dialect) Reading {
	n := len(steps)
	r := Reading{Dialect: d, Lines: make([]uint64, n), Shapes: make([]uint64, n), h: h, outlines: make([]uint64, n)}
	for i, s := range steps {
		text, outline := "", ""
		switch {
		case h.Speaks(i, d):
			text = h.Line(i, d)
			outline = recipe.Outline(text)
		case recipe.DialectOf(s.Instruction.Builder) == recipe.Any && !s.Synthetic:
			text = foreign(s.CreatedBy)
		}
		if text != "" {
			r.Lines[i], r.Shapes[i] = HashLine(text), HashShape(text)
			r.outlines[i] = r.Lines[i]
		}
		if outline != text && outline != "" {
			r.outlines[i] = HashLine(outline)
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
	if x := &c.indices[wire.IndexOutlines]; x.entries > 0 && r.outlines != nil {
		sequences = append(sequences, sequence{x, r.outlines})
	}
	return c.matches(r, sequences, (*Repository).line, len(sequences) > 1)
}

// Alike returns every part of a reading whose shapes are those of a recipe, shape
// for shape: the same image in another version, as a rule. Sorted as Matches does.
func (c *Catalogue) Alike(r Reading) ([]Match, error) {
	return c.matches(r, []sequence{{&c.indices[wire.IndexSequences], r.Shapes}}, (*Repository).shape, false)
}

func (r *Repository) line(l int32) uint64  { return r.lines[l].hash }
func (r *Repository) shape(l int32) uint64 { return r.shapes[r.lines[l].shape] }

// A sequence is what is looked up in an index: hashes, one for each instruction.
type sequence struct {
	x      *index
	hashes []uint64
}

// matches finds the parts of a reading that are recipes. of is what is compared with the
// hashes of the first sequence; of recipes that are open, further lines are.
func (c *Catalogue) matches(r Reading, sequences []sequence, of func(*Repository, int32) uint64, open bool) ([]Match, error) {
	column := slices.Index(c.meta.dialects, r.Dialect)
	if column < 0 {
		return nil, nil
	}
	possible := c.possible(r, open)
	if possible == nil {
		return nil, nil
	}
	finders := make([]finder, len(sequences))
	sums := make([]Sequence, len(sequences))
	for i, s := range sequences {
		finders[i].x = s.x
	}
	var others func() [][]uint64
	if open {
		others = sync.OnceValue(r.others)
	}
	var bad failures
	var out []Match
	for start := range r.Lines {
		clear(sums)
		for end := start; end < len(r.Lines) && end-start < c.meta.longest && possible[end]; end++ {
			first := len(out)
			for i, s := range sequences {
				sums[i] = sums[i].Add(s.hashes[end])
				for _, p := range bad.postings(&finders[i], sums[i].Key()) {
					repo := bad.repository(c, p.repo)
					if repo == nil || slices.ContainsFunc(out[first:], func(m Match) bool { return m.Repository == repo.name }) {
						continue
					}
					if ids := repo.equal(column, sequences[0].hashes, others, start, end+1, of); len(ids) > 0 {
						out = append(out, Match{start, end + 1, repo.name, ids})
					}
				}
			}
		}
	}
	return out, bad.err()
}

// possible says of each instruction of a reading whether a recipe can have it: one of
// its shape is in the catalogue, or, of recipes that are open, the rest of it may come
// from a variable. It is nil if none can. Most catalogues know nothing of most
// histories, and need not be asked for their parts.
func (c *Catalogue) possible(r Reading, open bool) []bool {
	var out []bool
	shapes := &c.indices[wire.IndexShapes]
	for i, l := range r.Lines {
		if l != 0 && (shapes.may(r.Shapes[i]) || open && r.outlines[i] != l) {
			if out == nil {
				out = make([]bool, len(r.Lines))
			}
			out[i] = true
		}
	}
	return out
}

// equal returns the recipes that agree with a part of a reading. The index only leads
// to the repository: it holds shorter hashes.
func (r *Repository) equal(column int, hashes []uint64, others func() [][]uint64, start, end int, of func(*Repository, int32) uint64) []int {
	var ids []int
	for id := range r.recipes {
		x := &r.recipes[id]
		if n := int(x.end - x.first); n < end-start || n > end-start && !r.gaps[column] {
			continue
		}
		i := start
		for _, at := range r.arena[x.first:x.end] {
			l := r.byDialect[column][at]
			if l < 0 {
				continue
			}
			if i == end || of(r, l) != hashes[i] && !(x.open && others != nil && slices.Contains(others()[i], of(r, l))) {
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
