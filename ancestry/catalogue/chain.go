package catalogue

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/stemma-go/stemma/ancestry"
	"github.com/stemma-go/stemma/ancestry/catalogue/internal/data"
)

// connect finds what stands on what, and the best chain below every node.
func (t *trial) connect() {
	slices.SortStableFunc(t.nodes, func(a, b *node) int {
		return cmp.Or(cmp.Compare(a.start, b.start), cmp.Compare(a.end, b.end), cmp.Compare(b.grade, a.grade), cmp.Compare(a.catalog, b.catalog))
	})
	byEnd := map[int][]*node{}
	for _, n := range t.nodes {
		n.parents, n.grounded, n.open, n.why = nil, n.scratch, false, ""
		below := 0
		for _, p := range byEnd[n.start] {
			if (p.grounded || p.open) && t.agrees(n, p) {
				n.parents = append(n.parents, p)
				n.grounded = n.grounded || p.grounded
				below = max(below, p.value)
			}
		}
		n.value = n.worth() + below
		if !n.grounded && len(n.parents) > 0 {
			n.open = true // on an open one
		} else if !n.grounded {
			n.open, n.why = t.standsOnUnknown(n, byEnd)
			n.value = n.worth() + t.bestBelow(n.start)
		}
		byEnd[n.end] = append(byEnd[n.end], n)
	}
}

// worth is what a node adds to a chain: its steps, and more for the better grade. Roots
// that say nothing are worth the same whether their recipe could be read or not: which
// one it is must not hang on that.
func (n *node) worth() int {
	g := n.grade
	if n.scratch && n.start == 0 && !n.telling && !n.whole() {
		g = exact
	}
	return 4 * (n.end - n.start) * int(g)
}

// bestBelow is the worth of the best grounded chain that ends at or below a step.
func (t *trial) bestBelow(step int) int {
	best := 0
	for _, n := range t.nodes {
		if n.grounded && n.end <= step {
			best = max(best, n.value)
		}
	}
	return best
}

// standsOnUnknown reports whether a node may stand on something that no catalogue
// can tell: its FROM is of a repository that none has, or was a recipe that could not
// be read. If not it returns the reason: the FROM is known, and it is not below.
func (t *trial) standsOnUnknown(n *node, byEnd map[int][]*node) (bool, string) {
	says := "it is built on " + n.recipe.From
	if !n.telling || n.grade < shaped || n.from.Repository == "" {
		return false, says + ", which is not below"
	}
	for _, p := range byEnd[n.start] {
		if p.grounded && p.telling || p.grounded && !n.unreadable(t) {
			return false, says + ", and here on " + p.name().String()
		}
	}
	if n.unreadable(t) {
		return true, ""
	}
	return false, says + ", which is not below"
}

// unreadable reports whether no catalogue can tell how the node's parent was built.
func (n *node) unreadable(t *trial) bool {
	for i, c := range t.catalogs {
		repo, err := c.Repository(n.from.Repository)
		if err != nil {
			t.errs = append(t.errs, fmt.Errorf("catalogue %d: %w", i, err))
			continue
		}
		if repo == nil {
			continue
		}
		if n.made.IsZero() || len(n.from.Tags) == 0 {
			return false
		}
		today := t.catalogs[i].Day()
		day := min(data.DayOf(n.made), today)
		on := repo.On(n.from.Tags[0], day)
		if slices.ContainsFunc(on, func(p data.Pointing) bool { return repo.Recipe(p.Recipe).Read }) {
			return false
		}
	}
	return true
}

// A level is all the readings of one ancestor that go into one chain.
type level struct {
	start, end int
	nodes      []*node
	sure       bool   // better than inferred
	doubt      string // why it is not what it looks like
}

// choose takes the best chain, youngest level first. Its levels hold every node that
// fits: their differences are ties.
func (t *trial) choose() []level {
	var levels []level
	limit := len(t.steps)
	for limit > 0 {
		top := t.best(limit)
		if top == nil {
			break
		}
		chain := t.descend(top)
		levels = append(levels, chain...)
		last := chain[len(chain)-1]
		if limit = last.start; last.nodes[0].whole() {
			limit = last.end - 1 // its parents are in it
		}
	}
	return levels
}

// best returns the node with the best chain among those that end at or below a step.
func (t *trial) best(limit int) *node {
	var best *node
	for _, n := range t.nodes {
		if n.end <= limit && (n.grounded || n.open) && (best == nil || n.value > best.value) {
			best = n
		}
	}
	return best
}

// descend follows a chain down to its root.
func (t *trial) descend(top *node) []level {
	peers := func(n *node, from []*node) level {
		l := level{start: n.start, end: n.end}
		for _, o := range from {
			if o.start == n.start && o.end == n.end && o.value == n.value && (o.grounded || o.open) {
				l.nodes = append(l.nodes, o)
			}
		}
		return l
	}
	levels := []level{peers(top, t.nodes)}
	for {
		last := &levels[len(levels)-1]
		var below []*node
		for _, n := range last.nodes {
			for _, p := range n.parents {
				if !slices.Contains(below, p) {
					below = append(below, p)
				}
			}
		}
		if len(below) == 0 {
			return levels
		}
		next := peers(slices.MaxFunc(below, func(a, b *node) int { return cmp.Compare(a.value, b.value) }), below)
		levels = append(levels, next)
		prune(levels)
	}
}

// prune drops the nodes of each level that stand on nothing in the level below, or
// under nothing in the level above.
func prune(levels []level) {
	for i := len(levels) - 2; i >= 0; i-- {
		up, down := &levels[i], levels[i+1]
		if up.start != down.end || !linked(*up, down) {
			continue // another chain
		}
		up.nodes = slices.DeleteFunc(up.nodes, func(n *node) bool {
			return !slices.ContainsFunc(n.parents, func(p *node) bool { return slices.Contains(down.nodes, p) })
		})
	}
	for i := range len(levels) - 1 {
		up, down := levels[i], &levels[i+1]
		if up.start != down.end || !linked(up, *down) {
			continue
		}
		down.nodes = slices.DeleteFunc(down.nodes, func(p *node) bool {
			return !slices.ContainsFunc(up.nodes, func(n *node) bool { return slices.Contains(n.parents, p) })
		})
	}
}

// linked reports whether a level is what the one above stands on.
func linked(up, down level) bool {
	return slices.ContainsFunc(up.nodes, func(n *node) bool {
		return slices.ContainsFunc(n.parents, func(p *node) bool { return slices.Contains(down.nodes, p) })
	})
}

// keep keeps the nodes of a level for which something speaks, if there are any, and
// what of the other levels goes with them.
func keep(levels []level, i int, speaks func(*node) bool) {
	var rest []*node
	for _, n := range levels[i].nodes {
		if speaks(n) {
			rest = append(rest, n)
		}
	}
	if len(rest) == 0 || len(rest) == len(levels[i].nodes) {
		return
	}
	levels[i].nodes = rest
	prune(levels)
}

// tagged reports whether the node has one of a name's tags.
func (n *node) tagged(o ancestry.Name) bool {
	return n.repo.Name() == o.Repository && slices.ContainsFunc(o.Tags, func(t string) bool { return slices.Contains(n.tags, t) })
}
