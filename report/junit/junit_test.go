package junit_test

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"strings"
	"testing"

	parser "github.com/joshdk/go-junit"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/stemma-go/stemma/layers/printable"
	"github.com/stemma-go/stemma/report"
	"github.com/stemma-go/stemma/report/junit"
	"github.com/stemma-go/stemma/report/policy"
	"github.com/stemma-go/stemma/report/rules"
	"github.com/stemma-go/stemma/testdata/golden"
	"github.com/stemma-go/stemma/testdata/handmade"
)

func parsePolicy(t *testing.T, text string) *policy.Policy {
	t.Helper()
	p, err := policy.Parse([]byte(text), rules.All())
	require.NoError(t, err)
	return p
}

func write(t *testing.T, r *report.Report, opts *junit.Options) []byte {
	t.Helper()
	var b bytes.Buffer
	require.NoError(t, junit.Write(&b, r, opts))
	return b.Bytes()
}

// read reads a document as a reader of the format does, and checks that its totals are
// those of its cases.
func read(t *testing.T, b []byte) parser.Suite {
	t.Helper()
	suites, err := parser.Ingest(b)
	require.NoError(t, err)
	require.Len(t, suites, 1)
	var doc struct {
		XMLName  xml.Name `xml:"testsuites"`
		Tests    int      `xml:"tests,attr"`
		Failures int      `xml:"failures,attr"`
		Skipped  int      `xml:"skipped,attr"`
		Suite    struct {
			Tests    int `xml:"tests,attr"`
			Failures int `xml:"failures,attr"`
			Skipped  int `xml:"skipped,attr"`
		} `xml:"testsuite"`
	}
	require.NoError(t, xml.Unmarshal(b, &doc))
	want := suites[0].Totals
	assert.Equal(t, []int{want.Tests, want.Failed, want.Skipped}, []int{doc.Tests, doc.Failures, doc.Skipped})
	assert.Equal(t, []int{want.Tests, want.Failed, want.Skipped}, []int{doc.Suite.Tests, doc.Suite.Failures, doc.Suite.Skipped})
	return suites[0]
}

// statuses are the cases' results by name.
func statuses(s parser.Suite) map[string]parser.Status {
	all := map[string]parser.Status{}
	for _, c := range s.Tests {
		all[c.Name] = c.Status
	}
	return all
}

func TestGolden(t *testing.T) {
	r := handmade.Sample(t, rules.All())
	p := parsePolicy(t, "failOn: warning\nrules: {root-user: off}\naccept: [{rule: copy-up}]\nmaxAge: 300d\nmaxSize: 1GB\nallowedRoots: [debian]")
	b := write(t, r, &junit.Options{Policy: p, Rules: rules.All()})
	golden.Check(t, "sample.xml", b)
	got := statuses(read(t, b))
	assert.Len(t, got, len(rules.All())-1+4, "not the one that is off, and the policy's own")
	for name, want := range map[string]parser.Status{"end-of-life": parser.StatusFailed, "policy/maxAge": parser.StatusFailed,
		"policy/maxSize": parser.StatusPassed, "policy/allowedRoots": parser.StatusPassed, "copy-up": parser.StatusPassed, "policy/partial": parser.StatusPassed} {
		assert.Equal(t, want, got[name], name)
	}
	assert.NotContains(t, got, "root-user")
}

// What a policy fails, and nothing else, is a failed case.
func TestFailuresAreViolations(t *testing.T) {
	r := handmade.Sample(t, rules.All())
	for _, in := range []string{"", "failOn: note", "failOn: never", "failOn: never\nmaxSize: 1kB", "inherited: [{level: off, confidence: inferred}]"} {
		p := parsePolicy(t, in)
		want := map[string]bool{}
		for _, v := range p.Violations(r) {
			want[v.Finding.Rule] = true
		}
		for name, status := range statuses(read(t, write(t, r, &junit.Options{Policy: p, Rules: rules.All()}))) {
			assert.Equal(t, want[name], status == parser.StatusFailed, "%q: %s", in, name)
			delete(want, name)
		}
		assert.Empty(t, want)
	}
}

// Every finding that fails is in the text, with who brought it and what to do.
func TestFailureText(t *testing.T) {
	r := handmade.Sample(t, rules.All())
	p := parsePolicy(t, "failOn: note")
	s := read(t, write(t, r, &junit.Options{Policy: p}))
	text := map[string]string{}
	for _, c := range s.Tests {
		if c.Error != nil {
			text[c.Name] = c.Error.Error()
		}
	}
	require.NotEmpty(t, p.Violations(r))
	for _, v := range p.Violations(r) {
		assert.Contains(t, text[v.Finding.Rule], printable.Line(v.Message))
		assert.Contains(t, text[v.Finding.Rule], printable.Line(v.Finding.Remedy))
		assert.Contains(t, text[v.Finding.Rule], r.NameOf(v.Ancestor))
	}
}

// A rule that cannot tell did not pass; one that was asked for fails as the rule unknown.
func TestUndecided(t *testing.T) {
	r := &report.Report{AsOf: handmade.AsOf, Findings: []report.Finding{
		{Rule: "unknown", Severity: report.Note, Ancestor: -1, Subject: "alpine:3.21", Message: "when it was built is not known", Undecided: []string{"superseded"}},
	}}
	for in, want := range map[string]parser.Status{
		"":                             parser.StatusSkipped,
		"rules: {superseded: serious}": parser.StatusSkipped,
		"rules: {unknown: off}":        parser.StatusPassed,
		"accept: [{rule: unknown}]":    parser.StatusPassed,
		"rules: {born-old: serious}":   parser.StatusSkipped,
	} {
		got := statuses(read(t, write(t, r, &junit.Options{Policy: parsePolicy(t, in), Rules: rules.All()})))
		assert.Equal(t, want, got["superseded"], "%q", in)
		assert.Equal(t, strings.Contains(in, "superseded"), got["unknown"] == parser.StatusFailed, "%q", in)
	}
}

// Readers know an image again by the class, whatever its tag.
func TestNames(t *testing.T) {
	for reference, want := range map[string]string{
		"shop/api:2.4.1":                         "stemma.shop/api",
		"registry.example.com:5000/shop/api:2.4": "stemma.registry_example_com:5000/shop/api",
		"debian@sha256:0123":                     "stemma.debian",
		"debian:12@sha256:0123":                  "stemma.debian",
		"./build/app.tar":                        "stemma._/build/app_tar",
		"":                                       "stemma.image",
	} {
		s := read(t, write(t, &report.Report{Reference: reference}, nil))
		assert.Equal(t, want, s.Tests[0].Classname)
		if reference != "" {
			assert.Equal(t, reference, s.Name)
		}
	}
}

// A report of nothing, and one of a configuration alone, have cases, too: Jenkins fails
// where there is no test.
func TestNothing(t *testing.T) {
	s := read(t, write(t, &report.Report{}, nil))
	assert.Equal(t, map[string]parser.Status{"policy/partial": parser.StatusPassed}, statuses(s))
	config := handmade.Image{Steps: []handmade.Step{{CreatedBy: "COPY a /", Files: []handmade.File{{Name: "a"}}}}}.ConfigReport(t)
	got := statuses(read(t, write(t, config, &junit.Options{Policy: parsePolicy(t, "maxSize: 1MB"), Rules: rules.All()})))
	assert.Equal(t, parser.StatusFailed, got["policy/maxSize"], "what was not read has no size")
}

// No name in an image adds an element, or makes the document invalid.
func TestHostileStrings(t *testing.T) {
	evil := "a\x1b]0;owned\a\x9b31m\r\nb\u202e\u2066\u0085\ufffe\xff\xfe\t\x00]]></failure><testcase name=\"x\"/>&amp;'\"" + strings.Repeat("x", 4096)
	r := handmade.Sample(t, rules.All())
	r.Reference = evil
	for i := range r.Ancestors {
		r.Ancestors[i].Repository, r.Ancestors[i].Tags = evil, []string{evil}
	}
	for i := range r.Findings {
		f := &r.Findings[i]
		f.Rule, f.Message, f.Remedy, f.Subject = evil, evil, evil, evil
	}
	p := parsePolicy(t, "failOn: note\nmaxAge: 1d\nallowedRoots: [debian]")
	b := write(t, r, &junit.Options{Policy: p})
	s := read(t, b)
	assert.Len(t, s.Tests, len(p.Checks())+1)
	for _, c := range string(b) {
		require.True(t, c == '\n' || c >= ' ' && c < 0x7f, "%q", c)
	}
	dec := xml.NewDecoder(bytes.NewReader(b))
	for {
		token, err := dec.Token()
		if err == io.EOF {
			break
		}
		require.NoError(t, err)
		if e, ok := token.(xml.StartElement); ok {
			assert.Contains(t, []string{"testsuites", "testsuite", "testcase", "failure", "skipped"}, e.Name.Local)
		}
	}
}

type failing struct{ err error }

func (f failing) Write([]byte) (int, error) { return 0, f.err }

func TestWriteError(t *testing.T) {
	err := errors.New("disk full")
	assert.ErrorIs(t, junit.Write(failing{err}, &report.Report{}, nil), err)
}
