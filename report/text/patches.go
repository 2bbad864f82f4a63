package text

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/dustin/go-humanize"
	"github.com/dustin/go-humanize/english"

	"github.com/stemma-go/stemma/layers"
	"github.com/stemma-go/stemma/report"
)

// mostActs is how many acts for fixes the first screen shows, so that there is room for other
// remedies.
const mostActs = 4

// actsFirst writes what brings fixes, and returns the remedies that are none of these acts.
func (p *page) actsFirst(r *report.Report, remedies []report.Remedy) (rest []report.Remedy, shown, left int) {
	if r.Patches == nil {
		return remedies, 0, 0
	}
	acts := r.Patches.Acts
	for _, a := range acts[:min(mostActs, len(acts))] {
		i := slices.IndexFunc(remedies, func(m report.Remedy) bool { return m.Do == a.Do })
		severity, facts := severityOf(a.Rating), p.actFacts(r, a)
		if i >= 0 {
			severity = max(severity, remedies[i].Severity)
			facts = append(facts, p.remedyFacts(r, remedies[i])...)
			remedies = slices.Delete(remedies, i, i+1)
		}
		p.todo(severity, a.Do, facts, a.By)
		shown++
	}
	return remedies, shown, len(acts) - shown
}

// severityOf is the severity of what has to be done for a vulnerability of a rating.
func severityOf(rating report.Rating) report.Severity {
	switch {
	case rating >= report.High:
		return report.Serious
	case rating == report.Medium || rating == report.Unrated:
		return report.Warning
	}
	return report.Note
}

// actFacts says how many fixes an act brings.
func (p *page) actFacts(r *report.Report, a report.Act) []string {
	of := fmt.Sprintf("of %s fixable", humanize.Comma(int64(r.Patches.Fixable)))
	var facts []string
	if n := len(a.Releases); n > 0 {
		verb := "brings "
		if a.By == report.Publisher {
			verb = "holds "
		}
		facts = append(facts, verb+english.Plural(n, "fix", "fixes")+" "+of)
		of = "more"
	}
	if n := len(a.Perhaps); n > 0 {
		facts = append(facts, fmt.Sprintf("may bring %s %s: that is not known", humanize.Comma(int64(n)), of))
	}
	return facts
}

// outdated writes the table of outdated packages: an ancestor a row.
func (p *page) outdated(r *report.Report) {
	if r.Patches == nil {
		return
	}
	if r.Patches.Outdated == nil {
		if r.Patches.NoIndex != "" {
			p.line("")
			p.para("", part{p.style.fair, "not known:"}, part{text: p.clean("which packages are outdated: " + r.Patches.NoIndex)}, 2)
		}
		return
	}
	p.line("")
	rows := [][]string{{"  packages of the distribution", "outdated", "current", "not in the index"}}
	var all report.Outdated
	add := func(name string, o report.Outdated) {
		rows = append(rows, []string{name, comma(o.Outdated), comma(o.Current + o.NotKnown), comma(o.Unlisted)})
	}
	for i, o := range r.Patches.Outdated {
		node := p.sign.node
		if i == len(r.Patches.Outdated)-1 {
			node = p.sign.root
		}
		add(p.style.line.Render(node)+" "+p.style.name.Render(p.clean(title(r, i))), o)
		all.Outdated, all.Current, all.Unlisted, all.NotKnown = all.Outdated+o.Outdated, all.Current+o.Current, all.Unlisted+o.Unlisted, all.NotKnown+o.NotKnown
	}
	add("  all", all)
	if !p.table(rows) {
		p.line(p.style.name.Render("outdated packages"))
		for i, o := range r.Patches.Outdated {
			p.para("", part{text: rows[i+1][0] + ":"}, part{text: outdatedText(o)}, 4)
		}
		p.para("", part{text: "  all:"}, part{text: outdatedText(all)}, 4)
	}
	if all.NotKnown > 0 {
		p.para("  ", part{p.style.fair, "not known:"}, part{text: fmt.Sprintf("of %s, counted as current, whether there is a newer version: their versions cannot be compared", english.Plural(all.NotKnown, "package", ""))}, 2)
	}
	p.indexLine(r)
}

func comma(n int) string { return humanize.Comma(int64(n)) }

// indexLine says what index was asked.
func (p *page) indexLine(r *report.Report) {
	s := "index of packages: " + r.Patches.Index
	if !r.Patches.IndexDay.IsZero() {
		s += ", as of " + r.Patches.IndexDay.UTC().Format(time.DateOnly)
	}
	p.para("  ", part{}, part{p.style.dim, p.clean(s)}, 2)
}

func outdatedText(o report.Outdated) string {
	s := fmt.Sprintf("%s of %s outdated", comma(o.Outdated), comma(o.Total()))
	if o.Unlisted > 0 {
		s += fmt.Sprintf("; %s not in the index", comma(o.Unlisted))
	}
	return s
}

// ancestorOutdated writes an ancestor's outdated packages in the whole tree, with all by name.
func (p *page) ancestorOutdated(prefix string, r *report.Report, i int, all bool) {
	if r.Patches == nil || i >= len(r.Patches.Outdated) {
		return
	}
	o := r.Patches.Outdated[i]
	if o.Total() == 0 {
		return
	}
	s := "packages of the distribution: " + outdatedText(o)
	if all && o.Outdated > 0 {
		var names []string
		for k, j := range o.Packages {
			q := &r.Inventory.Packages[j]
			names = append(names, fmt.Sprintf("%s %s %s %s", q.Name, q.Version, p.sign.arrow, o.Newest[k]))
		}
		s += ": " + strings.Join(p.cut(names), ", ")
	}
	p.para(prefix, part{}, part{text: p.clean(s)}, 2)
}

// cut shortens a list that is long.
func (p *page) cut(list []string) []string {
	if n := len(list) - mostIDs; n > 1 {
		return append(list[:mostIDs:mostIDs], fmt.Sprintf("and %s more", comma(n)))
	}
	return list
}

// patchTail writes how far the fixes have come, a paragraph for each link that holds some.
func (p *page) patchTail(r *report.Report) {
	if r.Patches == nil || r.Patches.Traces == nil {
		return
	}
	type hold struct {
		state          report.PatchState
		ancestor, step int
	}
	held := map[hold][]int{}
	var order []hold
	for i, tr := range r.Patches.Traces {
		if i >= len(r.Vulnerabilities.List) || r.Vulnerabilities.List[i].Excuse != nil {
			continue
		}
		h := hold{tr.State, tr.Ancestor, tr.Step}
		if held[h] == nil {
			order = append(order, h)
		}
		held[h] = append(held[h], i)
	}
	if len(order) == 0 {
		return
	}
	p.line("")
	p.para("", part{p.style.name, "how far the fixes have come"}, part{}, 2)
	if r.Patches.Index != "" {
		p.indexLine(r)
	} else {
		p.para("  ", part{}, part{p.style.dim, "no index of packages was read: the scanners' word is taken for what is published"}, 2)
	}
	for _, state := range report.PatchStates() {
		for _, h := range order {
			if h.state != state {
				continue
			}
			label := h.state.Says()
			switch {
			case h.step != layers.None && h.state == report.PatchOwnStep:
				label += fmt.Sprintf(" (step %d)", h.step)
			case h.ancestor > 0:
				label += " (" + r.NameOf(h.ancestor) + ")"
			}
			p.para("  ", part{p.style.name, comma(len(held[h]))}, part{text: p.clean(label + ": " + strings.Join(p.heldText(r, held[h]), "; "))}, 2)
		}
	}
}

// heldText lists fixes with what is known of each reason: those of one reason together.
func (p *page) heldText(r *report.Report, list []int) []string {
	var whys []string
	ids := map[string][]string{}
	for _, i := range list {
		v, why := &r.Vulnerabilities.List[i], r.Patches.Traces[i].Why
		if ids[why] == nil {
			whys = append(whys, why)
		}
		ids[why] = append(ids[why], strings.TrimSpace(v.ID+" in "+v.Name))
	}
	var out []string
	for _, why := range whys {
		out = append(out, strings.Join(p.cut(ids[why]), ", ")+": "+why)
	}
	return p.cut(out)
}
