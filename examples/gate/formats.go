package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/moby/sys/atomicwriter"

	"github.com/stemma-go/stemma/ancestry"
	"github.com/stemma-go/stemma/layers/printable"
	"github.com/stemma-go/stemma/report"
	"github.com/stemma-go/stemma/report/json"
	"github.com/stemma-go/stemma/report/junit"
	"github.com/stemma-go/stemma/report/policy"
	"github.com/stemma-go/stemma/report/rules"
	"github.com/stemma-go/stemma/report/sarif"
)

// A format is a way to write a verdict.
type format struct {
	name  string
	write func(io.Writer, *verdict) error
}

// formats are all of them. Those that write a report get the one that the policy leaves.
func formats() []format {
	return []format{
		{"text", writeText},
		{"json", func(w io.Writer, v *verdict) error { return json.Write(w, v.left, nil) }},
		{"junit", func(w io.Writer, v *verdict) error {
			return junit.Write(w, v.report, &junit.Options{Policy: v.policy, Rules: rules.All()})
		}},
		{"sarif", func(w io.Writer, v *verdict) error {
			return sarif.Write(w, v.left, &sarif.Options{Dockerfile: v.dockerfile, Rules: slices.Concat(rules.All(), v.policy.Checks())})
		}},
	}
}

// names are those of all formats.
func names() string {
	var all []string
	for _, f := range formats() {
		all = append(all, f.name)
	}
	return strings.Join(all, ", ")
}

// An output is a format, and the file that it goes to, "" for standard output.
type output struct {
	format
	file string
}

// outputs are the values of a flag.
type outputs []output

func (o *outputs) String() string { return "" }

// Set takes NAME or NAME=FILE.
func (o *outputs) Set(s string) error {
	name, file, hasFile := strings.Cut(s, "=")
	i := slices.IndexFunc(formats(), func(f format) bool { return f.name == name })
	switch {
	case i < 0:
		return fmt.Errorf("one of %s", names())
	case hasFile && file == "": // an unset variable
		return errors.New("the name of the file is empty")
	case slices.ContainsFunc(*o, func(other output) bool { return other.file == file }):
		return errors.New("two formats for one place: say NAME=FILE")
	}
	*o = append(*o, output{formats()[i], file})
	return nil
}

// write writes the verdict. A file is there in full, or as it was before.
func (o output) write(v *verdict, stdout io.Writer) error {
	if o.file == "" {
		return o.format.write(stdout, v)
	}
	var b bytes.Buffer
	if err := o.format.write(&b, v); err != nil {
		return err
	}
	return atomicwriter.WriteFile(o.file, b.Bytes(), 0o644)
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
