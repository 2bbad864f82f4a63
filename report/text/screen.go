package text

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/charmbracelet/x/ansi"
	"github.com/dustin/go-humanize/english"

	"github.com/stemma-go/stemma/report"
	"github.com/stemma-go/stemma/report/internal/words"
)

// What the first screen shows of long lists. With a chain of four, seven remedies of one
// line each fill 25 lines.
const (
	mostRemedies = 7
	mostProblems = 3
)

// screen writes the first screen: the chain, what to do first, and what is left out.
func (p *page) screen(r *report.Report, more string) {
	p.chain(r)
	p.live(r)
	p.vulnerabilities(r)
	p.outdated(r)
	// What is not known is told below.
	remedies := slices.DeleteFunc(r.Remedies(), func(m report.Remedy) bool {
		return !slices.ContainsFunc(m.Findings, func(i int) bool { return r.Findings[i].Undecided == nil })
	})
	p.line("")
	switch {
	case len(remedies) > 0 || r.Patches != nil && len(r.Patches.Acts) > 0:
		p.line(p.style.name.Render("what to do first"))
	case r.Vulnerabilities != nil && len(r.Vulnerabilities.List) > 0:
		p.para("", part{}, part{text: "the rules found nothing to do"}, 0)
	default:
		p.line("nothing to do was found")
	}
	remedies, acts, left := p.actsFirst(r, remedies)
	shown := remedies[:min(mostRemedies-acts, len(remedies))]
	for _, m := range shown {
		p.remedy(r, m)
	}
	p.undecided(r)
	if len(r.Problems) > 0 {
		p.line("")
		p.problems(r.Problems[:min(mostProblems, len(r.Problems))])
		p.line("")
	}
	p.rest(r, len(remedies)-len(shown)+left, more)
}

// remedy writes what to do, and below it what that saves and mends, and who can do it.
func (p *page) remedy(r *report.Report, m report.Remedy) {
	p.todo(m.Severity, m.Do, p.remedyFacts(r, m), m.By)
}

// todo writes what to do, with a line of facts and who can do it below it.
func (p *page) todo(severity report.Severity, do string, facts []string, by report.Mender) {
	sign, style := p.severity(severity)
	p.para("", part{style, sign}, part{text: p.clean(do)}, ansi.StringWidth(sign)+1)
	if by != 0 {
		facts = append(facts, by.String())
	}
	sep := p.sign.sep
	if p.ascii {
		sep = "; " // who can do it has a comma
	}
	p.para("    ", part{}, part{p.style.dim, p.clean(strings.Join(facts, sep))}, 0)
}

// remedyFacts say what a remedy saves and mends.
func (p *page) remedyFacts(r *report.Report, m report.Remedy) (facts []string) {
	var (
		rules []string
		count = map[string]int{}
	)
	for _, i := range m.Findings {
		f := r.Findings[i]
		if count[f.Rule]++; count[f.Rule] == 1 {
			rules = append(rules, f.Rule)
		}
	}
	if m.Bytes > 0 {
		facts = append(facts, "saves "+atLeast(m.AtLeast)+words.Bytes(m.Bytes))
	}
	for i, rule := range rules {
		if n := count[rule]; n > 1 {
			rules[i] = fmt.Sprintf("%s %s%d", rule, p.sign.times, n)
		}
	}
	return append(facts, "mends "+english.WordSeries(rules, "and"))
}

// undecided says which rules found nothing because they could not tell.
func (p *page) undecided(r *report.Report) {
	var rules []string
	for _, f := range r.Findings {
		rules = append(rules, f.Undecided...)
	}
	if len(rules) == 0 {
		return
	}
	slices.Sort(rules)
	rules = slices.Compact(rules)
	if n := len(rules) - 3; n > 1 {
		rules = append(rules[:3], fmt.Sprintf("%d more", n))
	}
	p.para("", part{p.style.fair, "not known:"}, part{text: p.clean("whether there is more to find for " + english.WordSeries(rules, "and"))}, 2)
}

// rest counts what there is beside what is shown, and says how to see it.
func (p *page) rest(r *report.Report, remedies int, more string) {
	var say []string
	if remedies > 0 {
		say = append(say, english.Plural(remedies, "remedy", "remedies"))
	}
	if n := len(r.Findings); n > 0 {
		say = append(say, fmt.Sprintf("%s (%s)", english.Plural(n, "finding", ""), p.severities(r.Findings)))
	}
	if n := len(r.Problems) - mostProblems; n > 0 {
		say = append(say, english.Plural(n, "problem", ""))
	}
	if len(say) == 0 {
		return
	}
	p.para("", part{}, part{p.style.dim, p.clean("not shown: " + strings.Join(say, ", ") + ": " + cmp.Or(more, "see the whole tree"))}, 2)
}
