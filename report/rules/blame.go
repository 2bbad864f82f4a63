package rules

import (
	"fmt"
	"slices"
	"strings"

	"github.com/dustin/go-humanize/english"

	"github.com/stemma-go/stemma/ancestry"
	"github.com/stemma-go/stemma/layers"
	"github.com/stemma-go/stemma/layers/history"
	"github.com/stemma-go/stemma/report"
)

// atLayer starts a finding that blames a layer.
func atLayer(r *report.Report, layer int) report.Finding {
	return report.Finding{Layer: layer, Step: r.StepOf(layer), Ancestor: r.AncestorOf(layer)}
}

// atStep starts a finding that blames a step.
func atStep(r *report.Report, s history.Step) report.Finding {
	return report.Finding{Layer: s.Layer, Step: s.Index, Ancestor: r.AncestorOfStep(s.Index)}
}

// atAncestor starts a finding that blames an ancestor, from its first step on.
func atAncestor(r *report.Report, i int) report.Finding {
	f := report.Finding{Layer: layers.None, Step: layers.None, Ancestor: i}
	a := r.Ancestors[i]
	if a.Steps.Len() > 0 {
		f.Step = a.Steps.From
	}
	if a.Layers.Len() > 0 {
		f.Layer = a.Layers.From
	}
	return f
}

// own reports whether an ancestor is the image itself: its steps are those that
// who builds the image can change.
func own(ancestor int) bool { return ancestor == 0 }

// who names an ancestor in a sentence.
func who(r *report.Report, i int) string {
	switch {
	case own(i):
		return "this image"
	case i < 0 || r.Ancestors[i].Confidence == ancestry.Unknown:
		return "an ancestor of unknown name"
	}
	return r.Ancestors[i].String()
}

// origin returns the layer that brought the content of the visible file at path,
// None if there is no such file.
func origin(r *report.Report, path string) int {
	if r.Index == nil {
		return layers.None
	}
	e, ok := r.Index.Resolve(r.Index.Top(), path)
	if !ok {
		return layers.None
	}
	return originOf(r.Index, e)
}

// originOf returns the layer that brought an entry's content, however often
// later layers copied it up with other metadata.
func originOf(idx *layers.Index, e layers.Entry) int {
	if e.Change != layers.Metadata && e.Change != layers.Unchanged {
		return e.Layer
	}
	for _, v := range slices.Backward(idx.Versions(e.Path)) {
		if v.Layer < e.Layer && v.Type == e.Type && v.Change != layers.Metadata && v.Change != layers.Unchanged {
			return v.Layer
		}
	}
	return e.Layer
}

// files says "1 file", "1,200 files".
func files(n int) string { return english.Plural(n, "file", "") }

// upTo returns the first n of a list in words: "a, b and 3 more".
func upTo(n int, items []string) string {
	if len(items) <= n {
		return english.WordSeries(items, "and")
	}
	return fmt.Sprintf("%s and %d more", strings.Join(items[:n], ", "), len(items)-n)
}
