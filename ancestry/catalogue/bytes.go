package catalogue

import (
	"fmt"
	"slices"
	"strings"

	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/stemma-go/stemma/ancestry"
	"github.com/stemma-go/stemma/ancestry/catalogue/internal/data"
	"github.com/stemma-go/stemma/layers/history"
)

// byBuild names images of which a catalogue knows one build: by their layers, or, where
// no layers can be compared, by a history with the same dates. levels are what its steps
// are: where the layers are all that is known of the build, they tell with which step it ends.
func (t *trial) byBuild(levels []level) []ancestry.Claim {
	dates := data.HashHistory(t.entries())
	var out []ancestry.Claim
	for i, c := range t.catalogs {
		add := func(matches []data.ImageMatch, err error, claim func(data.Recipe, data.ImageMatch) (ancestry.Claim, bool)) {
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
					if !t.reads(c, repo, r, dates) {
						continue // the same bytes with another configuration
					}
					if claim, ok := claim(r, m); ok && claim.End != history.None {
						claim.Start, claim.Name, claim.Evidence.Where = history.None, nameOf(r), origin(c)
						if r.Instructions == 0 {
							claim.End = t.endAlike(claim.End, r.Repository, levels)
						}
						out = append(out, claim)
					}
				}
			}
		}
		matches, err := c.ByDiffIDs(t.q.Config.RootFS.DiffIDs)
		add(matches, err, t.sameLayers)
		matches, err = c.ByBlobs(t.q.Hints.LayerDigests)
		add(matches, err, func(r data.Recipe, m data.ImageMatch) (ancestry.Claim, bool) {
			claim, _ := t.sameLayers(r, m)
			return claim, len(r.Image.DiffIDs) == 0 || len(t.q.Config.RootFS.DiffIDs) == 0 // else those decide
		})
		matches, err = c.ByHistory(dates)
		add(matches, err, t.sameDates)
	}
	return out
}

// sameLayers claims an image by its layers. Resolve takes the name for proved only
// where the layers were read and verified.
func (t *trial) sameLayers(r data.Recipe, m data.ImageMatch) (ancestry.Claim, bool) {
	e := ancestry.Evidence{
		Kind: ancestry.KindDigest, Confidence: ancestry.Proved,
		Says: fmt.Sprintf("its %d layers are those of %s", m.Length, nameOf(r)),
	}
	if len(r.Image.DiffIDs) > 0 && !r.Image.Verified {
		e.Confidence = ancestry.Recorded
		e.Says += ", as its configuration says"
	}
	return ancestry.Claim{End: t.endOf(m.Length, r.Instructions), Evidence: e}, true
}

// sameDates claims an image by its history, if no layers can be compared.
func (t *trial) sameDates(r data.Recipe, m data.ImageMatch) (ancestry.Claim, bool) {
	end := history.None
	for _, s := range t.steps {
		if s.History == m.Length-1 {
			end = s.Index + 1
		}
	}
	return ancestry.Claim{End: end, Evidence: ancestry.Evidence{
		Kind: ancestry.KindRecipe, Confidence: ancestry.Recognised,
		Says: fmt.Sprintf("the history of %s, all %d entries with their dates", nameOf(r), m.Length),
	}}, t.layers(r.Image) == unknown
}

func nameOf(r data.Recipe) ancestry.Name {
	return ancestry.Name{Repository: r.Repository, Tags: withoutDays(everyTag(r)), Digest: r.Image.Manifest}
}

// An answer is what a comparison can end with.
type answer int

const (
	unknown answer = iota // there is nothing to compare
	same
	different
)

// layers compares the layers of a known build with the lowest ones.
func (t *trial) layers(of data.Image) answer {
	compare := func(of, have []v1.Hash) answer {
		switch {
		case len(of) == 0 || len(have) == 0:
			return unknown
		case len(of) <= len(have) && slices.Equal(of, have[:len(of)]):
			return same
		}
		return different
	}
	if by := compare(of.DiffIDs, t.q.Config.RootFS.DiffIDs); by != unknown {
		return by
	}
	return compare(of.Blobs, t.q.Hints.LayerDigests)
}

// entries are the history entries that are compared.
func (t *trial) entries() []v1.History {
	h := t.q.Config.History
	return h[:min(maxSteps, len(h))]
}

// reads reports whether the history, of which dates are the hashes, begins like that of
// an image. Where the dates of either are not known, the instructions are compared;
// where a step or the image has none, the layers alone decide.
func (t *trial) reads(c *data.Catalogue, repo *data.Repository, r data.Recipe, dates []v1.Hash) bool {
	if r.Image.History != (v1.Hash{}) && len(dates) > 0 {
		return slices.Contains(dates, r.Image.History)
	}
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

// differs says in what a recipe, all of whose instructions agree with a part of the
// history, is another nevertheless: in its build arguments, or, of one build, in its
// layers. "" if it is not.
func (t *trial) differs(r data.Recipe, start, end int) string {
	if r.Path == "" && r.Origin == "" && t.layers(r.Image) == different {
		return "its layers are others"
	}
	for i := start; i < end; i++ {
		for _, pair := range t.h.BuildArgs(i) {
			if name, value, ok := strings.Cut(pair, "="); ok && r.OtherArg(t.steps[i].Instruction.Keyword, name, value) {
				return fmt.Sprintf("step %d was built with other build arguments: %s", i, pair)
			}
		}
	}
	return ""
}

// ofTheseLayers returns, of recipes with the same lines, those that have the image's
// layers: of an image that was built twice, what is said of the other is not its. All
// of them, if none has.
func (t *trial) ofTheseLayers(cat int, repo *data.Repository, ids []int) []int {
	var out []int
	for _, id := range ids {
		if t.layers(t.recipes.recipe(cat, repo, id).Image) == same {
			out = append(out, id)
		}
	}
	if len(out) == 0 {
		return ids
	}
	return out
}

// endAlike returns where a level of the repository ends, if nothing but steps without a
// layer is between it and the given end; else the given one.
func (t *trial) endAlike(end int, repository string, levels []level) int {
	for _, l := range levels {
		if l.start < end && l.end > end && l.nodes[0].repo.Name() == repository &&
			!slices.ContainsFunc(t.steps[end:l.end], func(s history.Step) bool { return s.Layer != history.None }) {
			return l.end
		}
	}
	return end
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
