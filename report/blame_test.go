package report_test

import (
	"fmt"
	"testing"
	"time"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/stemma-go/stemma/ancestry"
	"github.com/stemma-go/stemma/layers"
	"github.com/stemma-go/stemma/layers/history"
	"github.com/stemma-go/stemma/report"
	"github.com/stemma-go/stemma/testdata/handmade"
)

// A rule of one's own.
func Example_rule() {
	maintainer := report.Rule{
		Name:     "maintainer",
		Severity: report.Warning,
		Doc: "A MAINTAINER instruction, which names one person. " +
			"People leave, and a label can name a team. " +
			"It is silent where the history has no such step.",
		Run: func(r *report.Report) []report.Finding {
			var found []report.Finding
			for _, s := range r.Steps() {
				if s.Instruction.Keyword != "MAINTAINER" {
					continue
				}
				f := r.AtStep(s.Index)
				f.Severity = report.Warning
				f.Subject = s.Instruction.Args
				f.Message = fmt.Sprintf("step %d of %s names %s", s.Index, r.NameOf(f.Ancestor), f.Subject)
				f.Remedy = r.Remedy(f.Ancestor, "say LABEL team= instead", "its Dockerfile has to change")
				found = append(found, f)
			}
			return found
		},
	}

	steps, _ := history.Steps(&v1.ConfigFile{History: []v1.History{
		{CreatedBy: "/bin/sh -c #(nop)  MAINTAINER Ann", EmptyLayer: true},
		{CreatedBy: "/bin/sh -c #(nop)  MAINTAINER Bo", EmptyLayer: true},
	}})
	lineage := &ancestry.Lineage{Steps: steps, Ancestors: []ancestry.Ancestor{
		{Steps: ancestry.Span{From: 1, To: 2}},
		{Repository: "base", Tags: []string{"1"}, Confidence: ancestry.Recorded, Steps: ancestry.Span{From: 0, To: 1}},
	}}
	r := report.New(nil, lineage, nil, &report.Options{Rules: []report.Rule{maintainer}})
	for _, f := range r.Findings {
		fmt.Printf("%s: %s: %s\n", f.Rule, f.Message, f.Remedy)
	}
	// Output:
	// maintainer: step 1 of this image names Bo: say LABEL team= instead
	// maintainer: step 0 of base:1 names Ann: its Dockerfile has to change
}

func TestBlame(t *testing.T) {
	r := sample().Report(t)
	assert.Equal(t, report.Finding{Layer: 2, Step: 3, Ancestor: 0}, r.AtLayer(2))
	assert.Equal(t, report.Finding{Layer: 1, Step: 1, Ancestor: 1}, r.AtStep(1))
	assert.Equal(t, report.Finding{Layer: layers.None, Step: 2, Ancestor: 0}, r.AtStep(2), "a step without a layer")
	assert.Equal(t, report.Finding{Layer: 2, Step: 2, Ancestor: 0}, r.AtAncestor(0))
	nobody := report.Finding{Layer: layers.None, Step: layers.None, Ancestor: -1}
	assert.Equal(t, nobody, r.AtLayer(layers.None))
	assert.Equal(t, nobody, r.AtStep(layers.None))
	assert.Equal(t, nobody, r.AtStep(99))

	assert.Equal(t, "this image", r.NameOf(0))
	assert.Equal(t, "base:1", r.NameOf(1))
	assert.Equal(t, "an ancestor of unknown name", r.NameOf(-1))
	r.Ancestors[1].Confidence = ancestry.Unknown
	assert.Equal(t, "an ancestor of unknown name", r.NameOf(1))

	assert.False(t, r.AtLayer(2).Inherited())
	assert.True(t, r.AtLayer(1).Inherited())
	assert.True(t, nobody.Inherited())
	assert.Equal(t, "fix it", r.Remedy(0, "fix it", "have it fixed"))
	assert.Equal(t, "have it fixed", r.Remedy(1, "fix it", "have it fixed"))
	assert.Equal(t, "have it fixed", r.Remedy(-1, "fix it", "have it fixed"))
}

func TestOrigin(t *testing.T) {
	buildkit := func(by string, f handmade.File) handmade.Step {
		return handmade.Step{CreatedBy: by, Comment: handmade.BuildKit, Files: []handmade.File{f}}
	}
	file := func(name string, size int) handmade.File { return handmade.File{Name: name, Size: size} }
	im := handmade.Image{Steps: []handmade.Step{
		buildkit("a", file("f", 5)), buildkit("b", handmade.File{Name: "f", Size: 5, Mode: 0o600}), buildkit("c", handmade.File{Name: "f", Size: 5, Mode: 0o600}),
		buildkit("d", handmade.File{Name: ".wh.f"}), buildkit("e", file("f", 5)), buildkit("f", handmade.File{Name: "f", Size: 5, UID: 7}), buildkit("g", handmade.File{Name: "l", Link: "f"}),
	}}
	r := im.Report(t)
	for _, path := range []string{"f", "l"} { // l is a link to f
		e, ok := r.Index.Resolve(r.Index.Top(), path)
		require.True(t, ok)
		assert.Equal(t, 4, r.Origin(e), "what was there before a deletion is another file")
	}
	e, ok := r.Index.Lookup(2, "f")
	require.True(t, ok)
	assert.Equal(t, 0, r.Origin(e))
}

func TestDated(t *testing.T) {
	assert.False(t, report.Dated(time.Time{}))
	assert.False(t, report.Dated(time.Unix(0, 0)))
	assert.True(t, report.Dated(handmade.Day("1999-12-31")))
}
