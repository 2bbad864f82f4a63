package report_test

import (
	"errors"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/stemma-go/stemma/ancestry"
	"github.com/stemma-go/stemma/layers"
	"github.com/stemma-go/stemma/packages"
	"github.com/stemma-go/stemma/report"
	"github.com/stemma-go/stemma/testdata/handmade"
)

func event(kind packages.EventKind, layer int) packages.Event {
	return packages.Event{Kind: kind, Layer: layer}
}

// Two ancestors of two layers each: what a package went through counts for who
// did it, once.
func sample() handmade.Image {
	return handmade.Image{
		Steps: []handmade.Step{
			{CreatedBy: "a", Files: []handmade.File{{Name: "a", Size: 1000}}},
			{CreatedBy: "b", Files: []handmade.File{{Name: "b", Size: 200}}},
			{CreatedBy: "e"},
			{CreatedBy: "c", Files: []handmade.File{{Name: ".wh.a"}}},
			{CreatedBy: "d", Files: []handmade.File{{Name: "b", Size: 30}}},
		},
		Ancestors: []handmade.Ancestor{{Repository: "base", Tag: "1", Steps: 2}, {Steps: 3}},
		Inventory: &packages.Inventory{Packages: []packages.Package{
			{Name: "kept", State: packages.Present, Events: []packages.Event{event(packages.Introduced, 0)}},
			{Name: "upgraded-twice", State: packages.Present, Events: []packages.Event{event(packages.Introduced, 0), event(packages.Upgraded, 2), event(packages.Downgraded, 3)}},
			{Name: "gone", State: packages.Gone, Events: []packages.Event{event(packages.Introduced, 1), event(packages.Removed, 2)}},
			{Name: "back", State: packages.Present, Events: []packages.Event{event(packages.Introduced, 0), event(packages.Removed, 1), event(packages.Reinstalled, 3)}},
			{Name: "hidden", State: packages.Hidden, Events: []packages.Event{event(packages.Introduced, 2), event(packages.Unlisted, 3)}},
			{Name: "nowhere"},
		}},
	}
}

func TestNewSumsByAncestor(t *testing.T) {
	r := sample().Report(t)
	require.Len(t, r.Ancestors, 2)
	own, base := r.Ancestors[0], r.Ancestors[1]
	assert.Equal(t, report.PackageCounts{Introduced: 4, Removed: 1, Present: 1}, base.Packages)
	assert.Equal(t, report.PackageCounts{Introduced: 1, Upgraded: 1, Downgraded: 1, Removed: 1, Reinstalled: 1, Unlisted: 1, Present: 2}, own.Packages)

	assert.EqualValues(t, 1200, base.Content)
	assert.EqualValues(t, 1200, base.Shadowed)
	assert.EqualValues(t, 30, own.Content)
	assert.EqualValues(t, 0, own.Shadowed)
	for _, a := range r.Ancestors {
		var stored, unpacked int64
		for l := a.Layers.From; l < a.Layers.To; l++ {
			stored += r.Index.Layers[l].Size
			unpacked += r.Index.Layers[l].Uncompressed
		}
		assert.Equal(t, stored, a.Size)
		assert.Equal(t, unpacked, a.Uncompressed)
		assert.Positive(t, unpacked)
	}
	assert.False(t, r.Partial)
}

func TestWhoseIsIt(t *testing.T) {
	r := sample().Report(t)
	for layer, want := range map[int]int{-1: -1, 0: 1, 1: 1, 2: 0, 3: 0, 4: -1} {
		assert.Equal(t, want, r.AncestorOf(layer), "layer %d", layer)
	}
	for step, want := range map[int]int{-1: -1, 0: 1, 1: 1, 2: 0, 4: 0, 5: -1} {
		assert.Equal(t, want, r.AncestorOfStep(step), "step %d", step)
	}
	span := func(from, to int) report.Ancestor {
		return report.Ancestor{Ancestor: ancestry.Ancestor{Layers: ancestry.Span{From: from, To: to}}}
	}
	bare := &report.Report{Ancestors: []report.Ancestor{span(3, 3), span(1, 3), span(1, 1), span(0, 1)}}
	for layer, want := range map[int]int{0: 3, 1: 1, 2: 1, 3: -1} {
		assert.Equal(t, want, bare.AncestorOf(layer), "layer %d, some have none", layer)
	}
	for layer, want := range map[int]int{-1: layers.None, 0: 0, 1: 1, 2: 3, 3: 4, 4: layers.None} {
		assert.Equal(t, want, r.StepOf(layer), "layer %d", layer)
	}
	s, ok := r.Step(3)
	assert.True(t, ok)
	assert.Equal(t, 2, s.Layer)
	_, ok = r.Step(5)
	assert.False(t, ok)
}

func TestNewWithoutIndexOrInventory(t *testing.T) {
	im := sample()
	im.Inventory = nil
	r := im.ConfigReport(t)
	require.Len(t, r.Ancestors, 2)
	assert.Zero(t, r.Ancestors[0].Size)
	assert.Equal(t, report.PackageCounts{}, r.Ancestors[0].Packages)

	r = report.New(nil, nil, nil, nil)
	assert.Empty(t, r.Ancestors)
	assert.False(t, r.AsOf.IsZero())
	assert.Equal(t, layers.None, r.StepOf(0))
}

func TestProblemsOnce(t *testing.T) {
	p := layers.Problem{Layer: 1, Step: layers.None, Err: errors.New("broken")}
	q := layers.Problem{Layer: 2, Step: layers.None, Err: errors.New("broken")}
	idx := &layers.Index{Problems: []layers.Problem{p}, Layers: []layers.Layer{{Partial: true}}}
	lin := &ancestry.Lineage{Problems: []layers.Problem{p}}
	inv := &packages.Inventory{Problems: []layers.Problem{q, q}}
	r := report.New(idx, lin, inv, nil)
	assert.Equal(t, []layers.Problem{p, q}, r.Problems)
	assert.True(t, r.Partial)
}

func TestRunRulesSorts(t *testing.T) {
	find := func(name string, fs ...report.Finding) report.Rule {
		return report.Rule{Name: name, Run: func(*report.Report) []report.Finding { return fs }}
	}
	rules := []report.Rule{
		find("z",
			report.Finding{Severity: report.Note, Ancestor: 0, Subject: "1"},
			report.Finding{Severity: report.Serious, Ancestor: -1, Subject: "2"},
			report.Finding{Severity: report.Serious, Ancestor: 3, Subject: "3"}),
		find("a",
			report.Finding{Severity: report.Serious, Ancestor: 3, Subject: "5", Layer: 1},
			report.Finding{Severity: report.Serious, Ancestor: 3, Subject: "4", Layer: 1},
			report.Finding{Severity: report.Serious, Ancestor: 0, Subject: "6", Rule: "other"}),
	}
	var got []string
	for _, f := range report.RunRules(&report.Report{}, rules) {
		got = append(got, f.Rule+f.Subject)
	}
	assert.Equal(t, []string{"other6", "a4", "a5", "z3", "z2", "z1"}, got)
}

func TestSeverityText(t *testing.T) {
	for _, s := range []report.Severity{report.Note, report.Warning, report.Serious} {
		b, err := s.MarshalText()
		require.NoError(t, err)
		var back report.Severity
		require.NoError(t, back.UnmarshalText(b))
		assert.Equal(t, s, back)
	}
	var s report.Severity
	assert.ErrorContains(t, s.UnmarshalText([]byte("grave")), `unknown severity "grave"`)
	assert.Equal(t, "severity(7)", report.Severity(7).String())
}

// A rule that panics costs its own findings: the report says so, and which rule it was. Whoever
// runs rules himself may recover from it.
func TestRulePanics(t *testing.T) {
	rules := []report.Rule{
		{Name: "broken", Run: func(*report.Report) []report.Finding { panic("no such thing") }},
		{Name: "fine", Run: func(*report.Report) []report.Finding { return []report.Finding{{Subject: "a"}} }},
	}
	const panicked = `^rule broken: panic: no such thing, in \S+/report_test\.TestRulePanics\S+ \(join_test\.go:\d+\)$`
	r := report.New(nil, nil, nil, &report.Options{Rules: rules, Problems: []layers.Problem{{Layer: 1, Step: layers.None, Err: errors.New("other")}}})
	require.Len(t, r.Findings, 1)
	assert.Equal(t, "fine", r.Findings[0].Rule)
	assert.True(t, r.Partial)
	require.Len(t, r.Problems, 2)
	assert.Regexp(t, panicked, r.Problems[1].Error())
	defer func() {
		err, _ := recover().(error)
		assert.Regexp(t, panicked, err)
	}()
	report.RunRules(&report.Report{}, rules)
	t.Error("no panic")
}
