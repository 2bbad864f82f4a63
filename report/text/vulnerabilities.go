package text

import (
	"fmt"
	"strings"
	"time"

	"github.com/charmbracelet/x/ansi"
	"github.com/dustin/go-humanize"
	"github.com/dustin/go-humanize/english"

	"github.com/stemma-go/stemma/report"
)

// mostIDs is how many identifiers are listed of one package: a kernel's headers have
// thousands.
const mostIDs = 12

// leastName is the width of the names from which on the table is worth it.
const leastName = 24

// vulnerabilities writes the table: an ancestor a row, and below it what the numbers rest on.
func (p *page) vulnerabilities(r *report.Report) {
	v := r.Vulnerabilities
	if v == nil {
		return
	}
	p.line("")
	all := v.Count(nil)
	rows := [][]string{append([]string{"  vulnerabilities"}, p.ratingHeads(all)...)}
	add := func(name string, c report.VulnerabilityCounts) {
		rows = append(rows, append([]string{name}, ratingCells(c, all)...))
	}
	for i := range r.Ancestors {
		node := p.sign.node
		if i == len(r.Ancestors)-1 {
			node = p.sign.root
		}
		add(p.style.line.Render(node)+" "+p.style.name.Render(p.clean(title(r, i))), v.Of(i))
	}
	if c := v.Of(-1); c.Ratings.Total()+c.Excused > 0 {
		add("? "+p.style.poor.Render("ancestor not known"), c)
	}
	add("  all", all)
	if !p.table(rows) {
		p.para("", part{}, part{p.style.name, "vulnerabilities"}, 2)
		for i, row := range rows[1:] {
			c := all
			switch {
			case i < len(r.Ancestors):
				c = v.Of(i)
			case i < len(rows)-2:
				c = v.Of(-1)
			}
			p.para("", part{text: row[0] + ":"}, part{text: p.countText(c)}, 4)
		}
	}
	p.scans(v, all)
}

// ratingHeads are the columns; those of what there is none of, and seldom is, are left out.
func (p *page) ratingHeads(all report.VulnerabilityCounts) []string {
	var heads []string
	for rating := report.Critical; rating >= report.Unrated; rating-- {
		if shownRating(rating, all) {
			heads = append(heads, rating.String())
		}
	}
	heads = append(heads, "all", "fixable")
	if all.Excused > 0 {
		heads = append(heads, "excused")
	}
	return heads
}

func shownRating(rating report.Rating, all report.VulnerabilityCounts) bool {
	return rating != report.Negligible || all.Ratings[rating] > 0
}

func ratingCells(c, all report.VulnerabilityCounts) []string {
	var cells []string
	for rating := report.Critical; rating >= report.Unrated; rating-- {
		if shownRating(rating, all) {
			cells = append(cells, humanize.Comma(int64(c.Ratings[rating])))
		}
	}
	cells = append(cells, humanize.Comma(int64(c.Ratings.Total())), humanize.Comma(int64(c.Fixable)))
	if all.Excused > 0 {
		cells = append(cells, humanize.Comma(int64(c.Excused)))
	}
	return cells
}

// table writes rows whose first cell is on the left and the others on the right. It shortens
// the first, or returns false, and writes nothing, if there is no room.
func (p *page) table(rows [][]string) bool {
	widths := make([]int, len(rows[0]))
	total := 0
	for c := range widths {
		for _, row := range rows {
			widths[c] = max(widths[c], ansi.StringWidth(row[c]))
		}
		total += widths[c]
	}
	room := min(p.width, proseWidth) - (total - widths[0]) - len(between)*(len(widths)-1)
	if room < min(widths[0], leastName) {
		return false
	}
	for i, row := range rows {
		first := row[0]
		if n := ansi.StringWidth(first); n > room { // the node, and the end of the name, which tells most
			first = ansi.Truncate(first, 2, "") + ansi.TruncateLeft(first, n-room+2+ansi.StringWidth(p.sign.dots), p.sign.dots)
		}
		line := pad(first, min(room, widths[0]))
		for c := 1; c < len(row); c++ {
			line += between + strings.Repeat(" ", widths[c]-ansi.StringWidth(row[c])) + row[c]
		}
		if i == 0 {
			line = p.style.dim.Render(line)
		}
		p.line(line)
	}
	return true
}

// countText is a row in words: "1 critical, 2 high; 2 fixable".
func (p *page) countText(c report.VulnerabilityCounts) string {
	var list []string
	for rating := report.Critical; rating >= report.Unrated; rating-- {
		if n := c.Ratings[rating]; n > 0 {
			list = append(list, humanize.Comma(int64(n))+" "+rating.String())
		}
	}
	s := "none"
	if list != nil {
		s = strings.Join(list, ", ")
		s += fmt.Sprintf("; %s fixable", humanize.Comma(int64(c.Fixable)))
	}
	if c.Excused > 0 {
		s += fmt.Sprintf("; %s excused", humanize.Comma(int64(c.Excused)))
	}
	return s
}

// scans says what the numbers rest on, a fact a line.
func (p *page) scans(v *report.Vulnerabilities, all report.VulnerabilityCounts) {
	dim := func(s string) { p.para("  ", part{}, part{p.style.dim, p.clean(s)}, 2) }
	if all.Absent > 0 {
		dim(fmt.Sprintf("%s of these in packages that a later layer removed or replaced: shipped, but not visible", humanize.Comma(int64(all.Absent))))
	}
	if all.Hidden > 0 {
		dim(fmt.Sprintf("%s of these in packages whose database was deleted: their files may be there", humanize.Comma(int64(all.Hidden))))
	}
	for _, s := range v.Scans {
		facts := []string{english.Plural(s.Findings, "finding", "")}
		if s.Suppressed > 0 {
			facts = append(facts, fmt.Sprintf("%d more that it leaves out", s.Suppressed))
		}
		if s.Again > 0 {
			facts = append(facts, fmt.Sprintf("%d of them the same as others", s.Again))
		}
		dim(scannerName(s) + " (" + s.File + "): " + strings.Join(facts, ", "))
		switch {
		case s.Other != "":
			p.para("  ", part{p.style.poor, "of another image:"}, part{text: p.clean(s.Other)}, 2)
		case s.Same == "":
			p.para("  ", part{p.style.fair, "not known:"}, part{text: "whether it is of this image: it says nothing that could be compared"}, 2)
		}
	}
	for _, x := range v.Exceptions {
		dim(fmt.Sprintf("VEX of %s (%s): %s, %d about this image", orUnknown(x.Author), x.File, english.Plural(x.Statements, "statement", ""), x.Used))
	}
	if n := scannersWord(v); n > 0 {
		p.para("  ", part{p.style.fair, "not known:"}, part{text: fmt.Sprintf("the image's packages; %s to a layer by the scanner's word alone", english.Plural(n, "vulnerability belongs", "vulnerabilities belong"))}, 2)
	}
}

func scannerName(s report.Scan) string {
	name := s.Scanner
	if s.Version != "" {
		name += " " + s.Version
	}
	if !s.Made.IsZero() {
		name += ", " + s.Made.UTC().Format(time.DateOnly)
	}
	return name
}

func orUnknown(s string) string {
	if s == "" {
		return "an unknown author"
	}
	return s
}

func scannersWord(v *report.Vulnerabilities) int {
	n := 0
	for i := range v.List {
		if v.List[i].Join == report.JoinScanner {
			n++
		}
	}
	return n
}

// ancestorVulnerabilities writes an ancestor's in the whole tree: their number, and with all
// a line for each package.
func (p *page) ancestorVulnerabilities(prefix string, r *report.Report, i int, all bool) {
	v := r.Vulnerabilities
	if v == nil {
		return
	}
	c := v.Of(i)
	p.para(prefix, part{}, part{text: "vulnerabilities: " + p.countText(c)}, 2)
	if all {
		p.packages(prefix+"  ", v, i)
	}
}

// packages writes a line for each package that has vulnerabilities.
func (p *page) packages(prefix string, v *report.Vulnerabilities, ancestor int) {
	for _, g := range v.ByPackage(ancestor) {
		first := &v.List[g.Vulnerabilities[0]]
		facts := []string{p.countText(g.Counts)}
		if first.State != "" && first.State != "present" {
			facts = append(facts, "the package is "+string(first.State))
		}
		if first.Why != "" {
			facts = append(facts, first.Why)
		}
		if first.Join == report.JoinFile {
			facts = append(facts, "its layer is that of "+first.Path)
		}
		var ids []string
		for _, j := range g.Vulnerabilities {
			w := &v.List[j]
			id := w.ID
			switch {
			case w.Excuse != nil:
				id += " (excused)"
			case w.Fixable():
				id += " (fixed in " + strings.Join(w.Fixed, " or ") + ")"
			case w.Status == report.FixRefused:
				id += " (will not be fixed)"
			}
			ids = append(ids, id)
		}
		if n := len(ids) - mostIDs; n > 1 {
			ids = append(ids[:mostIDs], fmt.Sprintf("and %s more", humanize.Comma(int64(n))))
		}
		name := strings.TrimSpace(first.Name + " " + first.Version)
		p.para(prefix, part{p.style.name, p.clean(name) + ":"}, part{text: p.clean(strings.Join(facts, "; ") + ": " + strings.Join(ids, ", "))}, 2)
	}
}

// vulnerabilityTail writes those without an ancestor, and what is excused.
func (p *page) vulnerabilityTail(r *report.Report) {
	v := r.Vulnerabilities
	if v == nil {
		return
	}
	if c := v.Of(-1); c.Ratings.Total()+c.Excused > 0 {
		p.line("")
		p.para("", part{}, part{p.style.name, "vulnerabilities whose ancestor is not known"}, 2)
		p.packages("  ", v, -1)
	}
	headed := false
	for i := range v.List {
		w := &v.List[i]
		if w.Excuse == nil {
			continue
		}
		if !headed {
			headed = true
			p.line("")
			p.para("", part{}, part{p.style.name, "vulnerabilities that are excused"}, 2)
		}
		var why []string
		for _, s := range []string{strings.ReplaceAll(w.Excuse.Status, "_", " "), strings.ReplaceAll(w.Excuse.Justification, "_", " "), w.Excuse.Says} {
			if s != "" {
				why = append(why, s)
			}
		}
		p.para("  ", part{p.style.name, p.clean(w.ID)}, part{text: p.clean(fmt.Sprintf("in %s: %s, says %s (%s)",
			strings.TrimSpace(w.Name+" "+w.Version), strings.Join(why, "; "), orUnknown(w.Excuse.By), w.Excuse.File))}, 2)
	}
	p.line("")
	p.para("", part{}, part{p.style.name, "scanners' reports"}, 2)
	p.scans(v, v.Count(nil))
}
