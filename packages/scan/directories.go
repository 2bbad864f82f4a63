package scan

import (
	"cmp"
	"maps"
	"path"
	"slices"
	"strings"

	"github.com/stemma-go/stemma/layers"
	"github.com/stemma-go/stemma/packages"
)

// tree sums up unowned files by directory.
type tree struct{ root *node }

type node struct {
	path  string
	bytes int64
	files int
	layer map[int]int64
	dirs  map[string]*node
}

func newTree() *tree { return &tree{&node{path: "."}} }

func (t *tree) add(e layers.Entry) {
	n := t.root
	n.add(e)
	dir := path.Dir(e.Path)
	if dir == "." {
		return
	}
	for part := range strings.SplitSeq(dir, "/") {
		if n.dirs == nil {
			n.dirs = map[string]*node{}
		}
		child := n.dirs[part]
		if child == nil {
			child = &node{path: path.Join(n.path, part)}
			n.dirs[part] = child
		}
		child.add(e)
		n = child
	}
}

func (n *node) add(e layers.Entry) {
	if n.layer == nil {
		n.layer = map[int]int64{}
	}
	n.bytes += e.Size
	n.files++
	n.layer[e.Layer] += e.Size
}

// rows returns the directories that say most: from the root down, a directory
// gives way to those below it while it is no more than a way to them (the two top
// levels), or while one of them holds nearly all of it.
func (t *tree) rows() []packages.Directory {
	var rows []packages.Directory
	var walk func(n *node, depth int)
	walk = func(n *node, depth int) {
		if len(n.dirs) == 0 || depth >= 2 && !n.dominated() {
			rows = append(rows, n.row())
			return
		}
		rest := *n
		rest.dirs = nil
		rest.layer = maps.Clone(n.layer)
		for _, name := range slices.Sorted(maps.Keys(n.dirs)) {
			child := n.dirs[name]
			rest.bytes -= child.bytes
			rest.files -= child.files
			for l, b := range child.layer {
				rest.layer[l] -= b
			}
			walk(child, depth+1)
		}
		if rest.files > 0 {
			rows = append(rows, rest.row())
		}
	}
	walk(t.root, 0)
	rows = slices.DeleteFunc(rows, func(d packages.Directory) bool { return d.Files == 0 })
	slices.SortFunc(rows, func(a, b packages.Directory) int {
		return cmp.Or(cmp.Compare(b.Bytes, a.Bytes), strings.Compare(a.Path, b.Path))
	})
	return rows[:min(len(rows), packages.MaxDirectories)]
}

// dominated reports whether one directory below holds nine tenths of n.
func (n *node) dominated() bool {
	for _, child := range n.dirs {
		if child.bytes >= n.bytes/10*9 {
			return true
		}
	}
	return false
}

func (n *node) row() packages.Directory {
	d := packages.Directory{Path: n.path, Bytes: n.bytes, Files: n.files, Layer: layers.None}
	for _, l := range slices.Sorted(maps.Keys(n.layer)) {
		if d.Layer == layers.None || n.layer[l] > n.layer[d.Layer] {
			d.Layer = l
		}
	}
	return d
}
