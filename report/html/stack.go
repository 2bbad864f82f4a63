package html

import (
	"fmt"
	"strconv"
	"time"

	"github.com/stemma-go/stemma/report"
)

// A stack is the picture of the chain: heights are bytes, widths are ages.
type stack struct {
	Known  bool // the bytes are known
	Bars   []bar
	Links  []link
	Ticks  []tick
	Oldest string // the year at the left edge
}

// A bar is an ancestor. All numbers are shares of the picture.
type bar struct {
	X, Y, W, H string
	Class      string
}

// A link leads from a bar to the ancestor's row in the table. Its points are in a square of
// 100 by 100.
type link struct{ Points, Class string }

// A tick is the beginning of a year.
type tick struct {
	X, Label string
	Minor    bool // may be left out where there is little room
}

// leastHeight is the share of the picture that the smallest ancestor gets, to be seen.
const leastHeight = 0.02

func newStack(r *report.Report) stack {
	var s stack
	heights := make([]float64, len(r.Ancestors))
	var total float64
	for _, a := range r.Ancestors {
		total += float64(max(a.Content, 0))
	}
	s.Known = r.Index != nil && total > 0
	rest := 1 - leastHeight*float64(len(heights))
	for i, a := range r.Ancestors {
		heights[i] = 1 / float64(len(heights))
		if s.Known && rest > 0 {
			heights[i] = leastHeight + rest*float64(max(a.Content, 0))/total
		}
	}
	from := oldest(r)
	scale := axis{from, r.AsOf}
	s.Oldest, s.Ticks = from.Format("2006"), scale.years(4)
	y := 0.0
	for i, h := range heights {
		x, class := 0.0, colour(i)
		at, why := r.Built(i)
		if why == "" {
			x = min(scale.at(at), 0.94) // what is new is seen, too
		} else {
			class += " vague"
		}
		if !s.Known {
			class += " unsized"
		}
		s.Bars = append(s.Bars, bar{percent(x), percent(y), percent(1 - x), percent(h), class})
		band := 1 / float64(len(heights))
		s.Links = append(s.Links, link{points(y, y+h, band*float64(i), band*float64(i+1)), colour(i)})
		y += h
	}
	return s
}

// points are the corners of a link: from a span at the left to one at the right.
func points(a, b, c, d float64) string {
	n := func(f float64) string { return strconv.FormatFloat(100*f, 'f', 2, 64) }
	return fmt.Sprintf("M0 %s C50 %s 50 %s 100 %s V%s C50 %s 50 %s 0 %sZ", n(a), n(a), n(c), n(c), n(d), n(d), n(b), n(b))
}

// oldest is when the oldest ancestor was built, or a year ago.
func oldest(r *report.Report) time.Time {
	from := r.AsOf.AddDate(-1, 0, 0)
	for i := range r.Ancestors {
		if at, why := r.Built(i); why == "" && at.Before(from) {
			from = at
		}
	}
	return from
}

// colour is the class that gives an ancestor its colour: that of the image itself is warm.
func colour(ancestor int) string {
	const colours = 8
	if ancestor < 0 {
		return "nobody"
	}
	if ancestor >= colours {
		ancestor = 1 + (ancestor-1)%(colours-1)
	}
	return "c" + strconv.Itoa(ancestor)
}

// An axis is a span of time that is drawn from left to right.
type axis struct{ from, to time.Time }

// at is where a moment is, as a share of the axis.
func (a axis) at(t time.Time) float64 {
	whole := a.to.Sub(a.from)
	if whole <= 0 {
		return 0
	}
	return min(max(float64(t.Sub(a.from))/float64(whole), 0), 1)
}

// years are the beginnings of years, so many at most.
func (a axis) years(most int) []tick {
	first, last := a.from.UTC().Year()+1, a.to.UTC().Year()
	step := 1
	for _, s := range []int{1, 2, 5, 10, 20, 50, 100} {
		if step = s; (last-first)/s < most {
			break
		}
	}
	var ticks []tick
	for y := (first + step - 1) / step * step; y <= last && len(ticks) <= most; y += step {
		ticks = append(ticks, tick{percent(a.at(time.Date(y, 1, 1, 0, 0, 0, 0, time.UTC))), strconv.Itoa(y), len(ticks)%2 == 1})
	}
	return ticks
}
