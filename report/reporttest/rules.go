package reporttest

import (
	"fmt"
	"slices"

	"github.com/dustin/go-humanize"

	"github.com/stemma-go/stemma/report"
	"github.com/stemma-go/stemma/report/policy"
	"github.com/stemma-go/stemma/report/rules"
)

// NoFinding asserts that none of the rules finds anything; without rules, none of
// rules.All. A rule that cannot tell, as the rule unknown says, does not pass for one
// that found nothing.
func (i *Image) NoFinding(rs ...report.Rule) bool {
	i.t.Helper()
	return i.noFinding(rs, func(report.Finding) bool { return true })
}

// NoFindingAbove asserts that no finding of the rules (without rules, of rules.All) is more
// severe than most. A rule that cannot tell does not pass, either, if its findings may be
// more severe.
func (i *Image) NoFindingAbove(most report.Severity, rs ...report.Rule) bool {
	i.t.Helper()
	if len(rs) == 0 {
		rs = rules.All()
	}
	var may []string
	for _, r := range rs {
		if r.Severity > most {
			may = append(may, r.Name)
		}
	}
	return i.noFinding(rs, func(f report.Finding) bool { return f.Severity > most || undecided(f, may) })
}

// Passes asserts that the image passes a policy, which looks at what the rules find (without
// rules, rules.All) and at what it asks for itself.
func (i *Image) Passes(p *policy.Policy, rs ...report.Rule) bool {
	i.t.Helper()
	if len(rs) == 0 {
		rs = rules.All()
	}
	r := *i.Report
	r.Findings = report.RunRules(i.Report, rs)
	var all []failure
	for _, v := range p.Violations(&r) {
		f := i.of(v.Finding)
		f.what = "policy: " + v.String()
		all = append(all, f)
	}
	return i.check(all)
}

func (i *Image) noFinding(rs []report.Rule, unwanted func(report.Finding) bool) bool {
	i.t.Helper()
	if len(rs) == 0 {
		rs = rules.All()
	}
	all := i.unread()
	for _, f := range i.run(i.Report, rs) {
		if unwanted(f) {
			all = append(all, i.of(f))
		}
	}
	return i.check(all)
}

// run returns what rules find in r, and what the rule unknown says of them.
func (i *Image) run(r *report.Report, rs []report.Rule) []report.Finding {
	var asked []string
	for _, x := range rs {
		asked = append(asked, x.Name)
	}
	if unknown := rules.Unknown(); !slices.Contains(asked, unknown.Name) {
		rs = append(slices.Clone(rs), unknown)
	}
	return slices.DeleteFunc(report.RunRules(r, rs), func(f report.Finding) bool {
		return !slices.Contains(asked, f.Rule) && !undecided(f, asked)
	})
}

// undecided reports whether a finding says that one of the rules cannot tell.
func undecided(f report.Finding, rules []string) bool {
	return slices.ContainsFunc(f.Undecided, func(u string) bool { return slices.Contains(rules, u) })
}

// of makes a failure of a finding.
func (i *Image) of(f report.Finding) failure {
	x := failure{what: fmt.Sprintf("%s: %s: %s", f.Severity, f.Rule, f.Message), remedy: f.Remedy}
	if at := i.place(f.Ancestor, f.Layer, f.Step); at != "" {
		x.evidence = append(x.evidence, at)
	}
	if f.By != 0 && x.remedy != "" {
		x.remedy += fmt.Sprintf(" (%s)", f.By)
	}
	return x
}

// saving is the remedy that saves most of what the rules find, or otherwise if there is
// none.
func (i *Image) saving(otherwise string, rs ...report.Rule) string {
	r := *i.Report
	r.Findings = report.RunRules(i.Report, rs)
	var best report.Remedy
	for _, m := range r.Remedies() {
		if m.Bytes > best.Bytes {
			best = m
		}
	}
	if best.Bytes == 0 {
		return otherwise
	}
	return fmt.Sprintf("%s: saves %s unpacked (%s)", best.Do, humanize.Bytes(uint64(best.Bytes)), best.By)
}
