package recipe

import (
	"fmt"
	"slices"
	"strings"
)

// At reports whether the recipe stands at step start of a history, from end to
// end, and returns the step after its last. The steps must be of one dialect.
func (r Recipe) At(h *History, start int) (end int, d Dialect, ok bool) {
	for _, d := range Dialects() {
		if end, ok := r.at(h, start, d); ok && end > start {
			return end, d, true
		}
	}
	return 0, Any, false
}

func (r Recipe) at(h *History, start int, d Dialect) (end int, ok bool) {
	end = start
	w := d.writing()
	for _, in := range r.Instructions {
		l, ok := in.line(w)
		if !ok {
			continue
		}
		if end < 0 || end >= h.Len() || !h.Reads(end, d, l) {
			return 0, false
		}
		end++
	}
	return end, true
}

// Differs compares what lines do not hold: the build arguments. It returns a
// sentence for the first that the history records with another value than the
// recipe, "" if all that is recorded agrees. The recipe must stand at start.
func (r Recipe) Differs(h *History, start int, d Dialect) string {
	at := start
	for _, in := range r.Instructions {
		if _, ok := in.Line(d); !ok {
			continue
		}
		for _, pair := range h.BuildArgs(at) {
			name, value, ok := strings.Cut(pair, "=")
			if def, has := in.fallback(name); has && def == value {
				continue
			}
			if want, known := lookup(in.Args, name); ok && known && want != value {
				return fmt.Sprintf("step %d was built with %s=%s, not %s", at, name, value, want)
			}
		}
		at++
	}
	return ""
}

// fallback returns the default that an ARG gives to a build argument, which
// Docker's classic builder records even where another value is used.
func (i Instruction) fallback(name string) (string, bool) {
	if i.Keyword != "ARG" {
		return "", false
	}
	v, ok := lookup(strings.Fields(i.Written), name)
	return strings.Trim(v, `"'`), ok
}

func lookup(pairs []string, name string) (string, bool) {
	for _, p := range pairs {
		if k, v, ok := strings.Cut(p, "="); ok && k == name {
			return v, true
		}
	}
	return "", false
}

// A Likeness says how much of a recipe was found in a history, in order, though
// not from end to end.
type Likeness struct {
	Start, End int // the steps from the first to after the last that agree
	Dialect    Dialect
	// Share is the weight of the lines that agree over that of all lines, 0 to 1.
	Share float64
	// Same and All are the numbers of lines that agree, and of all.
	Same, All int
}

// maxWindows bounds how many places of a history Like looks at, maxCells how many
// pairs of lines it compares there: long recipes have fewer windows, or none.
const (
	maxWindows = 256
	maxCells   = 1 << 23
)

// Like looks for the part of a history that agrees best with the recipe: the
// heaviest common sequence of lines inside a window half as long again as the
// recipe. It looks only where the recipe's lines occur, and not at recipes of
// thousands of lines. A share below a quarter is
// none: the zero Likeness.
func (r Recipe) Like(h *History) Likeness {
	var best Likeness
	for _, d := range Dialects() {
		lines := r.Lines(d)
		all := Weight(lines)
		if all == 0 {
			continue
		}
		known, share := r.present(h, lines, d)
		if share := float64(share) / float64(all); share < least || share <= best.Share {
			continue
		}
		width := min(len(lines)+len(lines)/2+1, h.Len())
		windows, most := 0, min(maxWindows, maxCells/(width*len(lines)+1))
		for from := 0; from < h.Len() && windows < most; from++ {
			if !h.Speaks(from, d) || !slices.ContainsFunc(h.Readings(from, d), func(l string) bool { return known[l] }) {
				continue
			}
			windows++
			l := common(h, from, min(from+width, h.Len()), lines, d)
			l.Share /= float64(all)
			if l.Share > best.Share && l.Share >= least {
				best = l
			}
		}
	}
	return best
}

// least is the share below which a likeness is not worth looking for.
const least = 0.25

// present returns the lines that occur in the history at all, and their weight.
func (r Recipe) present(h *History, lines []string, d Dialect) (map[string]bool, int) {
	here := make(map[string]bool, h.Len())
	for i := range h.Len() {
		if h.Speaks(i, d) {
			for _, l := range h.Readings(i, d) {
				here[l] = true
			}
		}
	}
	known, weight := make(map[string]bool, len(lines)), 0
	for _, l := range lines {
		if here[l] {
			known[l] = true
			weight += weigh(l)
		}
	}
	return known, weight
}

// common is the heaviest common subsequence; Share is its weight.
func common(h *History, from, to int, lines []string, d Dialect) Likeness {
	n, m := to-from, len(lines)
	weight := make([][]int, n+1)
	for i := range weight {
		weight[i] = make([]int, m+1)
	}
	same := func(i, j int) bool { return h.Reads(from+i, d, lines[j]) }
	for i := n - 1; i >= 0; i-- {
		for j := m - 1; j >= 0; j-- {
			weight[i][j] = max(weight[i+1][j], weight[i][j+1])
			if same(i, j) {
				weight[i][j] = max(weight[i][j], weight[i+1][j+1]+weigh(lines[j]))
			}
		}
	}
	l := Likeness{Dialect: d, All: m, Share: float64(weight[0][0])}
	for i, j := 0, 0; i < n && j < m && weight[i][j] > 0; {
		switch {
		case same(i, j) && weight[i][j] == weight[i+1][j+1]+weigh(lines[j]):
			if l.Same == 0 {
				l.Start = from + i
			}
			l.Same++
			l.End = from + i + 1
			i, j = i+1, j+1
		case weight[i][j] == weight[i+1][j]:
			i++
		default:
			j++
		}
	}
	return l
}
