package policy

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/dustin/go-humanize"

	"github.com/stemma-go/stemma/ancestry"
	"github.com/stemma-go/stemma/layers/printable"
	"github.com/stemma-go/stemma/report"
)

// A Violation is a reason why an image may not pass.
type Violation struct {
	// Check is the rule, or the field of the policy ("maxAge", "maxSize",
	// "allowedRoots"), or "partial".
	Check string
	// Ancestor is the index in Report.Ancestors of the one to blame, -1 if none is.
	Ancestor int
	// Message says what is wrong, in one sentence without a full stop.
	Message string
	// Finding is the finding that fails, nil where none does.
	Finding *report.Finding
}

// String returns "check: message" on one line. What a terminal would act upon is
// escaped, because names and paths in a message come from the image.
func (v Violation) String() string { return printable.Line(v.Check + ": " + v.Message) }

// Violations returns all reasons why the image may not pass, the report's findings
// first. An empty result means that it may.
func (p *Policy) Violations(r *report.Report) []Violation {
	var all []Violation
	for i := range r.Findings {
		f := r.Findings[i]
		if p.fails(r, f) {
			all = append(all, Violation{Check: f.Rule, Ancestor: f.Ancestor, Message: f.Message, Finding: &f})
		}
	}
	return slices.Concat(all, p.checkAges(r), p.checkSize(r), p.checkRoot(r), checkPartial(r))
}

// fails reports whether a finding fails: its level is at least FailOn, and it is not
// accepted. A finding for which rules cannot tell that the policy gives a level to has
// the highest of theirs.
func (p *Policy) fails(r *report.Report, f report.Finding) bool {
	level := p.Rules[f.Rule]
	if level == Default {
		level = levelOf(f.Severity)
		for _, rule := range f.Undecided {
			level = max(level, p.Rules[rule]) // it was asked for, and cannot tell
		}
	}
	least := p.FailOn
	if least == Default {
		least = Serious
	}
	if level == Off || level < least {
		return false
	}
	return !slices.ContainsFunc(p.Accept, func(a Acceptance) bool { return a.covers(r, f) })
}

// checkAges checks the age of every ancestor. One that has no build date fails, too,
// unless that is accepted: it may be of any age.
func (p *Policy) checkAges(r *report.Report) []Violation {
	if p.MaxAge == 0 {
		return nil
	}
	var all []Violation
	allowed := int(time.Duration(p.MaxAge).Hours() / 24)
	for i, a := range r.Ancestors {
		built, why := r.Built(i)
		age := r.AsOf.Sub(built)
		message := ""
		switch {
		case why != "":
			unknown := report.Finding{Rule: checkMaxAge, Ancestor: i, Subject: a.String()}
			if slices.ContainsFunc(p.Accept, func(a Acceptance) bool { return a.Rule != "" && a.covers(r, unknown) }) {
				continue
			}
			message = fmt.Sprintf("how old %s is is not known: its build date %s; allowed are %d days", a, why, allowed)
		case age > time.Duration(p.MaxAge):
			message = fmt.Sprintf("%s was built on %s, %d days ago; allowed are %d", a, built.UTC().Format(time.DateOnly), int(age.Hours()/24), allowed)
		default:
			continue
		}
		all = append(all, Violation{Check: checkMaxAge, Ancestor: i, Message: message})
	}
	return all
}

// checkMaxAge is the name of the check of MaxAge, which an acceptance can give as its
// rule.
const checkMaxAge = "maxAge"

func (p *Policy) checkSize(r *report.Report) []Violation {
	var size int64
	for _, a := range r.Ancestors {
		size += a.Size
	}
	if p.MaxSize > 0 && size == 0 && r.Index == nil {
		return []Violation{{Check: "maxSize", Ancestor: -1, Message: fmt.Sprintf("the size is not known: the layers were not read; allowed are %s", humanize.Bytes(uint64(p.MaxSize)))}}
	}
	if p.MaxSize == 0 || size <= 0 || uint64(size) <= uint64(p.MaxSize) {
		return nil
	}
	return []Violation{{Check: "maxSize", Ancestor: -1, Message: fmt.Sprintf("the layers have %s; allowed are %s",
		humanize.Bytes(uint64(size)), humanize.Bytes(uint64(p.MaxSize)))}}
}

func (p *Policy) checkRoot(r *report.Report) []Violation {
	if len(p.AllowedRoots) == 0 {
		return nil
	}
	i := len(r.Ancestors) - 1
	violation := func(format string, args ...any) []Violation {
		return []Violation{{Check: "allowedRoots", Ancestor: i, Message: fmt.Sprintf(format, args...)}}
	}
	if i < 0 {
		return violation("the image has no known ancestor")
	}
	root := r.Ancestors[i]
	least := max(p.RootConfidence, ancestry.Inferred)
	switch {
	case root.Repository == "":
		return violation("the root of the chain is unknown; allowed are %s", strings.Join(p.AllowedRoots, ", "))
	case !p.allows(root.Repository, root.Tags):
		return violation("the root of the chain is %s; allowed are %s", root, strings.Join(p.AllowedRoots, ", "))
	case root.Confidence < least:
		return violation("that the root is %s is only %s; at least %s is asked for", root, root.Confidence, least)
	}
	for _, t := range root.Ties {
		if !p.allows(t.Repository, t.Tags) {
			return violation("the root of the chain is %s, or as likely %s; allowed are %s", root, t, strings.Join(p.AllowedRoots, ", "))
		}
	}
	return nil
}

// allows reports whether AllowedRoots has the repository, or one of the tags.
func (p *Policy) allows(repository string, tags []string) bool {
	names := []string{repository}
	for _, t := range tags {
		names = append(names, repository+":"+t)
	}
	return slices.ContainsFunc(p.AllowedRoots, func(pattern string) bool {
		return slices.ContainsFunc(names, func(n string) bool { return match(pattern, n) })
	})
}

func checkPartial(r *report.Report) []Violation {
	if !r.Partial {
		return nil
	}
	return []Violation{{Check: "partial", Ancestor: -1, Message: "some of the image could not be read"}}
}
