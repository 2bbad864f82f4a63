package ancestry

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/stemma-go/stemma/layers/history"
)

// A chain is the history cut into the images that made it.
type chain struct {
	steps []history.Step
	cuts  []cut // by step, one more than steps; those at both ends are there from the start
	// solid are the spans that an accepted claim says one image added.
	solid    []Span
	accepted []weighed
	refused  []weighed // with the reason in rejected
	alike    []weighed // KindResembles: evidence, and nothing else
	habits   int       // boundaries that rest on habits, so far
}

// maxHabits is how many boundaries are looked at that rest on habits: no image has so
// many ancestors, and each costs a look at its neighbours.
const maxHabits = 500

// A cut is a place where one image ends and the next begins.
type cut struct {
	confidence Confidence // Unknown: there is no cut
	evidence   []Evidence
	// starts is the evidence of the names whose spans begin here.
	starts []Evidence
}

// findBoundaries takes the claims from the strongest to the weakest, and accepts each
// that fits those accepted before. Recipes that then turn out to stand on something
// else than their FROM are taken for likenesses, and it starts again.
func findBoundaries(steps []history.Step, claims []weighed) *chain {
	claims = slices.Clone(claims)
	slices.SortStableFunc(claims, stronger)
	for {
		c := &chain{steps: steps, cuts: make([]cut, len(steps)+1)}
		for _, w := range claims {
			switch {
			case w.Evidence.Kind == KindResembles:
				c.alike = append(c.alike, w)
			case w.rejected != "":
				c.refused = append(c.refused, w)
			default:
				c.consider(w)
			}
		}
		// Every round leaves recipes less.
		if !c.misplaced(claims) {
			return c
		}
	}
}

// misplaced looks for accepted recipes that say FROM a distribution, and do not
// stand on the root. They are somebody's copies: he took the recipe's instructions
// into a Dockerfile of his own. It reports whether it demoted any of the claims.
func (c *chain) misplaced(claims []weighed) bool {
	first := c.next(0) // the end of the root
	type place struct{ source, start, end int }
	accepted := map[place][]weighed{}
	for _, w := range c.accepted {
		at := place{w.source, w.Start, w.End}
		accepted[at] = append(accepted[at], w)
	}
	demoted := false
	for i := range claims {
		w := &claims[i]
		copied := w.Evidence.Kind == KindRecipe && w.rejected == "" && w.Start != history.None && w.Start > first &&
			isDistroRepository(w.Parent.Repository)
		if !copied || !slices.ContainsFunc(accepted[place{w.source, w.Start, w.End}], w.same) {
			continue
		}
		w.Evidence.Kind, w.Evidence.Confidence = KindResembles, Inferred
		w.Evidence.Says = fmt.Sprintf("resembles %s: %s, but it is built on %s, and here %d steps lie between",
			w.Name, w.Evidence.Says, w.Parent, w.Start-first)
		demoted = true
	}
	return demoted
}

func (w weighed) same(o weighed) bool {
	return w.source == o.source && w.Start == o.Start && w.End == o.End && w.Evidence == o.Evidence
}

// stronger orders claims: by confidence, by source, and the longer span first, so
// that a recipe comes before the beginning of itself.
func stronger(a, b weighed) int {
	return cmp.Or(
		cmp.Compare(b.Evidence.Confidence, a.Evidence.Confidence),
		cmp.Compare(a.source, b.source),
		cmp.Compare(b.length(), a.length()),
		cmp.Compare(b.End, a.End),
	)
}

func (w weighed) length() int {
	if w.Start == history.None {
		return 0
	}
	return w.End - w.Start
}

// consider accepts a claim or refuses it.
func (c *chain) consider(w weighed) {
	if at, ok := c.conflict(w); ok {
		w.rejected = fmt.Sprintf("but better evidence contradicts it at step %d", at)
		c.refused = append(c.refused, w)
		return
	}
	if w.Evidence.Kind == KindHeuristic && w.Start == history.None {
		if c.habits++; c.habits > maxHabits || c.withoutLayers(w) || insideCommit(c.steps, w) {
			c.refused = append(c.refused, w)
			return
		}
	}
	c.accepted = append(c.accepted, w)
	if !w.Later {
		c.cut(w, w.End)
	}
	if w.Start == history.None {
		return
	}
	if !w.Earlier {
		c.cut(w, w.Start)
	}
	if w.whole() && w.length() > 1 {
		c.solid = append(c.solid, Span{w.Start, w.End})
	}
}

// whole reports whether the claim says that the steps of its span are one image's.
func (w weighed) whole() bool {
	return w.Start != history.None && (w.Name.Repository != "" || w.Parent.Repository != "" || w.Earlier || w.Later)
}

// conflict returns a step at which the claim does not fit what is accepted.
func (c *chain) conflict(w weighed) (int, bool) {
	for _, s := range c.solid {
		if !w.Later && s.From < w.End && w.End < s.To {
			return w.End, true
		}
		if !w.Earlier && s.From < w.Start && w.Start < s.To {
			return w.Start, true
		}
	}
	if !w.whole() {
		return 0, false
	}
	for at := w.Start + 1; at < w.End; at++ {
		if c.cuts[at].confidence > Unknown {
			return at, true
		}
	}
	return 0, false
}

// withoutLayers reports whether a boundary that rests on habits alone would leave an
// image without layers beside one that is known already. Such an image is rare, and the
// first instructions of a Dockerfile (CMD, USER, ENV) are mostly its own.
func (c *chain) withoutLayers(w weighed) bool {
	below, above := c.previous(w.End), c.next(w.End)
	return below > 0 && !makesLayer(c.steps[below:w.End]) || above < len(c.steps) && !makesLayer(c.steps[w.End:above])
}

// previous and next return the boundaries around a step, or the ends of the history.
func (c *chain) previous(at int) int {
	for at--; at > 0 && c.cuts[at].confidence == Unknown; at-- {
	}
	return max(at, 0)
}

func (c *chain) next(at int) int {
	for at++; at < len(c.steps) && c.cuts[at].confidence == Unknown; at++ {
	}
	return min(at, len(c.steps))
}

func (c *chain) cut(w weighed, at int) {
	if at <= 0 || at >= len(c.steps) {
		return
	}
	k := &c.cuts[at]
	k.confidence = max(k.confidence, w.Evidence.Confidence)
	e := w.Evidence
	switch {
	case w.Name.Repository == "":
	case at == w.End:
		e.Says = fmt.Sprintf("begins where %s ends: %s", w.Name, e.Says)
	default:
		k.starts = append(k.starts, e) // of the name, too, if it is the one
		return
	}
	if !slices.Contains(k.evidence, e) {
		k.evidence = append(k.evidence, e)
	}
}

// spans returns the images' spans, oldest first. There is at least one.
func (c *chain) spans() []Span {
	spans := []Span{{}}
	for at := 1; at < len(c.steps); at++ {
		if c.cuts[at].confidence > Unknown {
			spans[len(spans)-1].To = at
			spans = append(spans, Span{From: at})
		}
	}
	spans[len(spans)-1].To = len(c.steps)
	return spans
}
