package html

import (
	"cmp"
	"slices"

	"github.com/charmbracelet/x/ansi"

	"github.com/stemma-go/stemma/report"
	"github.com/stemma-go/stemma/report/internal/words"
)

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
	c := mapCell{rect: at, Class: class, Title: note + ": " + words.Bytes(bytes)}
	room := int((at.W - 8) / charWidth)
	if at.H < lineHeight+2 || room < 3 {
		return c
	}
	if ansi.StringWidth(name) > room && room < 6 {
		return c // too little of it to be understood
	}
	c.Label = ansi.Truncate(name, room, "…")
	if at.H >= 2*lineHeight+2 && ansi.StringWidth(words.Bytes(bytes)) <= room {
		c.Size = words.Bytes(bytes)
	}
	return c
}
