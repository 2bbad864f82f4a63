package catalogue

import (
	"fmt"
	"slices"

	"github.com/stemma-go/stemma/ancestry"
	"github.com/stemma-go/stemma/ancestry/catalogue/internal/data"
	"github.com/stemma-go/stemma/layers/history"
)

// byLayers names images by their diffIDs, as far as the catalogues know them. Resolve
// takes the names for proved only where the layers were read and verified.
func (t *trial) byLayers() []ancestry.Claim {
	var out []ancestry.Claim
	for i, c := range t.catalogs {
		matches, err := c.LayerMatches(t.q.Config.RootFS.DiffIDs)
		if err != nil {
			t.errs = append(t.errs, fmt.Errorf("catalogue %d: %w", i, err))
		}
		for _, m := range matches {
			repo, err := c.Repository(m.Repository)
			if err != nil || repo == nil {
				continue
			}
			for _, id := range m.Recipes {
				r := repo.Recipe(id)
				if !t.reads(c, repo, r) {
					continue // the same bytes with another configuration
				}
				end := t.endOf(m.Layers, r.Instructions)
				if end == history.None {
					continue
				}
				name := ancestry.Name{Repository: m.Repository, Tags: withoutDays(everyTag(r))}
				out = append(out, ancestry.Claim{
					Start: history.None, End: end, Name: name,
					Evidence: ancestry.Evidence{
						Kind: ancestry.KindDigest, Confidence: ancestry.Proved,
						Says:  fmt.Sprintf("its %d layers are those of %s", m.Layers, name),
						Where: origin(c),
					},
				})
			}
		}
	}
	return out
}

// reads reports whether the history begins like that of an image. Where a step or the
// image has nothing that can be compared, the layers alone decide.
func (t *trial) reads(c *data.Catalogue, repo *data.Repository, r data.Recipe) bool {
	n := r.Instructions
	same := make([]bool, min(n, len(t.steps)))
	compared := make([]bool, len(same))
	for _, d := range c.Dialects() {
		own, here := repo.Reading(r.ID, d), t.reading(d)
		if own.Len() != n {
			continue // not every step has a line
		}
		for i := range same {
			compared[i] = compared[i] || here.Lines[i] != 0 && t.steps[i].CreatedBy != ""
			same[i] = same[i] || own.Lines[i] == here.Lines[i]
		}
	}
	for i := range same {
		if compared[i] && !same[i] {
			return false
		}
	}
	return n <= len(t.steps) || !slices.Contains(compared, true)
}

// ofTheseLayers returns, of recipes with the same lines, those that have the image's
// layers: of an image that was built twice, what is said of the other is not its. All
// of them, if none has.
func (t *trial) ofTheseLayers(cat int, repo *data.Repository, ids []int) []int {
	have := t.q.Config.RootFS.DiffIDs
	var out []int
	for _, id := range ids {
		if of := t.recipes.recipe(cat, repo, id).DiffIDs; len(of) > 0 && len(of) <= len(have) && slices.Equal(of, have[:len(of)]) {
			out = append(out, id)
		}
	}
	if len(out) == 0 {
		return ids
	}
	return out
}

// endOf returns the step after an image of so many layers and instructions.
func (t *trial) endOf(count, instructions int) int {
	for _, s := range t.steps {
		if s.Layer == count-1 {
			if n := instructions; n > s.Index && n <= len(t.steps) {
				for _, after := range t.steps[s.Index+1 : n] {
					if after.Layer != history.None {
						return s.Index + 1
					}
				}
				return n
			}
			return s.Index + 1
		}
	}
	return history.None
}
