package layers

import (
	"cmp"
	"errors"
	"hash/maphash"
	"slices"
	"strings"
	"sync"
)

// root is the node of the root directory. None stands for no node.
const root int32 = 0

// A node is one path of the image. Names are kept once, whatever the number of
// layers that have them.
type node struct {
	name   string
	parent int32
	last   int32 // the last record of the path, None if there is none
}

// A tree holds all paths of an image. Layers that are read at the same time share
// it: while the image is being read, it is used with mu held.
type tree struct {
	mu    sync.Mutex
	seed  maphash.Seed
	nodes []node
	table []int32 // a hash table with open addressing: node numbers, None where free; its length is a power of two

	// Set by freeze: the children of node n, sorted by name, are
	// kids[start[n]:start[n+1]].
	start, kids []int32
}

func newTree() *tree {
	t := &tree{seed: maphash.MakeSeed()}
	t.nodes = append(t.nodes, node{parent: None, last: None})
	t.rehash(64)
	return t
}

func (t *tree) slot(parent int32, name string) uint64 {
	const odd = 0x9e3779b97f4a7c15
	h := (maphash.String(t.seed, name) ^ uint64(parent)) * odd
	return (h ^ h>>32) & uint64(len(t.table)-1)
}

// child returns the child of parent that has the name, None if there is none.
func (t *tree) child(parent int32, name string) int32 {
	mask := uint64(len(t.table) - 1)
	for s := t.slot(parent, name); ; s = (s + 1) & mask {
		n := t.table[s]
		if n == None || t.nodes[n].parent == parent && t.nodes[n].name == name {
			return n
		}
	}
}

// intern returns the child of parent that has the name, and makes it if it is not
// there.
func (t *tree) intern(parent int32, name string) (n int32, made bool) {
	if n := t.child(parent, name); n != None {
		return n, false
	}
	n = int32(len(t.nodes))
	t.nodes = append(t.nodes, node{name: strings.Clone(name), parent: parent, last: None})
	if 4*len(t.nodes) > 3*len(t.table) {
		t.rehash(2 * len(t.table))
	} else {
		t.insert(n)
	}
	return n, true
}

func (t *tree) insert(n int32) {
	mask := uint64(len(t.table) - 1)
	s := t.slot(t.nodes[n].parent, t.nodes[n].name)
	for t.table[s] != None {
		s = (s + 1) & mask
	}
	t.table[s] = n
}

func (t *tree) rehash(size int) {
	t.table = make([]int32, size)
	for i := range t.table {
		t.table[i] = None
	}
	for n := range t.nodes[1:] {
		t.insert(int32(n + 1))
	}
}

// internPath interns a clean path and returns how many nodes it had to make.
func (t *tree) internPath(from int32, path string) (n int32, made int) {
	n = from
	for more := path != "."; more; {
		var name string
		var isNew bool
		name, path, more = strings.Cut(path, "/")
		if n, isNew = t.intern(n, name); isNew {
			made++
		}
	}
	return n, made
}

// find returns the node of a clean path, None if no layer has it.
func (t *tree) find(path string) int32 {
	n := root
	for more := path != "."; more && n != None; {
		var name string
		name, path, more = strings.Cut(path, "/")
		n = t.child(n, name)
	}
	return n
}

// path returns the clean path of a node, "." for the root.
func (t *tree) path(n int32) string {
	if n == root {
		return "."
	}
	var few [32]int32 // enough for nearly all, without memory of their own
	way, size := few[:0], -1
	for p := n; p != root; p = t.nodes[p].parent {
		size += 1 + len(t.nodes[p].name)
		way = append(way, p)
	}
	var b strings.Builder
	b.Grow(size)
	for i, p := range slices.Backward(way) {
		b.WriteString(t.nodes[p].name)
		if i > 0 {
			b.WriteByte('/')
		}
	}
	return b.String()
}

// extent returns the number of components and of bytes of a node's path.
func (t *tree) extent(n int32) (depth, length int) {
	for ; n != root; n = t.nodes[n].parent {
		depth++
		length += 1 + len(t.nodes[n].name)
	}
	return depth, max(length-1, 0)
}

// freeze lists the children of every node. The tree must not change after it.
func (t *tree) freeze() {
	t.start = make([]int32, len(t.nodes)+1)
	for _, n := range t.nodes[1:] {
		t.start[n.parent+1]++
	}
	for i := range t.nodes {
		t.start[i+1] += t.start[i]
	}
	t.kids = make([]int32, len(t.nodes)-1)
	next := slices.Clone(t.start)
	for i, n := range t.nodes[1:] {
		t.kids[next[n.parent]] = int32(i + 1)
		next[n.parent]++
	}
	for i := range t.nodes {
		slices.SortFunc(t.children(int32(i)), func(a, b int32) int {
			return cmp.Compare(t.nodes[a].name, t.nodes[b].name)
		})
	}
}

func (t *tree) children(n int32) []int32 { return t.kids[t.start[n]:t.start[n+1]] }

// errLoop says that a path leads through too many symbolic links.
var errLoop = errors.New("symbolic links loop, or are too many")

// The limits for the symbolic links of one path: how many are followed, as in Linux,
// and how many components (with "." among them) and bytes they may add to the path.
// Links are followed for each of many entries, so that must not cost more when their
// targets are long.
const (
	maxLinks = 40
	maxSteps = 1024
	maxAdded = 16 << 10
)

// A route is what is left of a path that is being walked. The targets of links are
// put in front when they are met.
type route struct {
	rest                string
	links, steps, added int
}

// next takes the next name; it leaves out "" and ".".
func (w *route) next() (name string, ok bool) {
	for w.rest != "" {
		name, w.rest, _ = strings.Cut(w.rest, "/")
		if name != "" && name != "." {
			return name, true
		}
	}
	return "", false
}

// follow puts the target of a link in front. It reports whether the limits allow it.
func (w *route) follow(target string) bool {
	w.links++
	w.steps += 1 + strings.Count(target, "/")
	w.added += len(target)
	if w.links > maxLinks || w.steps > maxSteps || w.added > maxAdded {
		return false
	}
	if w.rest == "" {
		w.rest = target
	} else {
		w.rest = target + "/" + w.rest
	}
	return true
}
