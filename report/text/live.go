package text

import (
	"fmt"
	"time"

	"github.com/charmbracelet/x/ansi"
	"github.com/dustin/go-humanize/english"

	"github.com/stemma-go/stemma/ancestry"
	"github.com/stemma-go/stemma/report"
)

// live writes what registries said of the ancestors' tags, a line for each, on the first
// screen.
func (p *page) live(r *report.Report) {
	if r.Lineage == nil || r.Lineage.Asked == nil {
		return
	}
	asked := *r.Lineage.Asked
	p.line("")
	p.para("", part{p.style.name, "what the tags point to now"}, part{p.style.dim, p.clean(askedText(asked))}, 2)
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

// askedText says what it took to ask.
func askedText(a ancestry.Asked) string {
	return fmt.Sprintf("(%s, %s, asked on %s)", english.Plural(a.Requests, "request", ""), bytesOf(a.Bytes), a.At.UTC().Format(time.DateOnly))
}

// liveText is what a registry said of an ancestor, in one line.
func liveText(l ancestry.Live, asOf time.Time) string {
	var s string
	switch l.State {
	case ancestry.StateCurrent:
		s = l.Name + " still points to it"
	case ancestry.StateMoved:
		s = l.Name + movedText(l)
	case ancestry.StateGone:
		s = l.Name + " is gone: " + l.Why
	default:
		s = "whether " + l.Name + " still points to it is not known: " + l.Why
	}
	switch {
	case !l.EndOfLife.IsZero() && l.EndOfLife.After(asOf):
		s += "; its publisher ends its life on " + l.EndOfLife.Format(time.DateOnly)
	case !l.EndOfLife.IsZero():
		s += "; its publisher ended its life on " + l.EndOfLife.Format(time.DateOnly)
	case l.NoEndOfLife != "" && l.State != ancestry.StateNotKnown:
		s += "; end of life not known"
	}
	return s
}

// movedText says since when a tag points to something else, and in what that differs.
func movedText(l ancestry.Live) string {
	s := " moved, when is not known"
	switch {
	case !l.Since.IsZero():
		s = " moved on " + l.Since.Format(time.DateOnly) + " or later"
	case l.Now != nil && !l.Now.Created.IsZero():
		s = " moved, to an image dated " + l.Now.Created.Format(time.DateOnly)
	}
	switch d := l.Difference; {
	case d == nil:
	case d.Layers == 0:
		s += ": the layers are the same"
	default:
		s += fmt.Sprintf(": %s of %s differ, packages not known", english.Plural(d.Layers, "layer", ""), bytesOf(d.Bytes))
	}
	return s
}
