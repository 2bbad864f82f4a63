package text

import (
	"strings"

	"github.com/dustin/go-humanize/english"

	"github.com/stemma-go/stemma/report"
)

// ties writes the names for which the evidence is as good, and what would decide among
// them.
func (p *page) ties(trunk string, r *report.Report, i int) {
	a := r.Ancestors[i]
	if _, which, ok := variants(a); ok {
		decides := "its files do not tell"
		if r.Index == nil {
			decides = "read the layers to tell"
		}
		p.para(trunk, part{p.style.fair, which + ":"}, part{text: decides}, 2)
		return
	}
	names := make([]string, len(a.Ties))
	for j, t := range a.Ties {
		names[j] = t.String()
	}
	say := english.OxfordWordSeries(names, "or")
	if _, why := r.Built(i); why != "" && byDay(a) {
		say += ": its build date would tell, and " + why
	}
	p.para(trunk, part{p.style.fair, "or"}, part{text: p.clean(say)}, 2)
}

// variants recognises ties between the full and the slim variant of one image. It
// returns the name with both, "debian:trixie, full or slim", and "full or slim".
func variants(a report.Ancestor) (name, which string, ok bool) {
	const slim = "-slim"
	if len(a.Ties) != 2 || len(a.Tags) > 0 || a.Ties[0].Repository != a.Ties[1].Repository {
		return "", "", false
	}
	one, other := a.Ties[0].String(), a.Ties[1].String()
	if strings.HasSuffix(one, slim) {
		one, other = other, one
	}
	if other != one+slim {
		return "", "", false
	}
	return one + ", full or slim", "full or slim", true
}

// byDay reports whether the ties differ in nothing but their numbers, as the tags of
// different days do.
func byDay(a report.Ancestor) bool {
	shape := func(s string) string {
		return strings.Map(func(c rune) rune {
			if '0' <= c && c <= '9' {
				return '0'
			}
			return c
		}, s)
	}
	for _, t := range a.Ties {
		if shape(t.String()) != shape(a.Ties[0].String()) || !strings.Contains(shape(t.String()), "00000000") {
			return false
		}
	}
	return true
}
