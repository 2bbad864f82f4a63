package text_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/stemma-go/stemma/ancestry"
	"github.com/stemma-go/stemma/layers"
	"github.com/stemma-go/stemma/report"
	"github.com/stemma-go/stemma/report/rules"
	"github.com/stemma-go/stemma/report/text"
	"github.com/stemma-go/stemma/testdata/handmade"
)

var first = text.Options{Width: 120, ASCII: text.Always, Color: text.Never, More: "tree -v"}

// What is not known is said on the first screen, too.
func TestScreenNotKnown(t *testing.T) {
	im := handmade.Image{
		Steps: []handmade.Step{
			{CreatedBy: "ADD root.tar /", Created: handmade.Day("2024-12-05"), Files: []handmade.File{{Name: "a", Size: 9000}}},
			{CreatedBy: "COPY app /", Created: handmade.Day("2023-01-01"), Files: []handmade.File{{Name: "app"}}},
		},
		Ancestors: []handmade.Ancestor{{Repository: "debian", Tag: "12", Steps: 1}, {Steps: 1}},
		Options:   report.Options{Rules: rules.All()},
	}
	r := im.Report(t)
	r.Ancestors[1].Ties = []ancestry.Name{{Repository: "debian", Tags: []string{"13"}}}
	r.Ancestors[1].Against = []ancestry.Evidence{{Says: "a doubt"}}
	r.Index.Layers[0].Partial, r.Partial = true, true
	out := string(write(t, r, first))
	assert.Regexp(t, `(?m)^\* this image +not known +not known +#* +1\.5 kB +not known  `, out)
	assert.Regexp(t, `(?m)^o debian:12 recognised, 1 of 2 names, disputed  2024-12-05  23 months  #+ >= 11 kB +not known  `, out)
	assert.Contains(t, out, "x partial: some of the image could not be read")
	assert.Contains(t, out, "\nnot known: whether there is more to find for born-old, build-tools, end-of-life and 5 more\n")

	assert.NotContains(t, out, "ask the distribution's publisher", "what is not known is no fault to mend")

	out = string(write(t, im.ConfigReport(t), first)) // no layer was read
	assert.Regexp(t, `(?m)^o debian:12 recognised  2024-12-05  23 months  not known +not known  `, strings.ReplaceAll(out, "           not known", "not known"))
}

// What was judged by an old catalogue is doubted on the first screen, and on the tree.
func TestScreenOldCatalogue(t *testing.T) {
	r := handmade.Sample(t, nil)
	for days, old := range map[int]bool{30: false, 31: true} {
		r.Ancestors[1].Standing = &ancestry.Standing{AsOf: r.AsOf.AddDate(0, 0, -days)}
		for _, o := range []text.Options{first, {Width: 120, ASCII: text.Always, Verbose: true}} {
			assert.Equal(t, old, strings.Contains(string(write(t, r, o)), "\n! old catalogue: newer builds are known up to "), days)
		}
	}
}

// Problems are on the first screen, the first three of them; the others are counted.
func TestScreenProblems(t *testing.T) {
	r := handmade.Sample(t, rules.All())
	for _, say := range []string{"one", "two", "three"} {
		r.Problems = append(r.Problems, layers.Problem{Layer: 1, Step: layers.None, Err: errors.New(say)})
	}
	out := string(write(t, r, first))
	assert.Contains(t, out, "\nproblems\n  ! step 4: the history names no shell\n  ! layer 2: usr/local/lib/broken.jar: zip: not a valid zip file\n  ! layer 1: one\n")
	assert.NotContains(t, out, "layer 1: two")
	assert.Contains(t, out, "12 findings (x 2 serious, ! 9 warnings, i 1 note), 2 problems: tree -v\n")
}

// Each remedy is there once, with what it saves and mends, and who can do it; the rest is
// counted.
func TestScreenRemedies(t *testing.T) {
	f := func(rule, do string, by report.Mender, n int64) report.Finding {
		return report.Finding{Rule: rule, Severity: report.Warning, Ancestor: 0, Subject: "s", Message: "m", Remedy: do, By: by, Bytes: n}
	}
	r := handmade.Sample(t, nil)
	r.Findings = []report.Finding{f("a", "do this", report.OtherBase, 3_000_000), f("a", "do this", report.OtherBase, 4_000_000), f("b", "do this", report.OtherBase, 1_000_000),
		f("c", "do that", report.OwnSteps, 0), f("d", "ask", report.Publisher, 0)}
	out := string(write(t, r, first))
	assert.Contains(t, out, "! do this\n    saves at least 7.0 MB; mends a x2 and b; you, by another base or a rebuild\n")
	assert.Contains(t, out, "! do that\n    mends c; you, in your Dockerfile\n")
	assert.Contains(t, out, "! ask\n    mends d; only the publisher of your base\n")
	assert.Contains(t, out, "not shown: 5 findings (x 0 serious, ! 5 warnings, i 0 notes): tree -v\n")
	for _, do := range strings.Fields("1 2 3 4 5 6") {
		r.Findings = append(r.Findings, f("e", do, report.OwnSteps, 0))
	}
	assert.Contains(t, string(write(t, r, first)), "not shown: 2 remedies, 11 findings")
	assert.Contains(t, string(write(t, r, text.Options{ASCII: text.Always, Width: 120})), ": see the whole tree\n")

	r.Findings = nil
	out = string(write(t, r, first))
	assert.Contains(t, out, "\nnothing to do was found\n")
	assert.Contains(t, out, "  none\n")
	assert.NotContains(t, out, "not shown")
}
