package lines

import (
	"slices"

	"github.com/stemma-go/stemma/ancestry/catalogue/internal/recipe"
	"github.com/stemma-go/stemma/layers/history"
)

// What an alignment earns and costs.
const (
	equalLine = 4
	leftOut   = 1 // an instruction without a step, or a step without an instruction
)

// equal finds for each item a step that reads the same, in order, so that as little as
// possible is left out. The steps below the first that is found are the base's, and cost
// nothing. It takes time and memory in proportion to the number of items times that of
// the steps that it looks at.
func equal(items []item, h *recipe.History, d recipe.Dialect) (step []int, score int) {
	n := len(items)
	from := max(0, h.Len()-2*n-64) // no deeper than this
	m := h.Len() - from
	reads := readings(items, h, from, d)
	// best[i*(m+1)+j] is the score of items[i:] beside steps[from+j:].
	best := make([]int32, (n+1)*(m+1))
	at := func(i, j int) *int32 { return &best[i*(m+1)+j] }
	for i := n; i >= 0; i-- {
		for j := m; j >= 0; j-- {
			switch {
			case i == n:
				*at(i, j) = int32((j - m) * leftOut)
				continue
			case j == m:
				*at(i, j) = int32((i - n) * leftOut)
				continue
			}
			s := max(*at(i+1, j), *at(i, j+1)) - leftOut
			if reads(i, j) {
				s = max(s, equalLine+*at(i+1, j+1))
			}
			*at(i, j) = s
		}
	}
	step = make([]int, n)
	for i := range step {
		step[i] = history.None
	}
	score = -n * leftOut
	i, j := n, m
	for a := range n {
		for b := m - 1; b >= 0; b-- { // of equal ones the youngest
			if s := equalLine + int(*at(a+1, b+1)) - a*leftOut; reads(a, b) && s > score {
				score, i, j = s, a, b
			}
		}
	}
	for i < n && j < m {
		switch {
		case reads(i, j) && *at(i, j) == equalLine+*at(i+1, j+1):
			step[i] = from + j
			i, j = i+1, j+1
		case *at(i, j) == *at(i+1, j)-leftOut:
			i++
		default:
			j++
		}
	}
	return step, score
}

// readings returns whether item i can be step from+j. Lines are compared as numbers.
func readings(items []item, h *recipe.History, from int, d recipe.Dialect) func(i, j int) bool {
	number := map[string]int{}
	of := make([]int, len(items))
	for i, it := range items {
		if it.in.Keyword == "" {
			of[i] = -1
			continue
		}
		if _, ok := number[it.line]; !ok {
			number[it.line] = len(number)
		}
		of[i] = number[it.line]
	}
	can := make([][]int, h.Len()-from)
	for j := range can {
		if !h.Speaks(from+j, d) {
			continue
		}
		for _, line := range h.Readings(from+j, d) {
			if k, ok := number[line]; ok {
				can[j] = append(can[j], k)
			}
		}
	}
	return func(i, j int) bool { return of[i] >= 0 && slices.Contains(can[j], of[i]) }
}
