package report

import (
	"slices"
	"time"

	"github.com/stemma-go/stemma/ancestry"
	"github.com/stemma-go/stemma/layers"
)

// This file is what rules need to say who brought what they found, and what to do
// about it.

// AtLayer starts a finding that blames a layer, with the step that made it and the
// ancestor that it belongs to.
func (r *Report) AtLayer(layer int) Finding {
	return Finding{Layer: layer, Step: r.StepOf(layer), Ancestor: r.AncestorOf(layer)}
}

// AtStep starts a finding that blames a step, with the layer that it made, if any,
// and the ancestor that it belongs to. For a step that the history does not have,
// the finding blames nobody.
func (r *Report) AtStep(step int) Finding {
	s, ok := r.Step(step)
	if !ok {
		return Finding{Layer: layers.None, Step: layers.None, Ancestor: -1}
	}
	return Finding{Layer: s.Layer, Step: step, Ancestor: r.AncestorOfStep(step)}
}

// AtAncestor starts a finding that blames an ancestor, at its first step and its
// first layer. ancestor is an index in Ancestors.
func (r *Report) AtAncestor(ancestor int) Finding {
	f := Finding{Layer: layers.None, Step: layers.None, Ancestor: ancestor}
	a := r.Ancestors[ancestor]
	if a.Steps.Len() > 0 {
		f.Step = a.Steps.From
	}
	if a.Layers.Len() > 0 {
		f.Layer = a.Layers.From
	}
	return f
}

// Inherited reports whether an ancestor brought it, and not a step of the image
// itself, which whoever builds the image can change.
func (f Finding) Inherited() bool { return f.Ancestor != 0 }

// NameOf names an ancestor in a sentence: "this image" for the youngest,
// "debian:12", or "an ancestor of unknown name". ancestor is an index in
// Ancestors, or -1.
func (r *Report) NameOf(ancestor int) string {
	switch {
	case ancestor == 0:
		return "this image"
	case ancestor < 0 || r.Ancestors[ancestor].Confidence == ancestry.Unknown:
		return "an ancestor of unknown name"
	}
	return r.Ancestors[ancestor].String()
}

// Remedy returns the remedy that fits who brought a thing: own for the image's
// own steps, inherited for what it inherited.
func (r *Report) Remedy(ancestor int, own, inherited string) string {
	if ancestor == 0 {
		return own
	}
	return inherited
}

// Origin returns the layer that brought the content of an entry of the index,
// however often later layers shipped it again with other metadata.
func (r *Report) Origin(e layers.Entry) int {
	if !sameContent(e) {
		return e.Layer
	}
	for _, v := range slices.Backward(r.Index.Versions(e.Path)) {
		if v.Layer < e.Layer && v.Type == e.Type && !sameContent(v) {
			return v.Layer
		}
	}
	return e.Layer
}

// sameContent reports whether an entry has the content of the one that it
// replaces.
func sameContent(e layers.Entry) bool {
	return e.Change == layers.Metadata || e.Change == layers.Unchanged
}

// Dated reports whether a time of the history can be meant: see [ancestry.Dated].
func Dated(t time.Time) bool { return ancestry.Dated(t) }

// Built returns when an ancestor was built, or the zero Time and why that is not known,
// in words that follow "its build date": "is older than its base's". ancestor is an
// index in Ancestors. All that depends on a build date asks here, and not
// Ancestor.Created, which is what the history says.
func (r *Report) Built(ancestor int) (at time.Time, why string) {
	var base time.Time
	for i := len(r.Ancestors) - 1; i >= ancestor; i-- {
		at = r.Ancestors[i].Created
		switch why = ancestry.DateDoubt(at, base, r.Steps()); {
		case why == "" && !r.AsOf.IsZero() && at.After(r.AsOf.Add(day)):
			why = "lies in the future"
		case why == "" && at.After(base):
			base = at
		}
	}
	if why != "" {
		return time.Time{}, why
	}
	return at, ""
}

// day is room for the time zones and clocks of builders.
const day = 24 * time.Hour
