package ancestry

import (
	"cmp"
	"fmt"
	"path"
	"slices"
	"time"

	"github.com/stemma-go/stemma/layers/history"
)

// ancestors makes the lineage's ancestors, youngest first.
func (c *chain) ancestors(q *Query) []Ancestor {
	spans := c.spans()
	out := make([]Ancestor, len(spans))
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
	names := c.candidates(q, spans, out)
	decisive := make([]Evidence, len(out))
	for i := range out {
		decisive[i] = out[i].name(names[i])
		out[i].Undecided = out[i].whatDecides(len(q.Hints.Files) > 0 && !q.Hints.FilesPartial)
		if i > 0 {
			// After what speaks for the name, which is asked for more often.
			for _, e := range c.cuts[spans[i].From].evidence {
				out[i].add(e)
			}
		}
		out[i].begins(c.cuts[spans[i].From])
	}
	c.addDoubts(spans, out)
	for _, w := range c.accepted {
		if w.Dockerfile != nil && w.Start == history.None { // says from what the youngest was built, and no more
			youngest.add(w.Evidence)
		}
		if w.Start == history.None && w.Name.Repository == "" && w.Parent.Repository == "" && len(out) > 1 {
			out[len(out)-2].confirm(w.Evidence)
		}
	}
	for i := range out {
		out[i].order(decisive[i])
	}
	slices.Reverse(out)
	return out
}

// confirm adds how the Dockerfile of the image above calls the ancestor, if that is its name:
// what else a FROM says was compared with nothing, and may have been edited since.
func (a *Ancestor) confirm(e Evidence) {
	n, ok := ParseName(e.Name)
	if ok && e.Kind == KindRecipe && n.Repository == a.Repository && len(n.Tags) > 0 && slices.Contains(a.Tags, n.Tags[0]) {
		a.add(e)
	}
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

// candidates collects what the accepted claims call each span.
func (c *chain) candidates(q *Query, spans []Span, out []Ancestor) [][]candidate {
	names := make([][]candidate, len(spans))
	lowest := c.lowestParents(spans)
	for _, w := range c.accepted {
		i := ending(spans, w.End)
		if w.Later {
			i = holding(spans, w.End-1)
		}
		if w.Name.Repository != "" {
			if n, ok := c.named(w, spans[i]); ok {
				names[i] = append(names[i], n)
			}
		}
		if w.Parent.Repository == "" {
			continue
		}
		if w.Evidence.Kind == KindLabel && w.Later && w.Start != lowest[i] {
			continue
		}
		if i == 0 || i == 1 && w.stated() && out[1].Boundary <= Inferred && anotherRoot(q, out[0], w.Parent) {
			if w.stated() {
				e := w.Evidence
				e.Says += "; where that ends is not known"
				e.Confidence = min(e.Confidence, Inferred)
				out[i].add(e)
			}
			continue
		}
		names[i-1] = append(names[i-1], c.parent(w, spans[i]))
	}
	return names
}

// lowestParents returns of each span the lowest step that sets a label with the name of
// a parent. An image whose parent's end was not found has the parent's labels among its own:
// only the lowest is about what is below the span.
func (c *chain) lowestParents(spans []Span) []int {
	lowest := make([]int, len(spans))
	for i := range lowest {
		lowest[i] = history.None
	}
	for _, w := range c.accepted {
		if w.Parent.Repository == "" || w.Evidence.Kind != KindLabel || !w.Later {
			continue
		}
		if i := holding(spans, w.Start); lowest[i] == history.None || w.Start < lowest[i] {
			lowest[i] = w.Start
		}
	}
	return lowest
}

// stated reports whether the claim is of somebody who says what the parent is, and has
// compared nothing with it.
func (w weighed) stated() bool {
	switch w.Evidence.Kind {
	case KindLabel, KindAnnotation, KindProvenance:
		return true
	}
	return false
}

// named returns what a claim calls the span, false if what it is about may not be all of
// the span.
func (c *chain) named(w weighed, s Span) (candidate, bool) {
	n := candidate{Name: w.Name, Evidence: w.Evidence, Standing: w.Standing, rank: 2 * w.source}
	switch w.Evidence.Kind {
	case KindStep, KindOSRelease:
		n.loose = true
	case KindBuilder:
		n.loose = internal(w.Name.Repository) // there is a public one
	case KindReference:
		n.loose = w.Evidence.Confidence < Proved
	}
	above := c.steps[w.End:s.To]
	switch {
	case w.Evidence.Kind == KindOSRelease:
		return n, plainRoot(c.steps[s.From:s.To])
	case !w.Later || layersIn(above) == 0:
	case s.From == 0 && layersIn(above) == 1 && !makesLayer(c.steps[:w.End]):
		// The first layer of a root: there was no image before it.
	case w.Evidence.Kind == KindStep:
		return n, false
	default:
		n.Evidence.Confidence = min(n.Evidence.Confidence, Inferred) // a parent may have ended there
	}
	return n, true
}

// parent returns what a claim calls the span below the one given.
func (c *chain) parent(w weighed, above Span) candidate {
	e := w.Evidence
	switch {
	case w.stated():
		e.Confidence = min(e.Confidence, c.cuts[above.From].confidence)
		return candidate{Name: w.Parent, Evidence: e, rank: 2*w.source + 1}
	case w.Evidence.Kind == KindRecipe:
		e.Confidence = min(e.Confidence, Inferred) // the steps of the image below were compared with nothing
	}
	e.Kind, e.Name = KindParent, "" // what the image above is called by is no name of the parent
	e.Confidence = min(e.Confidence, Recorded, c.cuts[above.From].confidence)
	e.Says = fmt.Sprintf("%s is built on %s", orThis(w.Name), w.Parent)
	return candidate{Name: w.Parent, Evidence: e, rank: 2*w.source + 1}
}

// anotherRoot reports whether the root's steps say that it is a distribution's own,
// and n is neither a distribution's image nor a copy of that.
func anotherRoot(q *Query, root Ancestor, n Name) bool {
	c, _, ok := rootOf(q.Steps)
	return ok && c.End == root.Steps.To && c.Name.Repository != "" &&
		!isDistroRepository(n.Repository) && path.Base(n.Repository) != path.Base(c.Name.Repository)
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

// holding returns the index of the span that holds a step.
func holding(spans []Span, step int) int {
	i, _ := slices.BinarySearchFunc(spans, step+1, func(s Span, end int) int { return s.To - end })
	return min(i, len(spans)-1)
}

// addDoubts gives the refused claims and the likenesses to the ancestors that they
// are about.
func (c *chain) addDoubts(spans []Span, out []Ancestor) {
	for _, w := range c.refused {
		i := ending(spans, w.End)
		e := w.Evidence
		switch {
		case w.Name.Repository == "":
			continue // a boundary that is none
		case internal(w.Name.Repository):
			out[holding(spans, w.End)].add(e) // a name on its way
			continue
		case e.Confidence <= Inferred && (e.Kind == KindLabel || e.Kind == KindOSRelease):
			continue // of an image that is in a larger one
		}
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
}

// order puts the evidence in order: that which decided the name, and then the strongest
// first. What speaks for one of several names that it gives is not against the others.
func (a *Ancestor) order(decisive Evidence) {
	a.Against = slices.DeleteFunc(a.Against, func(e Evidence) bool { return slices.Contains(a.Evidence, e) })
	strongest := func(x, y Evidence) int { return cmp.Compare(y.Confidence, x.Confidence) }
	slices.SortStableFunc(a.Evidence, strongest)
	slices.SortStableFunc(a.Against, strongest)
	if i := slices.Index(a.Evidence, decisive); i > 0 {
		a.Evidence = slices.Insert(slices.Delete(a.Evidence, i, i+1), 0, decisive)
	}
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
