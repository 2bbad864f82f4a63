package report_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/stemma-go/stemma/report"
	"github.com/stemma-go/stemma/report/rules"
	"github.com/stemma-go/stemma/testdata/handmade"
)

// What there is to do, and who can do it.
func ExampleReport_Remedies() {
	r := &report.Report{Findings: []report.Finding{
		{Rule: "build-tools", Severity: report.Warning, Ancestor: 2, Subject: "compilers", Bytes: 119_000_000, Remedy: "use the -slim variant of python"},
		{Rule: "build-tools", Severity: report.Warning, Ancestor: 3, Subject: "version control", Bytes: 47_000_000, Remedy: "use the -slim variant of python"},
		{Rule: "root-user", Severity: report.Warning, Ancestor: 1, Subject: "user", Remedy: "end with USER 10001", By: report.OwnSteps},
	}}
	for _, m := range r.Remedies() {
		fmt.Printf("%s (%d findings, %d MB; %s)\n", m.Do, len(m.Findings), m.Bytes/1_000_000, m.By)
	}
	// Output:
	// use the -slim variant of python (2 findings, 166 MB; you, by another base or a rebuild)
	// end with USER 10001 (1 findings, 0 MB; you, in your Dockerfile)
}

func TestRemedies(t *testing.T) {
	f := func(rule, do string, s report.Severity, by report.Mender, ancestor int, bytes int64) report.Finding {
		return report.Finding{Rule: rule, Remedy: do, Severity: s, By: by, Ancestor: ancestor, Bytes: bytes}
	}
	const note, warning, serious = report.Note, report.Warning, report.Serious
	for name, tt := range map[string]struct {
		findings []report.Finding
		want     []report.Remedy
	}{
		"none": {nil, nil},
		"the same remedy of several ancestors is one, of the youngest": {
			[]report.Finding{f("a", "x", warning, 0, -1, 1), f("a", "x", serious, 0, 3, 2), f("a", "x", warning, 0, 2, 4)},
			[]report.Remedy{{Do: "x", By: report.OtherBase, Ancestor: 2, Severity: serious, Bytes: 7, Findings: []int{0, 1, 2}}}},
		"two rules may mean the same bytes": {
			[]report.Finding{f("a", "x", warning, 0, 1, 5), f("b", "x", warning, 0, 1, 6), f("a", "x", warning, 0, 1, 2)},
			[]report.Remedy{{Do: "x", By: report.OtherBase, Ancestor: 1, Severity: warning, Bytes: 7, Findings: []int{0, 1, 2}}}},
		"no bytes below zero": {
			[]report.Finding{f("a", "x", warning, 0, 1, -5), f("a", "x", warning, 0, 1, 2)},
			[]report.Remedy{{Do: "x", By: report.OtherBase, Ancestor: 1, Severity: warning, Bytes: 2, Findings: []int{0, 1}}}},
		"others can do it": {
			[]report.Finding{f("a", "x", warning, 0, 1, 0), f("a", "x", warning, report.Publisher, 1, 0), f("a", "x", warning, 0, 0, 0)},
			[]report.Remedy{
				{Do: "x", By: report.OwnSteps, Ancestor: 0, Severity: warning, Findings: []int{2}},
				{Do: "x", By: report.OtherBase, Ancestor: 1, Severity: warning, Findings: []int{0}},
				{Do: "x", By: report.Publisher, Ancestor: 1, Severity: warning, Findings: []int{1}},
			}},
		"severity, bytes, number": {
			[]report.Finding{f("a", "one", note, 0, 0, 0), f("a", "two", note, 0, 0, 0), f("a", "two", note, 0, 0, 0), f("a", "big", note, 0, 0, 9), f("a", "grave", warning, 0, 5, 0)},
			[]report.Remedy{
				{Do: "grave", By: report.OtherBase, Ancestor: 5, Severity: warning, Findings: []int{4}},
				{Do: "big", By: report.OwnSteps, Severity: note, Bytes: 9, Findings: []int{3}},
				{Do: "two", By: report.OwnSteps, Severity: note, Findings: []int{1, 2}},
				{Do: "one", By: report.OwnSteps, Severity: note, Findings: []int{0}},
			}},
	} {
		t.Run(name, func(t *testing.T) {
			assert.Equal(t, tt.want, (&report.Report{Findings: tt.findings}).Remedies())
		})
	}
}

// Every finding of the sample is mended by one remedy, and no remedy is told twice.
func TestRemediesOfTheSample(t *testing.T) {
	r := handmade.Sample(t, rules.All())
	mended, told := map[int]bool{}, map[string]bool{}
	for _, m := range r.Remedies() {
		assert.False(t, told[m.Do], m.Do)
		told[m.Do] = true
		for _, i := range m.Findings {
			assert.False(t, mended[i])
			mended[i] = true
			assert.Equal(t, m.Do, r.Findings[i].Remedy)
			assert.Equal(t, m.By, r.Findings[i].By)
		}
	}
	assert.Len(t, mended, len(r.Findings))
	assert.Less(t, len(told), len(r.Findings))
}

func TestMender(t *testing.T) {
	for _, m := range []report.Mender{0, report.OwnSteps, report.OtherBase, report.Publisher} {
		name, err := m.MarshalText()
		require.NoError(t, err)
		var back report.Mender
		require.NoError(t, back.UnmarshalText(name))
		assert.Equal(t, m, back)
	}
	_, err := report.Mender(9).MarshalText()
	assert.EqualError(t, err, "unknown mender(9)")
	var m report.Mender
	assert.ErrorContains(t, m.UnmarshalText([]byte("me")), "own-steps")
	assert.Empty(t, m.String())
}
