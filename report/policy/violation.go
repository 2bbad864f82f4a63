package policy

import (
	"strings"

	"github.com/stemma-go/stemma/layers/printable"
	"github.com/stemma-go/stemma/report"
)

// A Violation is a reason why an image may not pass.
type Violation struct {
	// Check is the rule, or the field of the policy ("maxAge", "maxSize",
	// "allowedRoots", "allowedBases"), or "partial".
	Check string
	// Ancestor is the index in Report.Ancestors of the one to blame, -1 if none is.
	Ancestor int
	// Message says what is wrong, in one sentence without a full stop.
	Message string
	// Finding is the finding that fails, as [Policy.Apply] has it.
	Finding report.Finding
}

// String returns "check: message" on one line. What a terminal would act upon is
// escaped, because names and paths in a message come from the image.
func (v Violation) String() string { return printable.Line(v.Check + ": " + v.Message) }

// Violations returns all reasons why the image may not pass, in the order of
// Report.Findings: the most severe first. An empty result means that it may.
func (p *Policy) Violations(r *report.Report) []Violation {
	var all []Violation
	for _, f := range p.Apply(r).Findings {
		if p.Fails(f) {
			all = append(all, Violation{Check: strings.TrimPrefix(f.Rule, checkPrefix), Ancestor: f.Ancestor, Message: f.Message, Finding: f})
		}
	}
	return all
}
