package ancestry

import (
	"fmt"
	"slices"
	"time"

	"github.com/stemma-go/stemma/layers/history"
)

// ancestors makes the lineage's ancestors, youngest first. rank is that of the image's
// own words, after all sources.
func (c *chain) ancestors(q *Query, rank int) []Ancestor {
	spans := c.spans()
	out := make([]Ancestor, len(spans))
	heard := make([][]candidate, len(spans))
	layer := 0
	for i, s := range spans {
		a := &out[i]
		a.Steps = s
		a.Layers = Span{From: layer, To: layer}
		for _, st := range q.Steps[s.From:s.To] {
			if st.Layer >= a.Layers.To {
				a.Layers.To = st.Layer + 1
			}
			if !st.Created.IsZero() {
				a.Created = st.Created
			}
		}
		layer = a.Layers.To
		a.Boundary = Proved
		if i > 0 {
			a.Boundary = c.cuts[s.From].confidence
		}
		a.Distro = q.distro(*a)
	}
	youngest := &out[len(out)-1]
	if youngest.Created.IsZero() {
		youngest.Created = createdOf(q)
	}
	c.hear(spans, heard)
	hearImage(q, out, heard, rank)
	for i := range out {
		out[i].name(heard[i])
		if i > 0 {
			// After what speaks for the name, which is asked for more often.
			for _, e := range c.cuts[spans[i].From].evidence {
				out[i].add(e)
			}
		}
		out[i].begins(c.cuts[spans[i].From])
	}
	c.doubts(spans, out)
	slices.Reverse(out)
	return out
}

// begins adds the evidence for the ancestor's beginning that is not evidence for
// its name: what was found there turned out to be called otherwise.
func (a *Ancestor) begins(at cut) {
	for _, e := range at.starts {
		if !slices.Contains(a.Evidence, e) {
			e.Says = "begins here: " + e.Says
			a.add(e)
		}
	}
}

func createdOf(q *Query) time.Time {
	if t := q.Config.Created.Time; t.Unix() > 0 {
		return t
	}
	return time.Time{}
}

// hear collects what the accepted claims call each span.
func (c *chain) hear(spans []Span, heard [][]candidate) {
	for _, w := range c.accepted {
		i := ending(spans, w.End)
		if w.Name.Repository != "" {
			heard[i] = append(heard[i], candidate{
				Name: w.Name, Evidence: w.Evidence, Standing: w.Standing,
				rank: 2 * w.source, loose: w.Evidence.Kind == KindStep,
			})
		}
		at := spans[i].From
		if w.Start != history.None {
			at = w.Start
		}
		if w.Parent.Repository == "" || at == 0 {
			continue
		}
		most := Recorded
		if w.Evidence.Kind == KindRecipe {
			most = Inferred // the steps of the image below were compared with nothing
		}
		e := Evidence{
			Kind:       KindParent,
			Confidence: min(w.Evidence.Confidence, most, c.cuts[at].confidence),
			Says:       fmt.Sprintf("%s is built on %s", orThis(w.Name), w.Parent),
			Where:      w.Evidence.Where,
		}
		below := ending(spans, at)
		heard[below] = append(heard[below], candidate{Name: w.Parent, Evidence: e, rank: 2*w.source + 1})
	}
}

func orThis(n Name) string {
	if n.Repository == "" {
		return "the image above"
	}
	return n.String()
}

// ending returns the index of the span that ends at a step.
func ending(spans []Span, end int) int {
	i, ok := slices.BinarySearchFunc(spans, end, func(s Span, end int) int { return s.To - end })
	if !ok {
		return min(i, len(spans)-1)
	}
	return i
}

// doubts gives the refused claims and the likenesses to the ancestors that they
// are about.
func (c *chain) doubts(spans []Span, out []Ancestor) {
	for _, w := range c.refused {
		if w.Name.Repository == "" {
			continue // a boundary that is none
		}
		i := ending(spans, w.End)
		e := w.Evidence
		e.Says += ", " + w.rejected
		if !slices.Contains(out[i].Against, e) {
			out[i].Against = append(out[i].Against, e)
		}
	}
	for _, w := range c.alike {
		// A likeness is of interest where nothing better is known.
		a := &out[ending(spans, w.End)]
		if a.Confidence <= Inferred && !slices.Contains(a.Evidence, w.Evidence) {
			a.Evidence = append(a.Evidence, w.Evidence)
		}
	}
	for i := range out {
		strongestFirst(out[i].Evidence)
		strongestFirst(out[i].Against)
	}
}

func strongestFirst(e []Evidence) {
	slices.SortStableFunc(e, func(a, b Evidence) int { return int(b.Confidence) - int(a.Confidence) })
}

// distro returns what the ancestor's own layers say they are: the topmost
// os-release among them. Without one, what its steps say.
func (q *Query) distro(a Ancestor) Distro {
	for i := a.Layers.To - 1; i >= a.Layers.From; i-- {
		if d, ok := q.Hints.Files[i].Distro(); ok {
			return d
		}
	}
	if a.Steps.From == 0 && a.Steps.Len() > 0 {
		_, d, _ := rootOf(q.Steps)
		return d
	}
	return Distro{}
}
