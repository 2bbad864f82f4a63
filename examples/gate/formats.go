package main

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/stemma-go/stemma/ancestry"
	"github.com/stemma-go/stemma/examples/internal/outputs"
	"github.com/stemma-go/stemma/layers/printable"
	"github.com/stemma-go/stemma/report"
	"github.com/stemma-go/stemma/report/json"
	"github.com/stemma-go/stemma/report/junit"
	"github.com/stemma-go/stemma/report/markdown"
	"github.com/stemma-go/stemma/report/policy"
	"github.com/stemma-go/stemma/report/rules"
	"github.com/stemma-go/stemma/report/sarif"
)

// formats are all of them. Those that write a report get the one that the policy leaves.
func formats() []outputs.Format[*verdict] {
	return []outputs.Format[*verdict]{
		{Name: "text", Write: writeText},
		{Name: "json", Write: func(w io.Writer, v *verdict) error { return json.Write(w, v.left, nil) }},
		{Name: "junit", Write: func(w io.Writer, v *verdict) error {
			return junit.Write(w, v.report, &junit.Options{Policy: v.policy, Rules: rules.All()})
		}},
		{Name: "markdown", Write: func(w io.Writer, v *verdict) error { return markdown.Write(w, v.left, nil) }},
		{Name: "sarif", Write: func(w io.Writer, v *verdict) error {
			return sarif.Write(w, v.left, &sarif.Options{Dockerfile: v.dockerfile, Rules: slices.Concat(rules.All(), v.policy.Checks())})
		}},
	}
}

// writeText writes a line for each reason, and one for what nobody can tell. A finding's ends
// with the ancestor that brought it.
func writeText(w io.Writer, v *verdict) error {
	result := "PASS\n"
	var b strings.Builder
	for _, violation := range v.violations {
		result = ""
		if violation.Ancestor >= 0 && violation.Check == violation.Finding.Rule {
			violation.Message += " [" + v.report.NameOf(violation.Ancestor) + "]"
		}
		fmt.Fprintln(&b, "FAIL", violation)
	}
	for _, f := range v.left.Findings {
		if !v.policy.Fails(f) {
			fmt.Fprintln(&b, "UNKNOWN", printable.Line(f.Message))
		}
	}
	_, err := io.WriteString(w, b.String()+result)
	return err
}

// A verdict is what a policy says of an image.
type verdict struct {
	policy *policy.Policy
	report *report.Report
	// left is the report with what fails, and with what rules could not tell that the policy
	// does not ask for.
	left       *report.Report
	violations []policy.Violation // the image may pass if there are none
	dockerfile *ancestry.Dockerfile
}

func judge(p *policy.Policy, r *report.Report) *verdict {
	left := p.Apply(r)
	left.Findings = slices.DeleteFunc(left.Findings, func(f report.Finding) bool { return !p.Fails(f) && len(f.Undecided) == 0 })
	return &verdict{policy: p, report: r, left: left, violations: p.Violations(r)}
}
