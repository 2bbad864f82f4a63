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
	r.Vulnerabilities = &report.Vulnerabilities{}
	assert.Empty(t, over(t, r, "maxVulnerabilities: {own: {low: 0}}"))
}

func TestMaxVulnerabilitiesErrors(t *testing.T) {
	for in, want := range map[string]string{
		"maxVulnerabilities: {own: 3}":                           "line 1: \"3\" are no limits",
		"\nmaxVulnerabilities:\n  own: {grave: 3}":               "line 3: \"grave\" is none of critical, high",
		"maxVulnerabilities: {own: {high: -1}}":                  "line 1: \"-1\" is no number of vulnerabilities",
		"maxVulnerabilities: {own: {high: many}}":                "\"many\" is no number",
		"maxVulnerabilities: {fixableOnly: true}":                "line 1: maxVulnerabilities: no limit",
		"maxVulnerabilities: {own: {high: 1}, ownImages: ['[']}": "ownImages: \"[\": syntax error",
		"maxVulnerabilities: {own: {high: 1}, ownImages: ['']}":  "empty pattern",
		"maxVulnerabilities: {mine: {high: 1}}":                  "field mine not found",
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
