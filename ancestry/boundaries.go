package ancestry

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/stemma-go/stemma/layers/history"
)

// A chain is the history cut into the images that made it.
type chain struct {
	n    int
	cuts []cut // by step, n+1 of them; those at 0 and n are there from the start
	// solid are the spans that an accepted claim says one image added.
	solid    []Span
	accepted []weighed
	refused  []weighed // with the reason in rejected
	alike    []weighed // KindResembles: evidence, and nothing else
}

// A cut is a place where one image ends and the next begins.
type cut struct {
	confidence Confidence // Unknown: there is no cut
	evidence   []Evidence
	// starts is the evidence of the names whose spans begin here.
	starts []Evidence
}

// draw finds the boundaries: claims are taken from the strongest to the weakest,
// and each is accepted if it fits those accepted before. Recipes that then turn
// out to stand on something else than their FROM are taken for likenesses, and
// the boundaries are drawn anew.
func draw(n int, claims []weighed) *chain {
	claims = slices.Clone(claims)
	slices.SortStableFunc(claims, stronger)
	for {
		c := &chain{n: n, cuts: make([]cut, n+1)}
		for _, w := range claims {
			switch {
			case w.Evidence.Kind == KindResembles:
				c.alike = append(c.alike, w)
			case w.rejected != "":
				c.refused = append(c.refused, w)
			default:
				c.try(w)
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
	first := 1 // the end of the root
	for first < c.n && c.cuts[first].confidence == Unknown {
		first++
	}
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

// try accepts a claim or refuses it.
func (c *chain) try(w weighed) {
	if at, ok := c.clash(w); ok {
		w.rejected = fmt.Sprintf("but better evidence contradicts it at step %d", at)
		c.refused = append(c.refused, w)
		return
	}
	c.accepted = append(c.accepted, w)
	c.cut(w, w.End)
	if w.Start != history.None {
		c.cut(w, w.Start)
		if w.Name.Repository != "" {
			c.solid = append(c.solid, Span{w.Start, w.End})
		}
	}
}

// clash returns a step at which the claim does not fit what is accepted.
func (c *chain) clash(w weighed) (int, bool) {
	for _, s := range c.solid {
		for _, at := range [...]int{w.Start, w.End} {
			if s.From < at && at < s.To {
				return at, true
			}
		}
	}
	if w.Start == history.None || w.Name.Repository == "" {
		return 0, false
	}
	for at := w.Start + 1; at < w.End; at++ {
		if c.cuts[at].confidence > Unknown {
			return at, true
		}
	}
	return 0, false
}

func (c *chain) cut(w weighed, at int) {
	if at <= 0 || at >= c.n {
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
	for at := 1; at < c.n; at++ {
		if c.cuts[at].confidence > Unknown {
			spans[len(spans)-1].To = at
			spans = append(spans, Span{From: at})
		}
	}
	spans[len(spans)-1].To = c.n
	return spans
}
