package html

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/charmbracelet/x/ansi"

	"github.com/stemma-go/stemma/packages"
	"github.com/stemma-go/stemma/report"
)

// A content is something that the layers of one ancestor hold.
type content struct {
	name, note string
	kind       string // a class of the style sheet; "" for a package that is seen
	bytes      int64
}

// contents says what the layers of each ancestor hold, by ancestor, the largest first.
// All of it together is all files of all layers.
func contents(r *report.Report) [][]content {
	all := make([][]content, len(r.Ancestors))
	for i := range r.Inventory.Packages {
		p := &r.Inventory.Packages[i]
		by := make(map[int]int64, 1)
		for layer, n := range p.Bytes.ByLayer {
			by[r.AncestorOf(layer)] += n
		}
		for a, n := range by {
			if a >= 0 && n > 0 {
				all[a] = append(all[a], packageContent(p, n))
			}
		}
	}
	unowned, databases := make([]int64, len(all)), make([]int64, len(all))
	for layer, b := range r.Inventory.Layers {
		if a := r.AncestorOf(layer); a >= 0 {
			unowned[a] += b.Unowned
			databases[a] += b.Metadata
		}
	}
	for a := range all {
		if unowned[a] > 0 {
			all[a] = append(all[a], content{"unowned", "files that no package owns", "unowned", unowned[a]})
		}
		if databases[a] > 0 {
			all[a] = append(all[a], content{"package databases", "package databases, and the lists that come with them", "unowned", databases[a]})
		}
		slices.SortFunc(all[a], func(x, y content) int {
			return cmp.Or(cmp.Compare(y.bytes, x.bytes), cmp.Compare(x.name, y.name), cmp.Compare(x.note, y.note))
		})
	}
	return all
}

func packageContent(p *packages.Package, n int64) content {
	c := content{name: brief(p.Name), note: brief(p.Name + " " + p.Version), bytes: n}
	switch {
	case p.Bytes.Visible <= 0:
		c.kind = "dead"
		c.note += "; shipped, and never seen in the image"
	case p.Bytes.Shadowed > 0:
		c.note += "; of all its bytes " + size(p.Bytes.Shadowed) + " are overwritten or deleted later"
	}
	return c
}

// A packageMap is a picture of what is in the image.
type packageMap struct {
	Class  string
	W, H   float64
	Groups []mapGroup
}

// A mapGroup is what one ancestor holds.
type mapGroup struct {
	mapCell
	Cells []mapCell
}

// A mapCell is a rectangle with a name, as far as it has room.
type mapCell struct {
	rect
	Class       string
	Title       string // all that is to be said of it
	Label, Size string // what fits, or ""
}

const (
	headHeight = 20  // of the line with an ancestor's name
	charWidth  = 6.6 // of a letter, in the size that the style sheet has for the map
	lineHeight = 15
)

// newMap draws a map with an area for so many at most, and one for the rest of each ancestor.
func newMap(r *report.Report, all [][]content, class string, w, h float64, most int) packageMap {
	m := packageMap{Class: class, W: w, H: h}
	enough := worthAnArea(all, most, 80/(w*h))
	groups := gather(r, all)
	for i, area := range squarify(weigh(groups, func(g group) int64 { return g.bytes }), rect{0, 0, w, h}) {
		g := groups[i]
		area = area.inset(1, 0)
		top := 0.0
		if area.H > 3*headHeight {
			top = headHeight
		}
		out := mapGroup{mapCell: newCell(area, g.class, g.name, g.name, g.bytes)}
		if top == 0 {
			out.Label, out.Size = "", ""
		}
		cells := sumUp(g.contents, enough)
		for j, at := range squarify(weigh(cells, func(c content) int64 { return c.bytes }), area.inset(0, top)) {
			out.Cells = append(out.Cells, newCell(at.inset(0.5, 0), cells[j].kind, cells[j].name, cells[j].note+", in "+g.name, cells[j].bytes))
		}
		m.Groups = append(m.Groups, out)
	}
	return m
}

// A group is what one ancestor, or several small ones, hold.
type group struct {
	name, class string
	bytes       int64
	contents    []content
}

// worthAnArea is how many bytes get an area of their own: those of the largest, and no less than
// a share of all.
func worthAnArea(all [][]content, most int, share float64) int64 {
	var sizes []int64
	var total int64
	for _, cs := range all {
		for _, c := range cs {
			sizes = append(sizes, c.bytes)
			total += c.bytes
		}
	}
	enough := int64(share*float64(total)) + 1
	if len(sizes) > most {
		slices.Sort(sizes)
		enough = max(enough, sizes[len(sizes)-most])
	}
	return enough
}

// gather makes the groups, the largest first. Ancestors with little share one.
func gather(r *report.Report, all [][]content) []group {
	var total int64
	for _, cs := range all {
		total += bytesIn(cs)
	}
	var groups []group
	small, n := group{class: colour(len(all))}, 0
	for i, cs := range all {
		b := bytesIn(cs)
		switch {
		case b == 0:
		case b < total/500:
			n++
			small.bytes += b
			small.contents = append(small.contents, content{title(r, i), title(r, i), "", b})
		default:
			groups = append(groups, group{title(r, i), colour(i), b, cs})
		}
	}
	if n > 0 {
		small.name = count(n, "smaller ancestor", "smaller ancestors")
		groups = append(groups, small)
	}
	slices.SortStableFunc(groups, func(a, b group) int { return cmp.Compare(b.bytes, a.bytes) })
	return groups
}

// sumUp makes one of all that have little.
func sumUp(cs []content, enough int64) []content {
	small := slices.IndexFunc(cs, func(c content) bool { return c.bytes < enough })
	if small < 0 || small == len(cs)-1 {
		return cs
	}
	rest := cs[small:]
	out := append(slices.Clone(cs[:small]), content{
		name: number(len(rest)) + " more", note: count(len(rest), "smaller one", "smaller ones"), kind: "rest", bytes: bytesIn(rest),
	})
	slices.SortStableFunc(out, func(a, b content) int { return cmp.Compare(b.bytes, a.bytes) })
	return out
}

func bytesIn(cs []content) (n int64) {
	for _, c := range cs {
		n += c.bytes
	}
	return n
}

func weigh[T any](all []T, bytes func(T) int64) []float64 {
	out := make([]float64, len(all))
	for i, t := range all {
		out[i] = float64(bytes(t))
	}
	return out
}

// newCell makes a cell, with as much text as fits.
func newCell(at rect, class, name, note string, bytes int64) mapCell {
	c := mapCell{rect: at, Class: class, Title: note + ": " + size(bytes)}
	room := int((at.W - 8) / charWidth)
	if at.H < lineHeight+2 || room < 3 {
		return c
	}
	if ansi.StringWidth(name) > room && room < 6 {
		return c // too little of it to be understood
	}
	c.Label = ansi.Truncate(name, room, "…")
	if at.H >= 2*lineHeight+2 && ansi.StringWidth(size(bytes)) <= room {
		c.Size = size(bytes)
	}
	return c
}

// A packageRow is a line of the table of packages.
type packageRow struct {
	Name, Version, Type string
	Size                string
	Ancestor            string
	Class               string
	Life                []string
}

// most of a list are shown; package json has all.
const (
	mostPackages = 500
	mostFindings = 1000
	mostSteps    = 500
	mostItems    = 100
	mostProblems = 200
)

// packageTable lists the packages, those with the most bytes first.
func packageTable(r *report.Report) list[packageRow] {
	all := make([]*packages.Package, len(r.Inventory.Packages))
	for i := range all {
		all[i] = &r.Inventory.Packages[i]
	}
	slices.SortStableFunc(all, func(a, b *packages.Package) int { return cmp.Compare(b.Bytes.Total(), a.Bytes.Total()) })
	return first(all, mostPackages, func(_ int, p *packages.Package) packageRow {
		row := packageRow{Name: brief(p.Name), Version: brief(p.Version), Type: brief(p.Type), Size: size(p.Bytes.Total())}
		if len(p.Events) == 0 {
			return row
		}
		a := r.AncestorOf(p.Introduced())
		row.Ancestor, row.Class = nobody, colour(a)
		if a >= 0 {
			row.Ancestor = title(r, a)
		}
		for _, e := range p.Events[1:min(len(p.Events), 10)] {
			row.Life = append(row.Life, became(r, e))
		}
		if p.Bytes.Total() == 0 {
			switch {
			case p.Owner != "":
				row.Size = "in " + brief(p.Owner)
			case p.Bundled != "":
				row.Size = "in " + brief(p.Bundled)
			default:
				row.Size = "no bytes of its own"
			}
		}
		return row
	})
}

// nobody stands for an ancestor that is not known.
const nobody = "nobody in particular"

// became says what became of a package.
func became(r *report.Report, e packages.Event) string {
	by := nobody
	if a := r.AncestorOf(e.Layer); a >= 0 {
		by = title(r, a)
	}
	switch e.Kind {
	case packages.Removed:
		return "removed by " + by
	case packages.Unlisted:
		return "no longer listed since " + by
	case packages.Reinstalled:
		return "reinstalled by " + by
	}
	return fmt.Sprintf("%s by %s, from %s", show(string(e.Kind)), by, brief(e.From))
}
