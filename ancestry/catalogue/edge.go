package catalogue

import (
	"cmp"
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/stemma-go/stemma/ancestry"
	"github.com/stemma-go/stemma/ancestry/catalogue/internal/data"
	"github.com/stemma-go/stemma/ancestry/catalogue/internal/recipe"
	"github.com/stemma-go/stemma/layers/history"
)

// Near the catalogue's day and after it, a repository's Dockerfile may have changed more
// than its versions. Then no recipe is like the image, but single instructions are: an
// ENV, a download, an ENTRYPOINT that no other repository ever had.

const (
	// edgeDays is how long before the catalogue's day its knowledge begins to thin out:
	// recipes of the last weeks may be missing.
	edgeDays data.Day = 60
	// Of the steps in question so many have to be the repository's alone, and so great a
	// share has to be known from it.
	edgeAlone = 3
	edgeShare = 0.45
)

// A kin is a repository with which a part of the history has instructions in common.
type kin struct {
	catalog      int
	name         string
	known, alone int // steps with a shape of the repository's; with one of no other
	start, end   int // of the steps that are its alone, and those known that follow
}

// edge names what follows the chain by the repository alone, if it was built when the
// catalogue's knowledge ends.
func (t *trial) edge(levels []level) []ancestry.Claim {
	at := 0
	if len(levels) > 0 {
		at = levels[0].end
	}
	for _, d := range []recipe.Dialect{recipe.BuildKit, recipe.Docker} {
		k, ok := t.closestKin(at, d)
		if !ok || !t.atEdge(k, d) {
			continue
		}
		steps := k.end - k.start
		c := ancestry.Claim{
			Start: history.None, End: k.end, Name: ancestry.Name{Repository: k.name},
			Evidence: ancestry.Evidence{
				Kind: ancestry.KindRecipe, Confidence: ancestry.Inferred, Where: origin(t.catalogs[k.catalog]),
				Says: fmt.Sprintf("%d of %d steps are known from %s, %d of them from no other repository", k.known, steps, k.name, k.alone),
			},
		}
		if len(levels) > 0 {
			c.Start = at
		}
		return []ancestry.Claim{c}
	}
	return nil
}

// closestKin returns the repository that has most instructions for itself, if no other
// comes near.
func (t *trial) closestKin(at int, d recipe.Dialect) (kin, bool) {
	type id struct {
		catalog int
		name    string
	}
	found := map[id]*kin{}
	r := t.reading(d)
	for i := at; i < r.Len(); i++ {
		if r.Shapes[i] == 0 {
			continue
		}
		var have []id
		for c, cat := range t.catalogs {
			postings, err := cat.Shape(r.Shapes[i])
			if err != nil {
				t.errs = append(t.errs, fmt.Errorf("catalogue %d: %w", c, err))
			}
			for _, p := range postings {
				have = append(have, id{c, p.Repository})
			}
		}
		for _, x := range have {
			if found[x] == nil {
				found[x] = &kin{catalog: x.catalog, name: x.name, start: i}
			}
			k := found[x]
			k.known++
			k.end = i + 1
			if len(have) == 1 {
				k.alone++
			}
		}
	}
	var all []kin
	for _, k := range found {
		if at > 0 {
			k.start = at
		}
		all = append(all, *k)
	}
	slices.SortFunc(all, func(a, b kin) int {
		return cmp.Or(cmp.Compare(b.alone, a.alone), cmp.Compare(b.known, a.known), cmp.Compare(a.name, b.name))
	})
	if len(all) == 0 || len(all) > 1 && 3*all[1].alone > all[0].alone {
		return kin{}, false
	}
	return all[0], true
}

// atEdge reports whether a repository's instructions name what was built: recently
// enough, enough of them, and with a version that the repository's tags are made of, or that
// bears its name.
func (t *trial) atEdge(k kin, d recipe.Dialect) bool {
	made := t.made(k.start, k.end)
	if made.IsZero() || data.DayOf(made) < t.catalogs[k.catalog].Day()-edgeDays {
		return false
	}
	if k.alone < edgeAlone || float64(k.known) < edgeShare*float64(k.end-k.start) {
		return false
	}
	repo, err := t.catalogs[k.catalog].Repository(k.name)
	if err != nil || repo == nil {
		return false
	}
	own := strings.ToUpper(strings.ReplaceAll(path.Base(k.name), "-", "_")) + "_"
	for _, v := range t.versions(k.start, k.end, d) {
		if strings.HasPrefix(v.Key, own) || slices.ContainsFunc(repo.TagPatterns(), func(p data.TagPattern) bool { return p.Key == v.Key }) {
			return true
		}
	}
	return false
}
