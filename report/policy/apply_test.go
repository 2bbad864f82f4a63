package policy_test

import (
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/stemma-go/stemma/ancestry"
	"github.com/stemma-go/stemma/report"
	"github.com/stemma-go/stemma/report/json"
	"github.com/stemma-go/stemma/report/policy"
	"github.com/stemma-go/stemma/report/rules"
	"github.com/stemma-go/stemma/report/text"
	"github.com/stemma-go/stemma/testdata/handmade"
)

// levels says what the findings of a report are worth: "rule ancestor severity".
func levels(r *report.Report) []string {
	var all []string
	for _, f := range r.Findings {
		all = append(all, fmt.Sprintf("%s %d %s", f.Rule, f.Ancestor, f.Severity))
	}
	return all
}

// A chain of four: the image itself, whose boundary is as sure as top says; a base; a base
// of unknown name; and a root that may be one of two. Each brought the same.
func chain(top ancestry.Confidence) *report.Report {
	ancestor := func(repository, tag string, name, boundary ancestry.Confidence) report.Ancestor {
		a := report.Ancestor{Ancestor: ancestry.Ancestor{Repository: repository, Confidence: name, Boundary: boundary}}
		if tag != "" {
			a.Tags = []string{tag}
		}
		return a
	}
	r := &report.Report{AsOf: handmade.AsOf, Ancestors: []report.Ancestor{
		ancestor("app", "1", ancestry.Recorded, top),
		ancestor("example.com/base", "7", ancestry.Inferred, ancestry.Recognised),
		ancestor("", "", ancestry.Unknown, ancestry.Inferred),
		ancestor("debian", "12", ancestry.Recognised, ancestry.Proved),
	}}
	r.Ancestors[3].Ties = []ancestry.Name{{Repository: "debian", Tags: []string{"12-slim"}}}
	for i := -1; i < 4; i++ {
		r.Findings = append(r.Findings, report.Finding{Rule: "build-tools", Severity: report.Warning, Ancestor: i, Subject: "make", Message: "ships make"})
	}
	return r
}

func TestInherited(t *testing.T) {
	for name, tt := range map[string]struct {
		policy string
		top    ancestry.Confidence
		want   string // level of -1, 0, 1, 2, 3
	}{
		"nothing is said":             {"", ancestry.Proved, "warning warning warning warning warning"},
		"what the base brings":        {"inherited: [{level: note}]", ancestry.Recognised, "warning warning note note note"},
		"raised":                      {"inherited: [{level: serious}]", ancestry.Recognised, "warning warning serious serious serious"},
		"off":                         {"inherited: [{level: off}]", ancestry.Recognised, "warning warning - - -"},
		"a guess excuses nothing":     {"inherited: [{level: note}]", ancestry.Inferred, "warning warning warning note note"}, // the base's own boundary is known
		"unless that is asked for":    {"inherited: [{level: note, confidence: inferred}]", ancestry.Inferred, "warning warning note note note"},
		"no boundary at all":          {"inherited: [{level: note, confidence: inferred}]", ancestry.Unknown, "warning warning warning note note"},
		"more is asked for":           {"inherited: [{level: note, confidence: proved}]", ancestry.Recorded, "warning warning warning warning warning"},
		"another rule":                {"inherited: [{rule: copy-up, level: note}]", ancestry.Proved, "warning warning warning warning warning"},
		"a rule's pattern":            {"inherited: [{rule: build-*, level: note}]", ancestry.Proved, "warning warning note note note"},
		"in place of rules":           {"rules: {build-tools: serious}\ninherited: [{level: note}]", ancestry.Proved, "serious serious note note note"},
		"off stays off":               {"rules: {build-tools: off}\ninherited: [{level: serious}]", ancestry.Proved, "- - - - -"},
		"the last that fits":          {"inherited: [{level: note}, {rule: build-tools, level: serious}]", ancestry.Proved, "warning warning serious serious serious"},
		"the last that fits, turned":  {"inherited: [{rule: build-tools, level: serious}, {level: note}]", ancestry.Proved, "warning warning note note note"},
		"by name":                     {"inherited: [{ancestor: 'example.com/*', level: note, confidence: inferred}]", ancestry.Proved, "warning warning note warning warning"},
		"a name that is only guessed": {"inherited: [{ancestor: 'example.com/*', level: note}]", ancestry.Proved, "warning warning warning warning warning"},
		"no name fits no pattern":     {"inherited: [{ancestor: '*', level: note, confidence: inferred}]", ancestry.Proved, "warning warning note warning note"},
		"names that are as likely":    {"inherited: [{ancestor: 'debian:12*', level: note}]", ancestry.Proved, "warning warning warning warning note"},
		"all of them have to fit":     {"inherited: [{ancestor: 'debian:12', level: note}]", ancestry.Proved, "warning warning warning warning warning"},
		"the image is no base":        {"inherited: [{ancestor: 'app:*', level: note}]", ancestry.Proved, "warning warning warning warning warning"},
	} {
		t.Run(name, func(t *testing.T) {
			got := []string{"-", "-", "-", "-", "-"}
			for _, f := range parse(t, tt.policy).Apply(chain(tt.top)).Findings {
				got[f.Ancestor+1] = f.Severity.String()
			}
			assert.Equal(t, tt.want, strings.Join(got, " "))
		})
	}
}

// Where a guess would have excused a finding, its message says why it did not.
func TestInheritedSaysWhy(t *testing.T) {
	p := parse(t, "failOn: warning\ninherited: [{level: note}]")
	var got []string
	for _, v := range p.Violations(chain(ancestry.Inferred)) {
		got = append(got, v.String())
	}
	assert.Equal(t, []string{
		"build-tools: ships make",
		"build-tools: ships make; the policy's level for what is inherited does not count, because who brought it is not sure enough",
		"build-tools: ships make",
	}, got)
}

// A rule that cannot tell counts as what its finding about that ancestor would have counted.
func TestInheritedUndecided(t *testing.T) {
	for in, want := range map[string]string{
		"rules: {superseded: serious}":                                                            "serious",
		"rules: {superseded: serious}\ninherited: [{level: note}]":                                "note",
		"inherited: [{level: note}, {rule: superseded, level: serious}]":                          "serious",
		"inherited: [{level: off}, {rule: superseded, level: warning}]":                           "warning",
		"inherited: [{rule: superseded, level: serious}, {level: note}]":                          "note",
		"inherited: [{rule: superseded, level: serious}, {rule: unknown, level: note}]":           "note",
		"inherited: [{level: warning}, {rule: superseded, level: off}]":                           "warning",
		"rules: {superseded: default}\ninherited: [{rule: lagging, level: serious}]":              "note",
		"rules: {unknown: warning}\ninherited: [{rule: superseded, level: serious}]":              "warning",
		"rules: {unknown: off, superseded: serious}\ninherited: [{rule: unknown, level: note}]":   "",
		"rules: {superseded: serious}\naccept: [{rule: unknown, ancestor: 'example.com/base:7'}]": "",
	} {
		r := chain(ancestry.Proved)
		r.Findings = []report.Finding{{Rule: "unknown", Severity: report.Note, Ancestor: 1, Subject: "base", Message: "m", Undecided: []string{"superseded"}}}
		got := ""
		for _, f := range parse(t, in).Apply(r).Findings {
			got = f.Severity.String()
		}
		assert.Equal(t, want, got, "%q", in)
	}
}

// Apply leaves the report as it was, and what it returns is a report like any other.
func TestApply(t *testing.T) {
	r := handmade.Sample(t, rules.All())
	r.Partial = true
	before := levels(r)
	p := parse(t, `
failOn: never
rules: {root-user: off, copy-up: serious}
accept: [{rule: end-of-life, ancestor: "debian:*"}]
inherited: [{rule: build-tools, level: note}]
maxAge: 300d
maxSize: 1MB
allowedRoots: [alpine]
`)
	got := p.Apply(r)
	assert.Equal(t, before, levels(r))
	assert.Equal(t, got, p.Apply(r), "the same again")
	all := levels(got)
	for _, want := range []string{"policy/maxAge 1 serious", "policy/maxSize -1 serious", "policy/allowedRoots 3 serious",
		"policy/partial -1 serious", "end-of-life 1 serious"} {
		assert.Contains(t, all, want)
	}
	for i, f := range got.Findings {
		assert.NotEqual(t, "root-user", f.Rule)
		assert.False(t, f.Rule == "end-of-life" && f.Ancestor == 3)
		assert.Equal(t, strings.HasPrefix(f.Rule, "policy/"), p.Fails(f), "failOn: never is about rules")
		if i > 0 {
			assert.LessOrEqual(t, f.Severity, got.Findings[i-1].Severity, "the most severe first")
		}
		assert.NotEmpty(t, f.Message, f.Rule)
		assert.NotEmpty(t, f.Remedy, f.Rule)
		assert.NotEmpty(t, f.Subject, f.Rule)
		assert.NotZero(t, f.By, f.Rule)
		for _, s := range []string{f.Message, f.Remedy} {
			assert.False(t, strings.HasSuffix(s, "."), s)
		}
	}
	var b strings.Builder
	require.NoError(t, text.Write(&b, got, nil))
	assert.Contains(t, b.String(), "policy/maxSize")
	b.Reset()
	require.NoError(t, json.Write(&b, got, nil))
	assert.Contains(t, b.String(), `"rule": "policy/maxAge"`)
}

func TestChecks(t *testing.T) {
	for in, want := range map[string][]string{
		"": {"policy/partial"},
		"maxAge: 1d\nmaxSize: 1MB\nallowedRoots: [debian]": {"policy/maxAge", "policy/maxSize", "policy/allowedRoots", "policy/partial"},
		"maxAge: none\nmaxSize: none\nallowedRoots: []":    {"policy/partial"},
	} {
		var got []string
		for _, c := range parse(t, in).Checks() {
			got = append(got, c.Name)
			assert.Contains(t, c.Doc, "It is silent where", c.Name)
			assert.Equal(t, report.Serious, c.Severity)
		}
		assert.Equal(t, want, got)
	}
}

// Any format writes a report to which a policy was applied.
func ExamplePolicy_Apply() {
	p, err := policy.Parse([]byte("inherited: [{level: note}]"), rules.All())
	if err != nil {
		panic(err)
	}
	r := &report.Report{
		AsOf: handmade.AsOf,
		Ancestors: []report.Ancestor{
			{Ancestor: ancestry.Ancestor{Repository: "shop/api", Confidence: ancestry.Recorded, Boundary: ancestry.Recorded}},
			{Ancestor: ancestry.Ancestor{Repository: "debian", Tags: []string{"10"}, Confidence: ancestry.Proved}},
		},
		Findings: []report.Finding{{Rule: "end-of-life", Severity: report.Serious, Ancestor: 1, Message: "Debian 10 gets no more fixes", Remedy: "use Debian 13"}},
	}
	applied := p.Apply(r)
	if err := json.Write(io.Discard, applied, nil); err != nil {
		panic(err)
	}
	fmt.Println(r.Findings[0].Severity, applied.Findings[0].Severity)
	// Output: serious note
}
