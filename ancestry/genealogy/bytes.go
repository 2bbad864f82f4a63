package genealogy

import (
	"fmt"

	"github.com/stemma-go/stemma/ancestry"
	"github.com/stemma-go/stemma/layers"
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
				end := t.endOf(m.Layers, r.Instructions)
				if end == layers.None {
					continue
				}
				name := ancestry.Name{Repository: m.Repository, Tags: withoutDays(everyTag(r))}
				out = append(out, ancestry.Claim{
					Start: layers.None, End: end, Name: name,
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

// endOf returns the step after an image of so many layers and instructions.
func (t *trial) endOf(count, instructions int) int {
	for _, s := range t.steps {
		if s.Layer == count-1 {
			if n := instructions; n > s.Index && n <= len(t.steps) {
				for _, after := range t.steps[s.Index+1 : n] {
					if after.Layer != layers.None {
						return s.Index + 1
					}
				}
				return n
			}
			return s.Index + 1
		}
	}
	return layers.None
}
