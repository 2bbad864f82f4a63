package rules

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/stemma-go/stemma/ancestry"
	"github.com/stemma-go/stemma/report"
	"github.com/stemma-go/stemma/testdata/handmade"
)

// Whatever of the chain is old, it is one remedy, since the image gets all of it by one FROM.
func TestRenew(t *testing.T) {
	asOf := handmade.Day("2026-08-21")
	went := func(now string) *ancestry.Standing {
		return &ancestry.Standing{AsOf: asOf, Superseded: &ancestry.Succession{Name: ancestry.Name{Repository: "python", Tags: []string{"3.11"}}, First: "3.11.2",
			On: handmade.Day("2023-02-08"), Now: now, Times: 1}}
	}
	const (
		rebuild = "rebuild on a current python:3.11 (docker build --pull, or a newer digest)"
		move    = "move to a tag of python that is still built, or to another image if none is"
	)
	for name, tt := range map[string]struct {
		base *ancestry.Standing
		old  int
		want string
		by   report.Mender
	}{
		"not known":               {nil, 1, "rebuild on a current python:1 (docker build --pull, or a newer digest)", report.OtherBase},
		"its tag went on":         {went("3.11.16"), 1, rebuild, report.OtherBase},
		"so did that of its base": {went("3.11.16"), 2, rebuild, report.OtherBase},
		"its tag was dropped":     {went(""), 2, move, report.OtherBase},
		"abandoned":               {&ancestry.Standing{AsOf: asOf, Abandoned: asOf}, 1, move, report.OtherBase},
		"the newest, on an old base": {&ancestry.Standing{AsOf: asOf}, 2,
			"ask the publisher of python:1 to rebuild it on a current base: no newer one is published", report.Publisher},
		"newer than the catalogue": {&ancestry.Standing{AsOf: asOf, Newer: true}, 2, "rebuild on a current python:1 (docker build --pull, or a newer digest)", report.OtherBase},
	} {
		t.Run(name, func(t *testing.T) {
			f := report.Finding{Ancestor: tt.old}
			renew(&f, standingReport(t, tt.base, nil), tt.old)
			assert.Equal(t, tt.want, f.Remedy)
			assert.Equal(t, tt.by, f.By)
		})
	}
	r := standingReport(t, nil, nil)
	r.Ancestors[1].Confidence = ancestry.Unknown
	f := report.Finding{}
	renew(&f, r, 1)
	assert.Contains(t, f.Remedy, "rebuild on a current build of your base (")
	leaveToPublisher(&report.Finding{Ancestor: -1}, r)
	f.Ancestor = 1
	leaveToPublisher(&f, r)
	assert.Equal(t, "ask the publisher of your base to ship less: a later step takes no byte out", f.Remedy)
}

// Born old, lagging and superseded are mended by one rebuild.
func TestOneRebuild(t *testing.T) {
	late := &ancestry.Standing{AsOf: handmade.Day("2026-08-21"), Superseded: &ancestry.Succession{
		Name: ancestry.Name{Repository: "python", Tags: []string{"1"}}, First: "1.2", On: handmade.Day("2023-04-05"), Now: "1.9", Times: 32}}
	r := standingReport(t, late, nil)
	r.Ancestors[0].Created = handmade.Day("2026-01-01")
	late.Superseded.On = handmade.Day("2026-01-02")
	r.Findings = report.RunRules(r, []report.Rule{BornOld(), Lagging(), Superseded()})
	assert.Len(t, r.Findings, 3)
	if got := r.Remedies(); assert.Len(t, got, 1) {
		assert.Equal(t, report.OtherBase, got[0].By)
	}
}

// Who can mend what the rules find in the sample.
func TestMenders(t *testing.T) {
	r := handmade.Sample(t, All())
	got := map[string][]report.Mender{}
	for _, f := range r.Findings {
		got[f.Rule] = append(got[f.Rule], f.By)
	}
	assert.Equal(t, map[string][]report.Mender{
		"add-remote":      {report.OwnSteps},
		"born-old":        {report.OtherBase},
		"build-tools":     {report.OtherBase, report.OtherBase},
		"copy-up":         {report.OwnSteps},
		"end-of-life":     {report.OtherBase, report.OtherBase},
		"full-upgrade":    {report.OwnSteps},
		"package-caches":  {report.OwnSteps},
		"root-user":       {report.OwnSteps},
		"shipped-removed": {report.OtherBase, report.OtherBase},
	}, got)
}
