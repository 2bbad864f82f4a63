package data

import (
	"cmp"
	"slices"
)

// A Likeness says how much of one recipe was found, in order, in a part of a
// reading.
type Likeness struct {
	Recipe int // ID
	// Lines are the instructions that agree line for line, Shapes those that agree
	// in shape, these included; Of is the number of the recipe's instructions.
	Lines, Shapes, Of int
}

// maxNearest bounds the instructions of what is compared, and maxCompared
// the recipes that are aligned: those that share most with it.
const (
	maxNearest  = 256
	maxCompared = 64
)

// Nearest returns the recipes that are most like a part of a reading, the best
// first, at most n: by common shapes in order, then by common lines, then those
// with fewest other instructions, then the youngest. A repository whose last
// recipes are near, and not equal, made the part in a version that the catalogue
// does not know, or somebody changed or copied its Dockerfile.
func (r *Repository) Nearest(part Reading, n int) []Likeness {
	column := slices.Index(r.dialects, part.Dialect)
	if column < 0 || len(part.Lines) == 0 || len(part.Lines) > maxNearest || len(part.Lines) != len(part.Shapes) {
		return nil
	}
	candidates := r.sharing(column, part)
	out := make([]Likeness, 0, len(candidates))
	var a aligner
	var further [][]uint64
	for _, id := range candidates {
		reading := r.Reading(id, part.Dialect)
		l := Likeness{Recipe: id, Of: len(reading.Lines)}
		var others [][]uint64
		if r.recipes[id].open {
			if further == nil {
				further = part.others()
			}
			others = further
		}
		l.Shapes, l.Lines = a.align(part, reading, others)
		out = append(out, l)
	}
	slices.SortFunc(out, func(a, b Likeness) int {
		return cmp.Or(b.Shapes-a.Shapes, b.Lines-a.Lines, a.Of-b.Of, cmp.Compare(r.lastDay(b.Recipe), r.lastDay(a.Recipe)), a.Recipe-b.Recipe)
	})
	return out[:min(n, len(out))]
}

func (r *Repository) lastDay(id int) Day {
	last := -Ongoing
	for _, s := range r.spans[r.recipes[id].spanFirst:r.recipes[id].spanEnd] {
		last = max(last, s.to)
	}
	return last
}

// sharing returns the recipes that share most shapes with a part, without regard
// to order; of those that share as many, the youngest.
func (r *Repository) sharing(column int, part Reading) []int {
	wanted := make(map[uint64]bool, len(part.Shapes))
	for _, s := range part.Shapes {
		wanted[s] = s != 0
	}
	lines := make(map[uint64]bool, len(part.Lines))
	for _, l := range part.Lines {
		lines[l] = l != 0
	}
	score := make([]int, r.instructions()) // 5 for a line, 4 for a shape
	for i, l := range r.byDialect[column] {
		if l >= 0 && wanted[r.shape(l)] {
			score[i] = 4
			if lines[r.line(l)] {
				score[i] = 5
			}
		}
	}
	type shared struct {
		id, score int
		last      Day
	}
	var all []shared
	for id, x := range r.recipes {
		if x.end-x.first > maxNearest {
			continue
		}
		s := shared{id: id}
		for _, at := range r.arena[x.first:x.end] {
			s.score += score[at]
		}
		if s.score > 0 {
			s.score -= max(0, int(x.end-x.first)-len(part.Lines))
			s.last = r.lastDay(id)
			all = append(all, s)
		}
	}
	slices.SortFunc(all, func(a, b shared) int {
		return cmp.Or(b.score-a.score, cmp.Compare(b.last, a.last), a.id-b.id)
	})
	ids := make([]int, min(len(all), maxCompared))
	for i := range ids {
		ids[i] = all[i].id
	}
	return ids
}

// An aligner finds longest common subsequences; it keeps its table.
type aligner struct{ table []int32 }

// align returns how many shapes the readings have in common, in order, and how many
// of those are equal lines; others are further lines of x, if y is open. Among alignments with as many shapes, it takes the one
// with most lines.
func (a *aligner) align(x, y Reading, others [][]uint64) (shapes, lines int) {
	n, m := len(x.Lines), len(y.Lines)
	if need := (n + 1) * (m + 1); len(a.table) < need {
		a.table = make([]int32, need)
	} else {
		clear(a.table[:need])
	}
	const shape = 1 << 12 // weighs more than all lines together
	width := m + 1
	for i := n - 1; i >= 0; i-- {
		for j := m - 1; j >= 0; j-- {
			best := max(a.table[(i+1)*width+j], a.table[i*width+j+1])
			if x.Shapes[i] != 0 && x.Shapes[i] == y.Shapes[j] {
				gain := int32(shape)
				if x.Lines[i] == y.Lines[j] {
					gain++
				}
				best = max(best, a.table[(i+1)*width+j+1]+gain)
			} else if others != nil && slices.Contains(others[i], y.Lines[j]) {
				best = max(best, a.table[(i+1)*width+j+1]+shape+1)
			}
			a.table[i*width+j] = best
		}
	}
	return int(a.table[0] / shape), int(a.table[0] % shape)
}

// Part returns a part of a reading: instructions start to end-1.
func (r Reading) Part(start, end int) Reading {
	part := Reading{Dialect: r.Dialect, Lines: r.Lines[start:end], Shapes: r.Shapes[start:end], h: r.h, first: r.first + start}
	if r.outlines != nil {
		part.outlines = r.outlines[start:end]
	}
	return part
}

// Len returns the number of instructions.
func (r Reading) Len() int { return len(r.Lines) }
