package text

import (
	"strings"
	"time"

	"github.com/charmbracelet/x/ansi"

	"github.com/stemma-go/stemma/ancestry"
	"github.com/stemma-go/stemma/report"
	"github.com/stemma-go/stemma/report/internal/words"
)

// live writes what registries said of the ancestors' tags, a line for each, on the first
// screen.
func (p *page) live(r *report.Report) {
	if r.Lineage == nil || r.Lineage.Asked == nil {
		return
	}
	asked := *r.Lineage.Asked
	p.line("")
	p.para("", part{p.style.name, "what the tags point to now"}, part{p.style.dim, p.clean("(" + words.Asked(asked) + ")")}, 2)
	for i := range r.Ancestors {
		if l := r.Ancestors[i].Live; l != nil {
			sign, text := p.liveSign(*l), liveText(*l, r.AsOf)
			if l.State == ancestry.StateNotKnown {
				text = l.Name + " not known: " + l.Why
			}
			text = ansi.Truncate(p.clean(text), max(p.width-ansi.StringWidth(sign.text)-1, 1), p.sign.dots)
			p.line(sign.render(sign.text) + " " + text)
		}
	}
}

// liveSign is the sign before what a registry said.
func (p *page) liveSign(l ancestry.Live) part {
	ended := !l.EndOfLife.IsZero()
	switch {
	case l.State == ancestry.StateMoved || l.State == ancestry.StateGone || ended:
		return part{p.style.warning, p.sign.warning}
	case l.State == ancestry.StateCurrent:
		return part{p.style.good, p.sign.note}
	}
	return part{p.style.fair, "?"}
}

// liveText is what a registry said of an ancestor, in one line.
func liveText(l ancestry.Live, asOf time.Time) string {
	return strings.Join(words.Live(&l, asOf), "; ")
}
