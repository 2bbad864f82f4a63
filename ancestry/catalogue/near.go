package catalogue

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/stemma-go/stemma/ancestry/catalogue/internal/data"
	"github.com/stemma-go/stemma/ancestry/catalogue/internal/recipe"
)

const (
	// likeness is the share of instructions that agree in shape from which a part
	// resembles a recipe, and whole that from which it can be the next version of it.
	likeness = 0.6
	whole    = 0.7
	// models are how many recipes of a repository are tried.
	models = 8
)

// A suspect is a repository that a part of the history may be of.
type suspect struct {
	catalog int
	name    string
	weight  float64 // shapes that few repositories have weigh more
	start   int     // the first step that has a shape of its
	end     int     // after the last
}

// suspects returns the repositories whose shapes occur from a step on, the most
// likely first.
func (t *trial) suspects(at int, d recipe.Dialect) []suspect {
	const most, enough = 3, 1.0
	type id struct {
		catalog int
		name    string
	}
	found := map[id]*suspect{}
	r := t.reading(d)
	for i := at; i < r.Len(); i++ {
		for c, cat := range t.catalogs {
			if r.Shapes[i] == 0 {
				continue
			}
			postings, err := cat.Shape(r.Shapes[i])
			if err != nil {
				t.errs = append(t.errs, fmt.Errorf("catalogue %d: %w", c, err))
			}
			for _, p := range postings {
				k := id{c, p.Repository}
				if found[k] == nil {
					found[k] = &suspect{catalog: c, name: p.Repository, start: i}
				}
				found[k].weight += 1 / float64(len(postings))
				found[k].end = i + 1
			}
		}
	}
	var out []suspect
	for _, s := range found {
		if s.weight >= enough {
			out = append(out, *s)
		}
	}
	slices.SortFunc(out, func(a, b suspect) int {
		return cmp.Or(cmp.Compare(b.weight, a.weight), cmp.Compare(a.catalog, b.catalog), cmp.Compare(a.name, b.name))
	})
	return out[:min(most, len(out))]
}

// ends returns where a part of a repository that begins at a step may end: where its
// shapes do, or where a recipe begins that is built on one of its images.
func (t *trial) ends(at int, s suspect) []int {
	ends := []int{s.end}
	for _, n := range t.nodes {
		if n.start > at && n.from.Repository == s.name && !slices.Contains(ends, n.start) {
			ends = append(ends, n.start)
		}
	}
	return ends
}

// grow reads what follows the best chain as a version of an image that the catalogue
// has no recipe of, and whose instructions are not all known. It reports whether
// there is one.
func (t *trial) grow(levels []level) bool {
	if len(levels) == 0 || levels[0].end == len(t.steps) {
		return false
	}
	at, grew := levels[0].end, false
	for _, d := range recipe.Dialects() {
		for _, s := range t.suspects(at, d) {
			for _, end := range t.ends(at, s) {
				grew = t.nextVersion(levels[0], s, d, end) || grew
			}
		}
	}
	if grew {
		t.connect()
	}
	return grew
}

// nextVersion adds the best readings of a part as the next version of a repository's
// recipe, on the given level.
func (t *trial) nextVersion(below level, s suspect, d recipe.Dialect, end int) bool {
	repo, err := t.catalogs[s.catalog].Repository(s.name)
	if err != nil || repo == nil || end <= below.end {
		return false
	}
	best := map[string]*node{}
	for _, l := range repo.Nearest(t.reading(d).Part(below.end, end), models) {
		n, ok := t.newNode(s.catalog, d, repo, l.Recipe, below.end, end)
		if !ok || share(l, end-below.end) < whole {
			continue
		}
		n.grade, n.likes = near, l
		stands := slices.ContainsFunc(below.nodes, func(p *node) bool { return t.agrees(n, p) })
		if !stands || !t.compose(n, t.versions(n.start, end, d)) {
			continue
		}
		k := n.recipe.From + " " + n.tags[0]
		if o := best[k]; o == nil || n.before(o) {
			best[k] = n
		}
	}
	added := false
	list := ordered(best)
	for _, n := range list {
		if n.likes.Shapes == list[0].likes.Shapes && n.likes.Lines == list[0].likes.Lines {
			added = t.add(n) || added
		}
	}
	return added
}

// share is how much of a part of so many steps and of a recipe agrees.
func share(l data.Likeness, steps int) float64 {
	return float64(l.Shapes) / float64(max(l.Of, steps))
}
