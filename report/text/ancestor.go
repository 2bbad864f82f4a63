package text

import (
	"cmp"
	"fmt"
	"strings"
	"time"

	"github.com/charmbracelet/lipgloss"
	"github.com/charmbracelet/x/ansi"
	"github.com/dustin/go-humanize"
	"github.com/dustin/go-humanize/english"

	"github.com/stemma-go/stemma/ancestry"
	"github.com/stemma-go/stemma/layers"
	"github.com/stemma-go/stemma/layers/history"
	"github.com/stemma-go/stemma/report"
	"github.com/stemma-go/stemma/report/internal/words"
)

// ancestor writes an ancestor and the findings about it.
func (p *page) ancestor(r *report.Report, i int, opts Options) {
	a := r.Ancestors[i]
	node, trunk := p.sign.node, p.style.line.Render(p.sign.trunk)+" "
	if i == len(r.Ancestors)-1 {
		node, trunk = p.sign.root, "  "
	}
	name := title(r, i)
	p.headed(p.style.line.Render(node)+" ", trunk, part{p.style.name, p.clean(name)}, p.sure(a, name, i == 0), 2)

	facts := []string{builtText(r, i), layerSpan(a, p.sign.dash)}
	if r.Index != nil && a.Layers.Len() > 0 {
		facts = append(facts, atLeast(partial(r, a))+sizes(a.Size, a.Uncompressed))
	}
	p.fact(trunk, facts)
	if r.PackagesKnown() {
		p.fact(trunk, packageFacts(a.Packages, r.Partial))
	}
	if a.Standing != nil {
		p.fact(trunk, []string{p.clean(standingText(*a.Standing))})
	}
	if a.Live != nil {
		p.fact(trunk, []string{p.clean(liveText(*a.Live, r.AsOf))})
	}
	p.evidence(trunk, a, opts.Verbose)
	if len(a.Ties) > 0 {
		p.ties(trunk, r, i)
	}
	for _, d := range r.Donors {
		if d.Ancestor == i {
			p.donor(trunk, d, opts.Verbose)
		}
	}
	p.ancestorVulnerabilities(trunk, r, i, opts.Verbose)
	p.ancestorOutdated(trunk, r, i, opts.Verbose)
	if opts.Steps {
		p.steps(trunk, r, a)
	}
	p.findings(trunk, r, func(f report.Finding) bool { return f.Ancestor == i })
}

// evidence writes the one piece of evidence that decides, and the strongest against; or,
// if all are asked for, each of them with what it alone supports.
func (p *page) evidence(trunk string, a report.Ancestor, all bool) {
	for j, e := range a.Evidence {
		switch {
		case all:
			p.para(trunk, part{p.style.good, "for, " + e.Confidence.String() + ":"}, part{text: p.clean(evidenceText(e))}, 2)
		case j == 0:
			p.para(trunk, part{p.style.dim, "evidence:"}, part{p.style.dim, p.clean(evidenceText(e))}, 2)
		}
	}
	for j, e := range a.Against {
		if all || j == 0 {
			p.para(trunk, part{p.style.poor, "against:"}, part{text: p.clean(evidenceText(e))}, 2)
		}
	}
}

// donor writes what an ancestor copied from an image outside the chain, and all that speaks
// for it if that is asked for.
func (p *page) donor(trunk string, d report.Donor, all bool) {
	p.para(trunk, part{p.style.fair, "copied in:"}, part{text: p.clean(d.Says())}, 2)
	for _, e := range d.Evidence {
		if all {
			p.para(trunk+"  ", part{p.style.good, "for, " + e.Confidence.String() + ":"}, part{text: p.clean(evidenceText(e))}, 2)
		}
	}
}

// partial reports whether a layer of an ancestor could not be read to its end.
func partial(r *report.Report, a report.Ancestor) bool {
	for i := a.Layers.From; i < min(a.Layers.To, len(r.Index.Layers)); i++ {
		if r.Index.Layers[i].Partial {
			return true
		}
	}
	return false
}

// atLeast stands before a number that is the least that it can be.
func atLeast(least bool) string {
	if least {
		return "at least "
	}
	return ""
}

// packageFacts says how many packages are there, and what became of others.
func packageFacts(c report.PackageCounts, least bool) []string {
	facts := []string{atLeast(least) + english.Plural(c.Present, "package", "")}
	for _, f := range []struct {
		n    int
		verb string
	}{
		{c.Introduced, "+%s introduced"}, {c.Upgraded, "~%s upgraded"}, {c.Downgraded, "~%s downgraded"},
		{c.Removed, "-%s removed"}, {c.Reinstalled, "+%s reinstalled"}, {c.Unlisted, "?%s no longer listed"},
	} {
		if f.n > 0 {
			facts = append(facts, fmt.Sprintf(f.verb, humanize.Comma(int64(f.n))))
		}
	}
	return facts
}

// thisImage stands for the youngest ancestor where it has no name.
const thisImage = "this image"

// title names an ancestor: by its name, or by what it is.
func title(r *report.Report, i int) string {
	a := r.Ancestors[i]
	if a.Repository != "" {
		if name, _, ok := variants(a); ok {
			return name
		}
		return a.String()
	}
	switch {
	case i == 0 && r.Reference != "":
		return r.Reference
	case i == 0:
		return thisImage
	case a.Distro.PrettyName != "":
		return "unknown, " + a.Distro.PrettyName
	}
	return "unknown"
}

// sure says how sure an ancestor's name is.
func (p *page) sure(a report.Ancestor, name string, youngest bool) part {
	sure := a.Confidence.String()
	switch {
	case a.Repository != "":
	case youngest && name != thisImage:
		sure = thisImage
	default:
		sure = "" // the name says it
	}
	style := map[ancestry.Confidence]lipgloss.Style{
		ancestry.Proved: p.style.good, ancestry.Recorded: p.style.good, ancestry.Recognised: p.style.good,
		ancestry.Inferred: p.style.fair, ancestry.Unknown: p.style.poor,
	}[a.Confidence]
	if a.Repository == "" {
		style = p.style.dim
	}
	return part{style, sure}
}

// fact writes a line of facts.
func (p *page) fact(prefix string, facts []string) {
	p.para(prefix, part{}, part{text: strings.Join(facts, p.sign.sep)}, 2)
}

// evidenceText says what evidence says, and where it was read.
func evidenceText(e ancestry.Evidence) string {
	if e.Where == "" {
		return e.Says
	}
	return e.Says + " (" + e.Where + ")"
}

// steps writes a line for each of an ancestor's own steps, the youngest first.
func (p *page) steps(prefix string, r *report.Report, a report.Ancestor) {
	for i := a.Steps.To - 1; i >= a.Steps.From; i-- {
		s, ok := r.Step(i)
		if !ok {
			continue
		}
		head := fmt.Sprintf("%3d ", s.Index)
		size := ""
		if s.Layer != layers.None && r.Index != nil && s.Layer < len(r.Index.Layers) {
			size = words.Bytes(r.Index.Layers[s.Layer].Content)
		}
		room := p.width - ansi.StringWidth(prefix) - len(head) - 9
		text := ansi.Truncate(p.clean(stepText(s)), max(room, 1), p.sign.dots)
		p.line(prefix + p.style.dim.Render(head+fmt.Sprintf("%8s ", size)) + text)
	}
}

// stepText is a step as its Dockerfile has it, as far as that is known.
func stepText(s history.Step) string {
	in := s.Instruction
	switch {
	case s.Synthetic:
		return "(no history)"
	case in.Keyword == "":
		return s.CreatedBy
	}
	return strings.Join(append(append([]string{in.Keyword}, in.Flags...), in.Args), " ")
}

// findings writes the findings that are chosen. A remedy that several of them in a
// row share is written once, below the last.
func (p *page) findings(prefix string, r *report.Report, chosen func(report.Finding) bool) {
	var list []report.Finding
	for _, f := range r.Findings {
		if chosen(f) {
			list = append(list, f)
		}
	}
	for i, f := range list {
		p.finding(prefix, f)
		if i+1 < len(list) && list[i+1].Rule == f.Rule && list[i+1].Remedy == f.Remedy || f.Remedy == "" {
			continue
		}
		p.para(prefix+"  ", part{p.style.good, p.sign.arrow}, part{p.style.dim, p.clean(f.Remedy)}, ansi.StringWidth(p.sign.arrow)+1)
	}
}

// finding writes a finding without its remedy.
func (p *page) finding(prefix string, f report.Finding) {
	sign, style := p.severity(f.Severity)
	label := sign + " " + p.clean(f.Rule)
	if f.Bytes > 0 {
		label += ", " + words.Bytes(f.Bytes)
	}
	p.para(prefix, part{style, label + ":"}, part{text: p.clean(f.Message)}, 2)
}

// severity returns the sign and the style of a severity.
func (p *page) severity(s report.Severity) (string, lipgloss.Style) {
	switch s {
	case report.Warning:
		return p.sign.warning, p.style.warning
	case report.Serious:
		return p.sign.serious, p.style.serious
	}
	return p.sign.note, p.style.note
}

// standingText says how an ancestor stands among the images of its tags, and as of
// which day that is known.
func standingText(s ancestry.Standing) string {
	day := func(t time.Time) string { return t.UTC().Format(time.DateOnly) }
	if s.Newer {
		return "whether newer builds exist is not known: it was built after " + day(s.AsOf) + ", the day of the catalogue"
	}
	var facts []string
	switch s.State() {
	case ancestry.StateAbandoned:
		facts = append(facts, "none of its tags is built any more since "+day(s.Abandoned))
	case ancestry.StateSuperseded:
		facts = append(facts, "newer builds exist since "+day(s.Superseded.On))
	case ancestry.StateCurrent:
		facts = append(facts, "no newer build exists")
	default:
		why := cmp.Or(s.NotKnown.Superseded, s.NotKnown.Abandoned)
		return "whether newer builds exist is not known: " + why + " (catalogue of " + day(s.AsOf) + ")"
	}
	switch {
	case s.Lagging != nil:
		facts = append(facts, "newer ones of its base since "+day(s.Lagging.On))
	case s.NotKnown.Lagging != "":
		facts = append(facts, "whether newer ones of its base do is not known")
	}
	return strings.Join(facts, "; ") + " (as of " + day(s.AsOf) + ")"
}
