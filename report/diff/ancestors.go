package diff

import (
	"crypto/sha256"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/stemma-go/stemma/layers"
	"github.com/stemma-go/stemma/packages"
	"github.com/stemma-go/stemma/report"
)

// compareAncestors lays the two chains beside each other.
func (c *comparison) compareAncestors() {
	c.counterpart = slices.Repeat([]int{-1}, len(c.old.Ancestors))
	a, b := newChain(c.old), newChain(c.new)
	a.base = c.diff.Base
	i, j := 0, 0
	for _, p := range append(align(a, b), [2]int{len(c.old.Ancestors), len(c.new.Ancestors)}) {
		c.addGap(i, p[0], j, p[1])
		if p[0] < len(c.old.Ancestors) {
			change := Moved
			if a.same(p[0], b, p[1]) {
				change = Kept
			}
			c.addPair(change, p[0], p[1])
		}
		i, j = p[0]+1, p[1]+1
	}
}

// addGap adds ancestors for which the other chain has none that is alike: old[i:iEnd] and
// new[j:jEnd]. They are paired from the bottom; the images themselves are a pair first, but for an image and
// another base.
func (c *comparison) addGap(i, iEnd, j, jEnd int) {
	if i == 0 && j == 0 && iEnd > 0 && jEnd > 0 && !c.diff.Base {
		c.addPair(Replaced, 0, 0)
		i, j = 1, 1
	}
	n := min(iEnd-i, jEnd-j)
	for ; iEnd-i > n; i++ {
		c.addPair(Removed, i, -1)
	}
	for ; jEnd-j > n; j++ {
		c.addPair(Added, -1, j)
	}
	for ; i < iEnd; i, j = i+1, j+1 {
		c.addPair(Replaced, i, j)
	}
}

func (c *comparison) addPair(change Change, i, j int) {
	if i >= 0 {
		c.counterpart[i] = j
	}
	c.diff.Ancestors = append(c.diff.Ancestors, Ancestor{Change: change, Old: side(c.old, i), New: side(c.new, j)})
}

// A chain is the ancestors of a report, ready to be compared.
type chain struct {
	r     *report.Report
	base  bool     // the other chain is one of another base
	bytes []string // for each, a hash of what its layers are; "" if not known
	files []string // the same of the files that they hold
}

func newChain(r *report.Report) *chain {
	c := &chain{r: r}
	for i := range r.Ancestors {
		c.bytes = append(c.bytes, c.hash(i, writeDiffIDs))
		c.files = append(c.files, c.hash(i, writeFiles))
	}
	return c
}

// same reports whether two ancestors added the same.
func (c *chain) same(i int, d *chain, j int) bool {
	return c.bytes[i] != "" && c.bytes[i] == d.bytes[j] || c.files[i] != "" && c.files[i] == d.files[j]
}

// like is how much two ancestors are alike: 0 not at all, 1 by name, 2 by what they added.
func (c *chain) like(i int, d *chain, j int) int {
	a, b := c.r.Ancestors[i], d.r.Ancestors[j]
	switch {
	case c.same(i, d, j):
		return 2
	case a.Repository != b.Repository:
		return 0
	case a.Repository != "" || i == 0 && j == 0 && !c.base:
		return 1
	}
	return 0
}

// maxChain bounds the ancestors that are aligned; real chains have a dozen at most.
const maxChain = 300

// align returns the pairs of ancestors that are alike: of all ways to pair them in order,
// the one in which they are most alike together.
func align(a, b *chain) [][2]int {
	n, m := min(len(a.bytes), maxChain), min(len(b.bytes), maxChain)
	best := make([][]int, n+1) // best[i][j]: how much a[i:] and b[j:] can be alike
	for i := range best {
		best[i] = make([]int, m+1)
	}
	for i := n - 1; i >= 0; i-- {
		for j := m - 1; j >= 0; j-- {
			best[i][j] = max(best[i+1][j], best[i][j+1])
			if like := a.like(i, b, j); like > 0 {
				best[i][j] = max(best[i][j], best[i+1][j+1]+like)
			}
		}
	}
	var pairs [][2]int
	for i, j := 0, 0; i < n && j < m; {
		like := a.like(i, b, j)
		switch {
		case like > 0 && best[i][j] == best[i+1][j+1]+like:
			pairs = append(pairs, [2]int{i, j})
			i, j = i+1, j+1
		case best[i][j] == best[i+1][j]:
			i++
		default:
			j++
		}
	}
	return pairs
}

// hash is one over what an ancestor added: its layers, as write has them, and the steps that
// made no layer. It is "" where that is not known.
func (c *chain) hash(i int, write func(io.Writer, *layers.Index, int)) string {
	a := c.r.Ancestors[i]
	if a.Layers.Len() > 0 && !readable(c.r.Index, a.Layers) || a.Steps.Len() == 0 {
		return ""
	}
	h := sha256.New()
	for s := a.Steps.From; s < a.Steps.To; s++ {
		if step, ok := c.r.Step(s); ok && step.Layer == layers.None {
			fmt.Fprintf(h, "step %q\n", step.CreatedBy)
		}
	}
	for l := a.Layers.From; l < a.Layers.To; l++ {
		write(h, c.r.Index, l)
	}
	return string(h.Sum(nil))
}

func writeDiffIDs(w io.Writer, x *layers.Index, layer int) {
	fmt.Fprintf(w, "layer %s\n", x.Layers[layer].DiffID)
}

// writeFiles writes what a layer's entries are, without what differs from one build to the next
// although nothing else does.
func writeFiles(w io.Writer, x *layers.Index, layer int) {
	for e := range x.Entries(layer) {
		if e.Type != layers.Directory && !isRecord(e.Path) {
			fmt.Fprintf(w, "%q %d %o %d:%d %q %x\n", e.Path, e.Type, e.Mode, e.UID, e.GID, e.Link, e.Sum)
		}
	}
}

// isRecord reports whether a file records what was done, and when: a log, a cache, a package
// database.
func isRecord(path string) bool {
	for _, dir := range []string{"var/log/", "var/cache/", "var/lib/apt/", "run/", "tmp/"} {
		if strings.HasPrefix(path, dir) {
			return true
		}
	}
	return packages.IsDatabase(path)
}
