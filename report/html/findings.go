package html

import (
	"fmt"
	"strconv"

	"github.com/stemma-go/stemma/layers"
	"github.com/stemma-go/stemma/report"
	"github.com/stemma-go/stemma/report/internal/words"
)

// A remedy is something to do.
type remedy struct {
	Do, By, Mender  string
	Class, Severity string
	Bytes           string
	Ancestor, Tint  string
	Mends           list[mended]
}

// A mended is a finding that a remedy mends. It has no anchor if the page leaves it out.
type mended struct{ Anchor, Says string }

// A finding is one of the report's.
type finding struct {
	Anchor                          string
	Rule, Message, Remedy           string
	Class, Severity                 string
	Bytes                           string
	Ancestor, Tint, By              string
	AncestorValue, Level, MenderKey string // by which it is filtered
	Where                           string
	Step                            string
	Items                           list[string]
}

// atOnce is how many remedies are not folded.
const atOnce = 5

// addFindings adds the findings, the remedies, and what they can be filtered by.
func (p *page) addFindings(r *report.Report) {
	remedies := r.Remedies()
	by := make([]report.Mender, len(r.Findings))
	seen := map[report.Mender]bool{}
	for _, m := range remedies {
		seen[m.By] = true
		for _, i := range m.Findings {
			by[i] = m.By
		}
	}
	for _, m := range []report.Mender{report.OwnSteps, report.OtherBase, report.Publisher} {
		if seen[m] {
			p.Menders = append(p.Menders, choice{menderKey(m), m.String()})
		}
	}
	row := func(_ int, m report.Remedy) remedy { return newRemedy(r, m) }
	p.Remedies = first(remedies[:min(atOnce, len(remedies))], atOnce, row)
	p.Later = first(remedies[min(atOnce, len(remedies)):], mostFindings, row)
	p.Findings = first(r.Findings, mostFindings, func(i int, f report.Finding) finding { return newFinding(r, i, f, by[i]) })
	p.Counts = countFindings(r, func(report.Finding) bool { return true })
}

func newRemedy(r *report.Report, m report.Remedy) remedy {
	out := remedy{
		Do: sentence(show(m.Do)), By: m.By.String(), Mender: menderKey(m.By), Tint: colour(m.Ancestor),
		Class: severityClass(m.Severity), Severity: m.Severity.String(),
		Mends: first(m.Findings, mostItems, func(_, i int) mended {
			m := mended{Says: sentence(show(r.Findings[i].Message))}
			if i < mostFindings {
				m.Anchor = findingAnchor(i)
			}
			return m
		}),
	}
	if m.Ancestor >= 0 && m.Ancestor < len(r.Ancestors) {
		out.Ancestor = title(r, m.Ancestor)
	}
	if m.Bytes > 0 {
		out.Bytes = words.Bytes(m.Bytes)
		if m.AtLeast {
			out.Bytes = "at least " + out.Bytes
		}
	}
	return out
}

func newFinding(r *report.Report, i int, f report.Finding, by report.Mender) finding {
	out := finding{
		Anchor: findingAnchor(i), Rule: brief(f.Rule), Message: sentence(show(f.Message)), Remedy: sentence(show(f.Remedy)),
		Class: severityClass(f.Severity), Severity: f.Severity.String(), Level: strconv.Itoa(int(f.Severity)),
		Tint: colour(-1), AncestorValue: "-1", By: by.String(), MenderKey: menderKey(by),
		Items: first(f.Items, mostItems, func(_ int, s string) string { return show(s) }),
	}
	if f.Ancestor >= 0 && f.Ancestor < len(r.Ancestors) {
		out.Ancestor, out.Tint, out.AncestorValue = title(r, f.Ancestor), colour(f.Ancestor), strconv.Itoa(f.Ancestor)
	}
	if f.Bytes > 0 {
		out.Bytes = words.Bytes(f.Bytes)
	}
	if f.Layer != layers.None {
		out.Where = fmt.Sprintf("layer %d", f.Layer)
	}
	if s, ok := r.Step(f.Step); ok {
		out.Step = fmt.Sprintf("Step %d: %s", s.Index, show(stepText(s)))
	}
	return out
}

// countFindings counts those that are chosen, by severity.
func countFindings(r *report.Report, chosen func(report.Finding) bool) []severityCount {
	var n [report.Serious + 1]int
	for _, f := range r.Findings {
		if f.Severity >= 0 && int(f.Severity) < len(n) && chosen(f) {
			n[f.Severity]++
		}
	}
	var counts []severityCount
	for s := report.Serious; s >= report.Note; s-- {
		if n[s] == 0 {
			continue
		}
		say := count(n[s], s.String(), s.String()+"s")
		if s == report.Serious {
			say = count(n[s], "serious", "serious")
		}
		counts = append(counts, severityCount{severityClass(s), say, n[s]})
	}
	return counts
}

func severityClass(s report.Severity) string {
	switch s {
	case report.Serious:
		return "serious"
	case report.Warning:
		return "warning"
	}
	return "note"
}

// menderKey is the value by which findings are filtered.
func menderKey(m report.Mender) string { return "m" + strconv.Itoa(int(m)) }

func findingAnchor(i int) string { return "f" + strconv.Itoa(i) }
