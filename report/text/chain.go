package text

import (
	"fmt"
	"strings"
	"time"

	"github.com/charmbracelet/x/ansi"
	"github.com/dustin/go-humanize"
	"github.com/dustin/go-humanize/english"

	"github.com/stemma-go/stemma/report"
	"github.com/stemma-go/stemma/report/internal/words"
)

// A row is an ancestor in the table of the first screen.
type row struct {
	node, trunk string
	name, sure  part
	cells       []string // as heads
	bytes       int64    // for the bar
	facts       []string // the cells in words, where there is no room for columns
}

// The columns beside the name. A bar stands before the bytes.
const (
	columnBuilt = iota
	columnAge
	columnBytes
	columnPackages
	columnFindings
)

func heads() []string { return []string{"built", "age", "unpacked", "packages", "findings"} }

const (
	notKnown = "not known"
	leastBar = 4 // columns
	mostBar  = 10
	between  = "  " // two columns
)

// chain writes the ancestors as a table, a line for each where the width allows it; else a
// line for the name and one for the cells; else the cells in words.
func (p *page) chain(r *report.Report) {
	if len(r.Ancestors) == 0 {
		return
	}
	var rows []row
	names := len("image")
	for i := range r.Ancestors {
		rows = append(rows, p.row(r, i))
		names = max(names, ansi.StringWidth(rows[i].title()))
	}
	p.line("")
	width := min(p.width, proseWidth)
	beside := p.fit(rows, width-len(between)-names-len(between))
	below := p.fit(rows, width-len(between))
	switch {
	case beside != nil:
		p.line(p.style.dim.Render(strings.TrimRight(between+pad("image", names)+between+beside[0], " ")))
		for i, w := range rows {
			p.line(w.node + pad(w.title(), names) + between + beside[i+1])
		}
	case below != nil:
		p.line(p.style.dim.Render(strings.TrimRight(between+below[0], " ")))
		for i, w := range rows {
			p.headed(w.node, w.trunk, w.name, w.sure, 2)
			p.line(w.trunk + below[i+1])
		}
	default:
		for _, w := range rows {
			p.headed(w.node, w.trunk, w.name, w.sure, 2)
			p.fact(w.trunk, w.facts)
		}
	}
}

// fit returns the grid with the longest bar for which there is room, nil if there is none.
func (p *page) fit(rows []row, room int) []string {
	for bar := mostBar; bar >= leastBar; bar-- {
		if lines := p.grid(rows, bar); ansi.StringWidth(lines[0]) <= room {
			return lines
		}
	}
	return nil
}

// grid returns the line of heads and a line for each row, all as wide, with a bar of as
// many columns.
func (p *page) grid(rows []row, bar int) []string {
	var most int64
	figure := 0
	for _, w := range rows {
		most = max(most, w.bytes)
		figure = max(figure, ansi.StringWidth(w.cells[columnBytes]))
	}
	table := [][]string{heads()}
	for _, w := range rows {
		cells := append([]string(nil), w.cells...)
		cells[columnBytes] = strings.Repeat(" ", figure-ansi.StringWidth(cells[columnBytes])) + cells[columnBytes]
		cells[columnBytes] = p.bar(w.bytes, most, bar) + " " + cells[columnBytes]
		table = append(table, cells)
	}
	lines := make([]string, len(table))
	for c := range table[0] {
		width := 0
		for _, cells := range table {
			width = max(width, ansi.StringWidth(cells[c]))
		}
		for i, cells := range table {
			cell := pad(cells[c], width)
			if c == columnPackages {
				cell = strings.Repeat(" ", width-ansi.StringWidth(cells[c])) + cells[c]
			}
			if c > 0 {
				cell = between + cell
			}
			lines[i] += cell
		}
	}
	return lines
}

// pad fills s with spaces on the right. It may have styles.
func pad(s string, width int) string {
	return s + strings.Repeat(" ", max(width-ansi.StringWidth(s), 0))
}

// bar is n of most, in as many columns. What is more than nothing is seen.
func (p *page) bar(n, most int64, columns int) string {
	if n <= 0 || most <= 0 {
		return strings.Repeat(" ", columns)
	}
	parts := len(p.sign.bar)
	filled := max(int(float64(n)/float64(most)*float64(columns*parts)+0.5), 1)
	s := strings.Repeat(p.sign.bar[parts-1], filled/parts)
	if rest := filled % parts; rest > 0 {
		s += p.sign.bar[rest-1]
	}
	return p.style.line.Render(s) + strings.Repeat(" ", columns-ansi.StringWidth(s))
}

// row gathers what the table says of an ancestor.
func (p *page) row(r *report.Report, i int) row {
	a := r.Ancestors[i]
	name := title(r, i)
	w := row{node: p.sign.node, trunk: p.style.line.Render(p.sign.trunk) + " ", name: part{p.style.name, p.clean(name)}, sure: p.sure(a, name, i == 0)}
	if i == len(r.Ancestors)-1 {
		w.node, w.trunk = p.sign.root, "  "
	}
	w.node = p.style.line.Render(w.node) + " "
	w.sure.text = strings.Join(append([]string{w.sure.text}, doubts(a)...), ", ")

	w.cells = []string{notKnown, notKnown, notKnown, notKnown, p.found(r, i)}
	w.facts = []string{builtText(r, i), "bytes not known", "packages not known", "findings: " + w.cells[columnFindings]}
	if at, why := r.Built(i); why == "" {
		w.cells[columnBuilt], w.cells[columnAge] = at.UTC().Format(time.DateOnly), shortAge(at, r.AsOf)
	}
	if r.Index != nil {
		w.bytes = a.Uncompressed
		w.cells[columnBytes] = p.least(partial(r, a)) + words.Bytes(w.bytes)
		w.facts[1] = w.cells[columnBytes] + " unpacked"
	}
	if r.PackagesKnown() {
		w.cells[columnPackages] = p.least(r.Partial) + humanize.Comma(int64(a.Packages.Present))
		w.facts[2] = p.least(r.Partial) + english.Plural(a.Packages.Present, "package", "")
	}
	return w
}

// title is the name with how sure it is.
func (w row) title() string {
	if w.sure.text == "" {
		return w.name.render(w.name.text)
	}
	return w.name.render(w.name.text) + " " + w.sure.render(w.sure.text)
}

// doubts says that other names are as good, or that evidence is against this one. The
// whole tree has both.
func doubts(a report.Ancestor) []string {
	var list []string
	if _, _, ok := variants(a); !ok && len(a.Ties) > 0 {
		n := len(a.Ties)
		if len(a.Tags) > 0 { // the name itself is none of the ties
			n++
		}
		list = append(list, fmt.Sprintf("1 of %d names", n))
	}
	if len(a.Against) > 0 {
		list = append(list, "disputed")
	}
	return list
}

// least stands before a number that is the least that it can be.
func (p *page) least(yes bool) string {
	if yes {
		return p.sign.least
	}
	return ""
}

// found counts the findings about an ancestor, the most severe first; "none" if there are
// none.
func (p *page) found(r *report.Report, i int) string {
	count := countSeverities(r.Findings, func(f report.Finding) bool { return f.Ancestor == i })
	var list []string
	for s := report.Serious; s >= report.Note; s-- {
		if count[s] > 0 {
			sign, style := p.severity(s)
			list = append(list, style.Render(sign)+fmt.Sprintf(" %d", count[s]))
		}
	}
	if list == nil {
		return "none"
	}
	return strings.Join(list, " ")
}

// shortAge says how long from is before to, in the one unit that tells most: days,
// months, from two years on years. It never says more than there is.
func shortAge(from, to time.Time) string {
	months, days := words.Span(from, to)
	switch {
	case days < 0:
		return "in the future"
	case months >= 24:
		return english.Plural(months/12, "year", "")
	case months > 0:
		return english.Plural(months, "month", "")
	}
	return english.Plural(days, "day", "")
}
