package markdown

import (
	"fmt"
	"slices"
	"strings"

	"github.com/dustin/go-humanize/english"

	"github.com/stemma-go/stemma/report"
	"github.com/stemma-go/stemma/report/internal/words"
)

// shown is how many remedies are not folded.
const shown = 5

// fixes lists what brings fixes of vulnerabilities into the image.
func (p *page) fixes(r *report.Report, share int) {
	if r.Patches == nil || len(r.Patches.Acts) == 0 {
		return
	}
	p.para(fmt.Sprintf("#### What brings the %s of vulnerabilities", english.Plural(r.Patches.Fixable, "fix", "fixes")))
	var rows []string
	for _, a := range r.Patches.Acts {
		rows = append(rows, row(words.Capital(text(a.Do)), fmt.Sprint(len(a.Releases)), fmt.Sprint(len(a.Perhaps)), a.By.String()))
	}
	p.list(columns("what to do, or to wait for", " fixes", " perhaps", "who"), rows, "act", share)
}

// remedies writes what to do, most effect first.
func (p *page) remedies(r *report.Report, share int) {
	p.para("#### What to do")
	var rows, unknown []string
	for _, m := range r.Remedies() {
		if slices.ContainsFunc(m.Findings, func(i int) bool { return len(r.Findings[i].Undecided) == 0 }) {
			rows = append(rows, fmt.Sprintf("%d. %s", len(rows)+1, remedy(r, m)))
			continue
		}
		for _, i := range m.Findings { // nothing to mend, but something that could be told
			unknown = append(unknown, fmt.Sprintf("- %s. %s.", text(words.Capital(r.Findings[i].Message)), text(words.Capital(m.Do))))
		}
	}
	if len(rows) == 0 {
		say := "Nothing was found that wants to be mended."
		if r.Vulnerabilities != nil && len(r.Vulnerabilities.List) > 0 {
			say = "The rules found nothing that wants to be mended."
		}
		p.para(say)
	}
	first := rows[:min(shown, len(rows))]
	p.list(nil, first, "thing to do", share)
	p.fold(plural(len(rows)-len(first), "more thing")+" to do", nil, rows[len(first):], "thing to do", share)
	p.fold(plural(len(unknown), "thing")+" that nobody can tell", nil, unknown, "thing", share)
}

// remedy says what to do, who can do it, and what for.
func remedy(r *report.Report, m report.Remedy) string {
	var rules []string
	for _, i := range m.Findings {
		if rule := name(r.Findings[i].Rule); !slices.Contains(rules, rule) && len(rules) < 5 {
			rules = append(rules, rule)
		}
	}
	say := fmt.Sprintf("%s  \n   %s: %s", strong(m.Severity, text(words.Capital(m.Do))), m.By, m.Severity)
	if m.Bytes > 0 {
		least := ""
		if m.AtLeast {
			least = "at least "
		}
		say += ", saves " + least + words.Bytes(m.Bytes)
	}
	if n := len(m.Findings); n > 1 {
		say += ", mends " + plural(n, "finding")
	}
	return say + ". Found by " + english.WordSeries(rules, "and") + "."
}

func strong(s report.Severity, text string) string {
	if s == report.Serious {
		return "**" + text + "**"
	}
	return text
}

// findings writes all findings, folded.
func (p *page) findings(r *report.Report) {
	var rows []string
	for _, f := range r.Findings {
		saves := ""
		if f.Bytes > 0 {
			saves = words.Bytes(f.Bytes)
		}
		rows = append(rows, row(f.Severity.String(), name(f.Rule), text(words.Capital(f.Message)), origin(r, f), saves))
	}
	p.fold("All "+plural(len(rows), "finding"), columns("severity", "rule", "what was found", "from", " bytes"), rows, "finding", p.room/2)
}

// origin says who brought what was found.
func origin(r *report.Report, f report.Finding) string {
	if f.Ancestor < 0 || f.Ancestor >= len(r.Ancestors) {
		return ""
	}
	at := "this image"
	if f.Ancestor > 0 {
		at = name(r.NameOf(f.Ancestor))
	}
	if f.Layer >= 0 {
		at += fmt.Sprintf(", layer %d", f.Layer)
	}
	return at
}

// problems writes what could not be read, folded.
func (p *page) problems(r *report.Report) {
	var rows []string
	for _, pr := range r.Problems {
		say := "something is wrong with the image"
		if pr.Err != nil {
			say = pr.Error()
		}
		rows = append(rows, "- "+text(strings.TrimSpace(say)))
	}
	p.fold(plural(len(rows), "problem")+" while reading the image", nil, rows, "problem", p.room)
}
