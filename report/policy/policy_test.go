package policy_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/stemma-go/stemma/ancestry"
	"github.com/stemma-go/stemma/report"
	"github.com/stemma-go/stemma/report/policy"
	"github.com/stemma-go/stemma/report/rules"
	"github.com/stemma-go/stemma/testdata/handmade"
)

// The policy that the package's documentation shows, and all that it says.
const full = `
failOn: warning
rules:
  add-remote: off
  born-old: serious
accept:
  - rule: build-tools
    ancestor: buildpack-deps*
    subject: headers*
    until: 2027-01-31
    reason: the CMS commits its pages
maxAge: 180d
maxSize: 5MB
allowedRoots: [debian, alpine, "registry.example.com/base/*"]
rootConfidence: recognised
allowedBases:
  names: ["registry.example.com/base/*"]
  catalogue: bases.stemma
  maxAge: 30d
  confidence: recorded
`

func parse(t *testing.T, s string) *policy.Policy {
	t.Helper()
	p, err := policy.Parse([]byte(s), rules.All())
	require.NoError(t, err)
	return p
}

func TestParse(t *testing.T) {
	assert.Equal(t, &policy.Policy{
		FailOn: policy.Warning,
		Rules:  map[string]policy.Level{"add-remote": policy.Off, "born-old": policy.Serious},
		Accept: []policy.Acceptance{{Rule: "build-tools", Ancestor: "buildpack-deps*", Subject: "headers*",
			Until: policy.Day{Time: handmade.Day("2027-01-31")}, Reason: "the CMS commits its pages"}},
		MaxAge:         policy.Age(180 * 24 * time.Hour),
		MaxSize:        5_000_000,
		AllowedRoots:   []string{"debian", "alpine", "registry.example.com/base/*"},
		RootConfidence: policy.Confidence(ancestry.Recognised),
		AllowedBases: policy.Bases{Names: []string{"registry.example.com/base/*"}, Catalogue: "bases.stemma", MaxAge: policy.Age(30 * 24 * time.Hour),
			Confidence: policy.Confidence(ancestry.Recorded)},
	}, parse(t, full))
	assert.Equal(t, &policy.Policy{}, parse(t, ""))
	assert.Equal(t, &policy.Policy{}, parse(t, "# nothing\n"))
	assert.EqualValues(t, 512<<20, parse(t, "maxSize: 512MiB").MaxSize)
	assert.EqualValues(t, 26*7*24*time.Hour, parse(t, "maxAge: 26w").MaxAge)
	assert.EqualValues(t, 36*time.Hour, parse(t, "maxAge: 36h").MaxAge)
}

func TestParseErrors(t *testing.T) {
	for in, want := range map[string]string{
		"failon: warning":                               `line 1: "failon" is no key here: one of extends, failOn, rules, inherited, accept, maxAge, maxSize,`,
		"failOn: grave":                                 `line 1: failOn: "grave" is none of off, note, warning, serious, never`,
		"\nrules:\n  rot-user: off":                     `line 3: unknown rule "rot-user"`,
		"rules: {root-user: 3}":                         `line 1: rules: root-user: "3" is none of`,
		"maxSize: 1MB\nfailOn: off":                     "line 2: failOn: off: say never", // would fail everything
		"rules: {root-user: never}":                     "line 1: rules: root-user: never: say off",
		"maxAge: 180":                                   `policy: line 1: maxAge: "180" is no age: say 180d, 26w, 24h or none`,
		"maxAge: -3d":                                   "is no age",
		"maxAge: 0d":                                    "is no age",
		"maxAge: ''":                                    "is no age",
		"maxAge: 99999999999w":                          "is no age",
		"\nmaxSize: much":                               `line 2: maxSize: "much" is no size`,
		"allowedBases: {names: ['[']}":                  `line 1: allowedBases: names: bad pattern "["`,
		"allowedBases: {maxAge: soon}":                  `line 1: allowedBases: maxAge: "soon" is no age`,
		"allowedBases: [debian]":                        "line 1: allowedBases: a list, where these keys are wanted: names, catalogue, maxAge, confidence",
		"allowedRoots: ['[']":                           `line 1: allowedRoots: bad pattern "["`,
		"allowedRoots: ['']":                            "bad pattern",
		"accept: [{reason: because}]":                   "line 1: accept: an entry without rule",
		"accept:\n- rule: root-usr":                     `line 2: accept: no rule matches "root-usr"`,
		"accept:\n- subject: '[a'":                      `line 2: accept: "[a"`,
		"# ours\n\tfailOn: note":                        "line 2: it begins with a tab, where YAML wants spaces",
		"accept:\n- {rule: root-user, until: tomorrow}": `line 2: accept: until: "tomorrow" is no date`,
		"rootConfidence: sure":                          `line 1: rootConfidence: "sure" is none of inferred, recognised, recorded, proved`,
		"inherited: [{rule: root-user}]":                "line 1: inherited: an entry without a level",
		"inherited: [{level: default}]":                 "line 1: inherited: an entry without a level",
		"\ninherited: [{level: never}]":                 "line 2: inherited: never: say off",
		"inherited:\n- {level: note, rule: nix}":        `line 2: inherited: no rule matches "nix"`,
		"inherited: [{level: note, ancestor: '[a'}]":    `line 1: inherited: "[a"`,
		"inherited: [{level: note, subject: a}]":        `line 1: inherited: "subject" is no key here: one of rule, ancestor, level, confidence`,
		"inherited: [{level: note, confidence: sure}]":  `line 1: inherited: confidence: "sure" is none of inferred`,
		"rootConfidence: unknown":                       `line 1: rootConfidence: "unknown" is none of inferred`,
		"failOn: note\nextends: [a.yaml]":               "line 2: extends: what it extends was not read",
		"a: b: c":                                       "policy: ",
		"failOn: note\n---\nfailOn: never":              "more than one document",
		"failOn: note\nfailOn: never":                   `line 2: "failOn" is already defined at line 1`,
		"- failOn":                                      "policy: line 1: a list, where these keys are wanted: extends, failOn, ",
		"just text":                                     `policy: line 1: "just text", where these keys are wanted: `,
		"failOn: [note]":                                "line 1: failOn: a list, where one value is wanted",
		"maxAge: {days: 3}":                             "line 1: maxAge: keys, where one value is wanted",
		"rules: root-user":                              `line 1: rules: "root-user", where keys with a value each are wanted`,
		"rules: {[a]: off}":                             "line 1: rules: a list, where a key is wanted",
		"allowedRoots: debian":                          `line 1: allowedRoots: "debian", where a list is wanted: [a, b]`,
		"\nallowedRoots:\n- debian\n- [a]":              "line 4: allowedRoots: a list, where a text is wanted",
		"accept:\n- root-user":                          `line 2: accept: "root-user", where these keys are wanted: rule, ancestor, subject, until, reason`,
		"accept:\n- rule: root-user\n  reason: {a: b}":  "line 3: accept: reason: keys, where a text is wanted",
		"maxVulnerabilities: {fixableOnly: often}":      `line 1: maxVulnerabilities: fixableOnly: "often", where true or false is wanted`,
		"maxVulnerabilities: [a]":                       "line 1: maxVulnerabilities: a list, where these keys are wanted: own, inherited, fixableOnly, ",
		"a: &a [*a]":                                    "policy: ",
	} {
		_, err := policy.Parse([]byte(in), rules.All())
		assert.ErrorContains(t, err, want, "%q", in)
		assert.NotContains(t, err.Error(), "policy.", "a type of Go: %q", in)
		assert.NotContains(t, err.Error(), "unmarshal", "%q", in)
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(full))
	f.Add([]byte("accept:\n- {rule: root-user, until: 2020-02-30}"))
	f.Add([]byte("maxAge: 70000w\nmaxSize: 1e9TB"))
	r := &report.Report{Findings: []report.Finding{{Rule: "root-user", Subject: "user"}}, AsOf: handmade.AsOf}
	f.Fuzz(func(t *testing.T, b []byte) {
		if p, err := policy.Parse(b, rules.All()); err == nil {
			p.Violations(r)
		}
	})
}

func violations(r *report.Report, p *policy.Policy) []string {
	var got []string
	for _, v := range p.Violations(r) {
		got = append(got, fmt.Sprintf("%s %d", v.Check, v.Ancestor))
	}
	return got
}

func TestViolations(t *testing.T) {
	r := handmade.Sample(t, rules.All())
	for in, want := range map[string][]string{
		"":              {"end-of-life 1", "end-of-life 3"}, // serious alone
		"failOn: never": nil,
		"failOn: never\nrules: {root-user: serious}":                                 nil,
		"rules: {end-of-life: off}":                                                  nil,
		"rules: {end-of-life: warning, root-user: serious}":                          {"root-user 0"},
		"rules: {end-of-life: off, full-upgrade: serious}":                           {"full-upgrade 0"},
		"accept: [{rule: end-of-life}]":                                              nil,
		"accept: [{rule: end-of-life, ancestor: 'debian:*'}]":                        {"end-of-life 1"},
		"accept: [{rule: end-*, subject: 'Python*'}]":                                {"end-of-life 3"},
		"accept: [{rule: end-of-life, until: 2026-11-22}]":                           nil,
		"accept: [{rule: end-of-life, until: 2026-11-21}]":                           {"end-of-life 1", "end-of-life 3"},
		"failOn: never\nmaxAge: 3650d":                                               nil,
		"failOn: never\nmaxAge: 300d":                                                {"maxAge 1", "maxAge 2", "maxAge 3"},
		"failOn: never\nmaxSize: 8MB":                                                nil,
		"failOn: never\nmaxSize: 7MB":                                                {"maxSize -1"},
		"failOn: never\nallowedRoots: [alpine, debian]":                              nil,
		"failOn: never\nallowedRoots: ['debian:bullseye-*']\nrootConfidence: proved": nil,
		"failOn: never\nallowedRoots: [alpine]":                                      {"allowedRoots 3"},
	} {
		assert.Equal(t, want, violations(r, parse(t, in)), "%q", in)
	}
	vs := parse(t, "accept: [{rule: end-of-life, until: 2026-11-21}, {rule: end-*, until: 2026-10-01}]").Violations(r)
	require.Len(t, vs, 2)
	assert.Contains(t, vs[0].Message, "; it was accepted until 2026-11-21")
	r.Partial = true
	assert.Equal(t, []string{"partial -1"}, violations(r, parse(t, "failOn: never")), "what was not read passes nothing")
}

func TestViolationsRoot(t *testing.T) {
	p := parse(t, "allowedRoots: ['example.com/base/*']\nrootConfidence: recorded")
	root := func(repository string, c ancestry.Confidence) *report.Report {
		return &report.Report{Ancestors: []report.Ancestor{{Ancestor: ancestry.Ancestor{Repository: repository, Confidence: c}}}}
	}
	assert.Empty(t, p.Violations(root("example.com/base/a", ancestry.Recorded)))
	for want, r := range map[string]*report.Report{
		"allowedRoots: the root of the chain is unknown; allowed are example.com/base/*":                       root("", ancestry.Unknown),
		"allowedRoots: the root of the chain is debian; allowed are example.com/base/*":                        root("debian", ancestry.Proved),
		"allowedRoots: that the root is example.com/base/a is only recognised; at least recorded is asked for": root("example.com/base/a", ancestry.Recognised),
		"allowedRoots: the image has no known ancestor":                                                        {},
	} {
		vs := p.Violations(r)
		if assert.Len(t, vs, 1) {
			assert.Equal(t, want, vs[0].String())
		}
	}
}

// Evidence for another name that is as good makes the root that, too.
func TestViolationsTies(t *testing.T) {
	r := &report.Report{Ancestors: []report.Ancestor{{Ancestor: ancestry.Ancestor{Repository: "debian", Tags: []string{"13"}, Confidence: ancestry.Recognised,
		Ties: []ancestry.Name{{Repository: "debian", Tags: []string{"12-slim", "12"}}}}}}}
	assert.Empty(t, parse(t, "allowedRoots: [debian]").Violations(r))
	assert.Empty(t, parse(t, "allowedRoots: ['debian:13', 'debian:12']").Violations(r))
	vs := parse(t, "allowedRoots: ['debian:13']").Violations(r)
	if assert.Len(t, vs, 1) {
		assert.Equal(t, "allowedRoots: the root of the chain is debian:13, or as likely debian:12-slim; allowed are debian:13", vs[0].String())
	}
}

// What an image calls a file can't write a line of its own, nor reach the terminal.
func TestViolationIsOneLine(t *testing.T) {
	v := policy.Violation{Check: "add-remote", Message: "adds it's\nPASS\x1b[2J\u202e\xff ärger"}
	assert.Equal(t, `add-remote: adds it's PASS\x1b[2J\u202e\xff ärger`, v.String())
}

// A reproducible build has no date, and may be of any age: it passes only if that is
// accepted. A date that cannot be the build's is none.
func TestViolationsUndated(t *testing.T) {
	created := func(repository string, at time.Time) report.Ancestor {
		return report.Ancestor{Ancestor: ancestry.Ancestor{Repository: repository, Created: at}}
	}
	r := &report.Report{AsOf: handmade.AsOf, Ancestors: []report.Ancestor{
		created("app", time.Time{}), created("future", handmade.Day("2026-12-24")), created("older", handmade.Day("2023-01-01")),
		created("base", handmade.Day("2024-12-05")), created("root", time.Unix(0, 0)),
	}}
	var got []string
	for _, v := range parse(t, "maxAge: 3650d").Violations(r) {
		got = append(got, v.String())
	}
	assert.Equal(t, []string{
		"maxAge: how old app is is not known: its build date is not recorded; allowed are 3650 days",
		"maxAge: how old future is is not known: its build date lies in the future; allowed are 3650 days",
		"maxAge: how old older is is not known: its build date is older than its base's; allowed are 3650 days",
		"maxAge: how old root is is not known: its build date is what reproducible builds write; allowed are 3650 days",
	}, got)
	assert.Equal(t, []string{"maxAge 0", "maxAge 1", "maxAge 2"}, violations(r, parse(t, "maxAge: 3650d\naccept: [{rule: maxAge, ancestor: root}]")))
	assert.Empty(t, violations(r, parse(t, "")))
	assert.Len(t, violations(r, parse(t, "maxAge: 3650d\naccept: [{ancestor: '*'}]")), 4, "an acceptance of findings is none of ages")
}

// A policy that asks what is not known does not pass for it.
func TestViolationsUndecided(t *testing.T) {
	r := &report.Report{AsOf: handmade.AsOf, Findings: []report.Finding{
		{Rule: "unknown", Severity: report.Note, Ancestor: -1, Subject: "alpine:3.21", Undecided: []string{"abandoned", "superseded"}},
	}}
	for in, want := range map[string][]string{
		"":                            nil,
		"rules: {lagging: serious}":   nil,
		"rules: {superseded: off}":    nil,
		"rules: {superseded: note}":   nil,
		"rules: {abandoned: serious}": {"unknown -1"},
		"failOn: warning\nrules: {superseded: warning}": {"unknown -1"},
		"failOn: note": {"unknown -1"},
		"rules: {superseded: serious, unknown: off}":                                   nil,
		"rules: {superseded: serious}\naccept: [{rule: unknown, subject: 'alpine:*'}]": nil,
	} {
		assert.Equal(t, want, violations(r, parse(t, in)), "%q", in)
	}
	assert.Equal(t, []string{"maxSize -1"}, violations(r, parse(t, "maxSize: 1GB")), "the layers were not read")
}

func ExamplePolicy_Violations() {
	p, err := policy.Parse([]byte("failOn: warning\nrules: {root-user: off}\n"), rules.All())
	if err != nil {
		panic(err)
	}
	r := &report.Report{Findings: []report.Finding{
		{Rule: "root-user", Severity: report.Warning, Ancestor: 0, Message: "runs as root: no ancestor sets USER"},
		{Rule: "build-tools", Severity: report.Warning, Ancestor: 2, Message: "ships compilers: gcc-12"},
	}}
	for _, v := range p.Violations(r) {
		fmt.Println(v)
	}
	// Output: build-tools: ships compilers: gcc-12
}

// A policy can be written in Go, too.
func ExamplePolicy() {
	p := policy.Policy{
		FailOn:  policy.Warning,
		Rules:   map[string]policy.Level{"add-remote": policy.Off},
		Accept:  []policy.Acceptance{{Rule: "root-user", Until: policy.Day{Time: handmade.Day("2027-01-31")}}},
		MaxAge:  policy.Age(180 * 24 * time.Hour),
		MaxSize: policy.Size(500_000_000),
	}
	built := ancestry.Ancestor{Repository: "shop/api", Created: handmade.Day("2026-01-01")}
	r := &report.Report{
		AsOf:      handmade.Day("2026-11-22"),
		Ancestors: []report.Ancestor{{Ancestor: built, Size: 80_000_000}},
		Findings:  []report.Finding{{Rule: "root-user", Severity: report.Warning}, {Rule: "add-remote", Severity: report.Serious}},
	}
	for _, v := range p.Violations(r) {
		fmt.Println(v)
	}
	// Output: maxAge: shop/api was built on 2026-01-01, 325 days ago; allowed are 180
}
