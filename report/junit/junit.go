package junit

import (
	"bytes"
	"cmp"
	"encoding/xml"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/stemma-go/stemma/layers/printable"
	"github.com/stemma-go/stemma/report"
	"github.com/stemma-go/stemma/report/policy"
)

// Options say what was checked. nil and the zero value are the defaults.
type Options struct {
	// Policy says what fails; nil is the zero Policy.
	Policy *policy.Policy
	// Rules are those by which the report was made. Each is a test case. Without them, only
	// the rules that found something are, beside the policy's own checks.
	Rules []report.Rule
}

// Write writes what the policy says of the report as JUnit XML. r is the report as it was
// made: Write applies the policy to it. Its error is w's.
func Write(w io.Writer, r *report.Report, opts *Options) error {
	o := Options{}
	if opts != nil {
		o = *opts
	}
	if o.Policy == nil {
		o.Policy = &policy.Policy{}
	}
	b, err := xml.MarshalIndent(newDocument(r, o), "", "  ")
	if err != nil {
		return err // a bug: there is nothing in it that cannot be written
	}
	_, err = w.Write(slices.Concat([]byte(xml.Header), b, []byte("\n")))
	return err
}

// The elements of a document.
type (
	document struct {
		XMLName struct{} `xml:"testsuites"`
		Name    string   `xml:"name,attr"`
		totals
		Suites []suite `xml:"testsuite"`
	}
	suite struct {
		Name string `xml:"name,attr"`
		totals
		Timestamp string     `xml:"timestamp,attr"`
		Cases     []testcase `xml:"testcase"`
	}
	totals struct {
		Tests    int `xml:"tests,attr"`
		Failures int `xml:"failures,attr"`
		Errors   int `xml:"errors,attr"`
		Skipped  int `xml:"skipped,attr"`
		Time     int `xml:"time,attr"` // 0 seconds: some readers want a number
	}
	testcase struct {
		Name      string   `xml:"name,attr"`
		Classname string   `xml:"classname,attr"`
		Time      int      `xml:"time,attr"`
		Failure   *failure `xml:"failure"`
		Skipped   *skipped `xml:"skipped"`
	}
	failure struct {
		Message string `xml:"message,attr"`
		Type    string `xml:"type,attr"`
		Text    string `xml:",cdata"`
	}
	skipped struct {
		Message string `xml:"message,attr"`
		Text    string `xml:",cdata"`
	}
)

func newDocument(r *report.Report, o Options) document {
	failing, untold := map[string][]report.Finding{}, map[string][]report.Finding{}
	checks := names(o)
	for _, f := range o.Policy.Apply(r).Findings {
		for _, rule := range f.Undecided {
			untold[rule] = append(untold[rule], f)
		}
		if !o.Policy.Fails(f) {
			continue
		}
		failing[f.Rule] = append(failing[f.Rule], f)
		if !slices.Contains(checks, f.Rule) { // it is not among o.Rules
			checks = append(checks, f.Rule)
		}
	}
	s := suite{Name: suiteName(r), Timestamp: r.AsOf.UTC().Format("2006-01-02T15:04:05")}
	for _, check := range checks {
		c := testcase{Name: printable.Line(check), Classname: className(r)}
		switch {
		case len(failing[check]) > 0:
			c.Failure = newFailure(r, failing[check])
			s.Failures++
		case len(untold[check]) > 0:
			c.Skipped = newSkipped(r, untold[check])
			s.Skipped++
		}
		s.Tests++
		s.Cases = append(s.Cases, c)
	}
	return document{Name: "stemma", totals: s.totals, Suites: []suite{s}}
}

// names are those of the test cases that there are for every image.
func names(o Options) []string {
	var all []string
	for _, rule := range o.Rules {
		if o.Policy.Rules[rule.Name] != policy.Off {
			all = append(all, rule.Name)
		}
	}
	for _, check := range o.Policy.Checks() {
		all = append(all, check.Name)
	}
	return all
}

func newFailure(r *report.Report, findings []report.Finding) *failure {
	worst := slices.MaxFunc(findings, func(a, b report.Finding) int { return cmp.Compare(a.Severity, b.Severity) })
	message := printable.Line(findings[0].Message)
	if more := len(findings) - 1; more > 0 {
		message += fmt.Sprintf(" (and %d more)", more)
	}
	return &failure{Message: message, Type: worst.Severity.String(), Text: text(r, findings)}
}

func newSkipped(r *report.Report, findings []report.Finding) *skipped {
	return &skipped{Message: "cannot tell: " + printable.Line(findings[0].Message), Text: text(r, findings)}
}

// text has all that is known of findings, a few lines each.
func text(r *report.Report, findings []report.Finding) string {
	var b bytes.Buffer
	for _, f := range findings {
		fmt.Fprintf(&b, "\n%s: %s\n", f.Severity, printable.Line(f.Message))
		if f.Ancestor >= 0 && f.Ancestor < len(r.Ancestors) {
			fmt.Fprintf(&b, "  brought by: %s\n", printable.Line(r.NameOf(f.Ancestor)))
		}
		if f.Remedy != "" {
			fmt.Fprintf(&b, "  what to do: %s\n", printable.Line(f.Remedy))
		}
		if who := f.By.String(); who != "" {
			fmt.Fprintf(&b, "  who can: %s\n", who)
		}
	}
	return b.String()
}

// suiteName is what the image was asked for as, or its own name.
func suiteName(r *report.Report) string {
	switch {
	case r.Reference != "":
		return printable.Line(r.Reference)
	case len(r.Ancestors) > 0:
		return printable.Line(r.Ancestors[0].String())
	}
	return "image"
}

// className is suiteName without tag and digest, as readers of the format want it.
func className(r *report.Report) string {
	name, _, _ := strings.Cut(suiteName(r), "@")
	if colon := strings.LastIndexByte(name, ':'); colon > strings.LastIndexByte(name, '/') {
		name = name[:colon]
	}
	return "stemma." + strings.ReplaceAll(name, ".", "_")
}
