package policy_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/stemma-go/stemma/ancestry"
	"github.com/stemma-go/stemma/report"
	"github.com/stemma-go/stemma/report/policy"
	"github.com/stemma-go/stemma/report/rules"
	"github.com/stemma-go/stemma/testdata/handmade"
)

// over returns the messages of the checks of vulnerabilities.
func over(t *testing.T, r *report.Report, in string) []string {
	t.Helper()
	var got []string
	for _, v := range parse(t, "failOn: never\n"+in).Violations(r) {
		if assert.Equal(t, "maxVulnerabilities", v.Check) {
			assert.NotEmpty(t, v.Finding.Remedy)
			assert.NotZero(t, v.Finding.By)
			got = append(got, v.Message)
		}
	}
	return got
}

func TestMaxVulnerabilities(t *testing.T) {
	r := handmade.Scanned(t, nil)
	for i := range r.Ancestors {
		r.Ancestors[i].Boundary = ancestry.Recorded
	}
	for in, want := range map[string][]string{
		"": nil,
		"maxVulnerabilities: {own: {critical: 1, high: 1, medium: 1}, inherited: {critical: 0, high: 2, medium: 2}}": nil,
		"maxVulnerabilities: {own: {critical: 0}}": {
			"1 its own critical vulnerability: 1 from this image; allowed are 0"},
		// git's is critical, too, but git was removed; one of libssl-dev's is excused; libc6 of the root was replaced.
		"maxVulnerabilities: {inherited: {critical: 0, high: 1}}": {
			"2 inherited high vulnerabilities: 2 from buildpack-deps:bullseye; allowed are 1"},
		"maxVulnerabilities: {own: {high: 0}}":                     {"1 its own high vulnerability: 1 from this image; allowed are 0"},
		"maxVulnerabilities: {own: {high: 0}, fixableOnly: true}":  nil,
		"maxVulnerabilities: {inherited: {unknown: 0}}":            {"1 inherited unrated vulnerability: 1 from buildpack-deps:bullseye; allowed are 0"},
		"maxVulnerabilities: {inherited: {negligible: 0, low: 1}}": {"1 inherited negligible vulnerability: 1 from debian:bullseye-20230109; allowed are 0"},
		"maxVulnerabilities: {own: {high: 0, medium: 0}, inherited: {medium: 0}}": {
			"1 its own high vulnerability: 1 from this image; allowed are 0",
			// pip's ancestor is not known, so it counts on both sides.
			"2 inherited medium vulnerabilities: 1 from debian:bullseye-20230109, 1 of packages whose ancestor is not known; allowed are 0",
			"1 its own medium vulnerability: 1 of packages whose ancestor is not known; allowed are 0",
		},
		"maxVulnerabilities: {own: {high: 2}, ownImages: ['buildpack-deps*']}": {
			"3 its own high vulnerabilities: 2 from buildpack-deps:bullseye, 1 from this image; allowed are 2"},
		"maxVulnerabilities: {inherited: {high: 0}, ownImages: [buildpack-deps]}":                                                      nil,
		"maxVulnerabilities: {own: {critical: 0}}\naccept: [{rule: maxVulnerabilities, subject: CVE-2026-0001 libc6}]":                 nil,
		"maxVulnerabilities: {own: {critical: 0}}\naccept: [{rule: maxVulnerabilities, subject: DSA-6001-1, until: 2026-11-22}]":       nil,
		"maxVulnerabilities: {own: {critical: 0}}\naccept: [{subject: CVE-2026-0001}]":                                                 {"1 its own critical vulnerability: 1 from this image; allowed are 0"},
		"maxVulnerabilities: {own: {critical: 0}}\naccept: [{rule: maxVulnerabilities, subject: CVE-2026-0001, until: 2026-11-21}]":    {"1 its own critical vulnerability: 1 from this image; allowed are 0"},
		"maxVulnerabilities: {own: {critical: 0}}\naccept: [{rule: maxVulnerabilities, ancestor: 'debian:*', subject: CVE-2026-0001}]": {"1 its own critical vulnerability: 1 from this image; allowed are 0"},
		"maxVulnerabilities: {inherited: {high: 1}}\naccept: [{rule: maxVulnerabilities, subject: GHSA-aaaa-bbbb-cccc}]":               nil,
		"maxVulnerabilities: {inherited: {high: 0}}\naccept: [{rule: maxVulnerabilities, ancestor: 'buildpack-deps:*', subject: '*'}]": nil,
	} {
		assert.ElementsMatch(t, want, over(t, r, in), in)
	}
}

// What is inherited by a guess alone counts as one's own, unless that is accepted.
func TestMaxVulnerabilitiesGuess(t *testing.T) {
	r := handmade.Scanned(t, nil)
	for i := range r.Ancestors {
		r.Ancestors[i].Boundary = ancestry.Inferred
	}
	in := "maxVulnerabilities: {own: {high: 1}%s}"
	assert.Equal(t, []string{"3 its own high vulnerabilities: 2 from buildpack-deps:bullseye, 1 from this image; allowed are 1"}, over(t, r, fmt.Sprintf(in, "")))
	assert.Empty(t, over(t, r, fmt.Sprintf(in, ", confidence: inferred")))
}

// What no scanner was asked about does not pass for good.
func TestMaxVulnerabilitiesNotKnown(t *testing.T) {
	r := handmade.Sample(t, nil)
	assert.Equal(t, []string{"the vulnerabilities are not known: no scanner's report was read"}, over(t, r, "maxVulnerabilities: {own: {low: 1000}}"))
	r.Vulnerabilities = &report.Vulnerabilities{Exceptions: []report.VEX{{File: "vex.json", Statements: 1}}}
	assert.Equal(t, []string{"the vulnerabilities are not known: no scanner's report was read"}, over(t, r, "maxVulnerabilities: {own: {low: 1000}}"), "VEX alone")
	r.Vulnerabilities.Scans = []report.Scan{{Scanner: "Trivy"}}
	assert.Empty(t, over(t, r, "maxVulnerabilities: {own: {low: 0}}"))
}

// What is not rated is told where limits are on ratings alone, and fails if that is asked for.
func TestMaxVulnerabilitiesNotRated(t *testing.T) {
	r := handmade.Scanned(t, nil)
	for i := range r.Ancestors {
		r.Ancestors[i].Boundary = ancestry.Recorded
	}
	const says = "no limit of the policy counts 1 unrated vulnerability, which may be of any rating: 1 from buildpack-deps:bullseye"
	for in, want := range map[string]string{
		"inherited: {critical: 9, high: 9}":                says,
		"own: {unknown: 0}, inherited: {critical: 9}":      says,
		"own: {critical: 9}":                               "", // it is inherited
		"inherited: {critical: 9, unknown: 1}":             "",
		"inherited: {unknown: 1}":                          "",
		"own: {critical: 9}, ownImages: ['buildpack-*']":   says,
		"inherited: {critical: 9}, fixableOnly: true":      "", // it has no fix
		"inherited: {critical: 9, high: 9, unknown: none}": says,
	} {
		for _, failOn := range []string{"never", "note"} {
			p := parse(t, "failOn: "+failOn+"\nmaxVulnerabilities: {"+in+"}")
			var got []report.Finding
			for _, f := range p.Apply(r).Findings {
				if f.Rule == "policy/maxVulnerabilities" {
					got = append(got, f)
				}
			}
			if want == "" {
				assert.Empty(t, got, in)
				continue
			}
			if assert.Len(t, got, 1, in) {
				f := got[0]
				assert.Equal(t, want, f.Message, in)
				assert.Equal(t, []string{"policy/maxVulnerabilities"}, f.Undecided)
				assert.Equal(t, report.Note, f.Severity)
				assert.Len(t, f.Items, 1)
				assert.NotEmpty(t, f.Remedy)
				assert.False(t, p.Fails(f), in)
			}
		}
	}
	assert.Equal(t, []string{"1 inherited unrated vulnerability: 1 from buildpack-deps:bullseye; allowed are 0"}, over(t, r, "maxVulnerabilities: {inherited: {critical: 9, unknown: 0}}"))
	accepted := parse(t, "failOn: never\nmaxVulnerabilities: {inherited: {critical: 9}}\naccept: [{rule: maxVulnerabilities, subject: '*'}]")
	assert.Empty(t, accepted.Apply(r).Findings)
}

// An advisory is accepted by its own identifier, or if all that it covers are.
func TestMaxVulnerabilitiesAdvisory(t *testing.T) {
	r := handmade.Sample(t, nil)
	over := func(id string, aliases []string, accept ...string) int {
		r.Vulnerabilities = &report.Vulnerabilities{Scans: make([]report.Scan, 1),
			List: []report.Vulnerability{{ID: id, Aliases: aliases, Name: "openssl", Rating: report.Critical}}}
		in := "maxVulnerabilities: {own: {critical: 0}}\naccept:\n"
		for _, subject := range accept {
			in += "- {rule: maxVulnerabilities, subject: " + subject + "}\n"
		}
		return len(over(t, r, in))
	}
	for _, tt := range []struct {
		id      string
		aliases []string
		accept  []string
		want    int
	}{
		{"DSA-1", []string{"CVE-1", "CVE-2"}, []string{"CVE-1"}, 1},
		{"DSA-1", []string{"CVE-1", "CVE-2"}, []string{"CVE-1 openssl"}, 1},
		{"DSA-1", []string{"CVE-1", "CVE-2", "GHSA-1"}, []string{"GHSA-1"}, 1}, // it may be one of the two alone
		{"DSA-1", []string{"CVE-1", "CVE-2"}, []string{"CVE-1", "CVE-2 openssl"}, 0},
		{"DSA-1", []string{"CVE-1", "CVE-2"}, []string{"CVE-*"}, 0},
		{"DSA-1", []string{"CVE-1", "CVE-2"}, []string{"DSA-1"}, 0},
		{"CVE-1", []string{"CVE-2"}, []string{"CVE-2"}, 1},
		{"CVE-1", []string{"CVE-2"}, []string{"CVE-1"}, 0},
		{"CVE-1", []string{"DSA-1", "DSA-2"}, []string{"DSA-1"}, 0},
		{"GHSA-1", []string{"PYSEC-1"}, []string{"PYSEC-1"}, 0},
		{"GHSA-1", []string{"PYSEC-1"}, []string{"PYSEC-2"}, 1},
	} {
		assert.Equal(t, tt.want, over(tt.id, tt.aliases, tt.accept...), "%v", tt)
	}
}

func TestMaxVulnerabilitiesErrors(t *testing.T) {
	for in, want := range map[string]string{
		"maxVulnerabilities: {own: 3}":                                          "line 1: maxVulnerabilities: own: \"3\" are no limits",
		"\nmaxVulnerabilities:\n  own: {grave: 3}":                              "line 3: maxVulnerabilities: own: \"grave\" is none of critical, high",
		"maxVulnerabilities: {own: {high: -1}}":                                 "line 1: maxVulnerabilities: own: \"-1\" is no number of vulnerabilities",
		"maxVulnerabilities:\n  own:\n    critical: 0\n    critical: 9":         "line 4: maxVulnerabilities: own: \"critical\" is already defined at line 3",
		"maxVulnerabilities: {own: {low: 1}, inherited: {high: 0, high: none}}": "line 1: maxVulnerabilities: inherited: \"high\" is already defined at line 1",
		"maxVulnerabilities: {own: {high: }}":                                   "line 1: maxVulnerabilities: own: \"\" is no number",
		"maxVulnerabilities: {own: {high: null}}":                               "line 1: maxVulnerabilities: own: \"null\" is no number",
		"maxVulnerabilities: {own: {high: [none]}}":                             "line 1: maxVulnerabilities: own: \"\" is no number",
		"maxVulnerabilities: {own: {high: many}}":                               "\"many\" is no number",
		"maxVulnerabilities: {fixableOnly: true}":                               "line 1: maxVulnerabilities: no limit",
		"maxVulnerabilities: {own: {high: 1}, ownImages: ['[']}":                "ownImages: \"[\": syntax error",
		"maxVulnerabilities: {own: {high: 1}, ownImages: ['']}":                 "empty pattern",
		"maxVulnerabilities: {mine: {high: 1}}":                                 `line 1: maxVulnerabilities: "mine" is no key here: one of own, inherited,`,
	} {
		_, err := policy.Parse([]byte(in), rules.All())
		assert.ErrorContains(t, err, want, in)
	}
}

// A policy laid over another changes the limits that it names.
func TestMaxVulnerabilitiesExtended(t *testing.T) {
	p := load(t, files(
		"company.yaml", "maxVulnerabilities: {own: {critical: 0, high: 0}, inherited: {critical: 0}, fixableOnly: true}",
		"team.yaml", "extends: [company.yaml]\nmaxVulnerabilities: {own: {high: none, low: 9}}",
	), "team.yaml")
	assert.Equal(t, policy.VulnerabilityLimits{Own: policy.Limits{report.Critical: 0, report.Low: 9}, Inherited: policy.Limits{report.Critical: 0}, FixableOnly: true}, p.MaxVulnerabilities)
}

// A key with nothing after it says nothing, and an alias is what it stands for.
func TestMaxVulnerabilitiesEmptyKeys(t *testing.T) {
	const company = "maxVulnerabilities: {own: {critical: 0}, inherited: {high: 0}, fixableOnly: true, ownImages: [a], confidence: proved}"
	for _, own := range []string{
		"maxVulnerabilities:", "maxVulnerabilities: {}", "maxVulnerabilities: {own: {}, inherited: {}}",
		"maxVulnerabilities:\n  own:\n  inherited: null\n  fixableOnly:\n  ownImages:\n  confidence:\n",
	} {
		p := load(t, files("company.yaml", company, "team.yaml", "extends: [company.yaml]\n"+own), "team.yaml")
		assert.Equal(t, parse(t, company).MaxVulnerabilities, p.MaxVulnerabilities, own)
	}
	p := parse(t, "maxVulnerabilities: {own: {critical: &none 0, high: *none}}")
	assert.Equal(t, policy.Limits{report.Critical: 0, report.High: 0}, p.MaxVulnerabilities.Own)
}
