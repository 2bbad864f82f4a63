package policy

import (
	"path"
	"slices"
	"strings"
	"time"

	"github.com/stemma-go/stemma/ancestry"
	"github.com/stemma-go/stemma/report"
)

// Apply returns the report as the policy sees it, for any format to write: each finding has
// the severity that the policy gives it, those that it turns off or accepts are gone, and
// what its own [Policy.Checks] find is added. Which findings fail, [Policy.Fails] tells. r is
// not changed, and shares all else with the result. Apply it once: the result is no report
// to apply a policy to.
func (p *Policy) Apply(r *report.Report) *report.Report {
	out := *r
	judged := report.Rule{Run: p.judge} // its findings have their rules' names
	out.Findings = report.RunRules(r, append(p.Checks(), judged))
	return &out
}

// judge returns the report's findings as the policy values them.
func (p *Policy) judge(r *report.Report) []report.Finding {
	var all []report.Finding
	for _, f := range r.Findings {
		level := p.level(r, f, false)
		if p.level(r, f, true) < level {
			f.Message += "; the policy's level for what is inherited does not count, because who brought it is not sure enough"
		}
		accepted, until := p.accepted(r, f)
		if level == Off || accepted {
			continue
		}
		if !until.IsZero() {
			f.Message += "; it was accepted until " + until.Format(time.DateOnly)
		}
		f.Severity = report.Severity(level - Note)
		all = append(all, f)
	}
	return all
}

// Fails reports whether a finding is a reason why the image may not pass. The finding is
// one of [Policy.Apply].
func (p *Policy) Fails(f report.Finding) bool {
	least := p.FailOn
	if least == Default {
		least = Serious
	}
	if strings.HasPrefix(f.Rule, checkPrefix) {
		return len(f.Undecided) == 0 // that a check cannot tell is no violation
	}
	return levelOf(f.Severity) >= least
}

// level returns what a finding is worth. One that says which rules cannot tell has the
// highest level that the policy gives to any of those. guess takes everything for inherited
// that may be.
func (p *Policy) level(r *report.Report, f report.Finding, guess bool) Level {
	level, named := p.levelFor(r, f, f.Rule, guess)
	if level == Default {
		level = levelOf(f.Severity)
	}
	if named {
		return level
	}
	for _, rule := range f.Undecided {
		if l, named := p.levelFor(r, f, rule, guess); named {
			level = max(level, l) // it was asked for, and cannot tell
		}
	}
	return level
}

// levelFor returns the level that the policy would give to a finding of a rule about the
// same thing, Default if it gives none, and whether it names the rule.
func (p *Policy) levelFor(r *report.Report, f report.Finding, rule string, guess bool) (level Level, named bool) {
	level = p.Rules[rule]
	named = level != Default
	if level == Off {
		return level, named
	}
	for _, h := range p.Inherited {
		if h.covers(r, f.Ancestor, rule, guess) {
			level, named = h.Level, named || h.Rule != ""
		}
	}
	return level, named
}

// covers reports whether the entry is about what an ancestor brought.
func (h Inheritance) covers(r *report.Report, ancestor int, rule string, guess bool) bool {
	if ancestor <= 0 || ancestor >= len(r.Ancestors) || !match(h.Rule, rule) {
		return false
	}
	// It is inherited if an image begins above it.
	sure := ancestry.Unknown
	for _, a := range r.Ancestors[:ancestor] {
		sure = max(sure, a.Boundary)
	}
	if h.Ancestor != "" {
		a := r.Ancestors[ancestor]
		other := func(n ancestry.Name) bool { return !match(h.Ancestor, n.String()) }
		if a.Repository == "" || !match(h.Ancestor, a.String()) || slices.ContainsFunc(a.Ties, other) {
			return false
		}
		sure = min(sure, a.Confidence)
	}
	least := ancestry.Confidence(h.Confidence)
	if least == ancestry.Unknown {
		least = ancestry.Recognised
	}
	return guess || sure >= least
}

// accepted reports whether a finding is accepted on the report's day, and if not, until when it
// was; zero if it never was.
func (p *Policy) accepted(r *report.Report, f report.Finding) (now bool, until Day) {
	for _, a := range p.Accept {
		switch {
		case a.covers(r, f):
			return true, Day{}
		case a.about(r, f) && a.Until.After(until.Time):
			until = a.Until
		}
	}
	return false, until
}

// covers reports whether the acceptance covers a finding on the report's day.
func (a Acceptance) covers(r *report.Report, f report.Finding) bool {
	return a.about(r, f) && (a.Until.IsZero() || r.AsOf.Before(a.Until.AddDate(0, 0, 1)))
}

// about reports whether it is about a finding, whatever the day.
func (a Acceptance) about(r *report.Report, f report.Finding) bool {
	name := ""
	if f.Ancestor >= 0 && f.Ancestor < len(r.Ancestors) {
		name = r.Ancestors[f.Ancestor].String()
	}
	return match(a.Rule, f.Rule) && match(a.Ancestor, name) && match(a.Subject, f.Subject)
}

// match is path.Match for patterns that Parse has checked. An empty one matches
// all, and * matches a slash, too, since names of images have many.
func match(pattern, s string) bool {
	if pattern == "" {
		return true
	}
	slash := strings.NewReplacer("/", "\x00")
	ok, err := path.Match(slash.Replace(pattern), slash.Replace(s))
	return err == nil && ok
}
