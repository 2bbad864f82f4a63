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

// countBytes gives every content byte of the layer to its owner, the databases or
// nobody.
func (a *attribution) countBytes(d *delta) {
	n := d.layer
	for e := range a.idx.Entries(n, layers.Regular) {
		delete(a.shared, version{n, e.Path}) // of a file that the layer overwrites itself
		first := e.Path
		l, e := a.holder(e, d.links[inodeOf(e)])
		switch {
		case l != nil:
			a.bytes[n].Packages += e.Size
			l.count(e, 1)
			if e.Path == first && len(a.owners.under[e.Path]) > 0 {
				a.shared[version{n, e.Path}] = l
			}
		case packages.IsDatabase(e.Path) || a.behind.isDatabase(n, e.Path):
			a.bytes[n].Metadata += e.Size
		default:
			a.bytes[n].Unowned += e.Size
			if e.Visible() {
				a.unowned.add(e)
			}
		}
	}
}

// holder returns the package that the bytes of a file count for, nil if there is none,
// and the file under the name for which they do. A visible name that a package owns goes
// first, then the first name, under which the file came, then any other that a package owns.
func (a *attribution) holder(e layers.Entry, links []link) (*life, layers.Entry) {
	first := a.owners.of(e.Path)
	if first != nil && e.Visible() {
		return first, e
	}
	for _, link := range links {
		if !link.visible {
			continue
		}
		if o := a.owners.of(link.path); o != nil {
			e.Path, e.Shadow = link.path, layers.None
			return o, e
		}
	}
	if i := slices.IndexFunc(links, func(n link) bool { return n.visible }); i >= 0 && !e.Visible() {
		e.Path, e.Shadow = links[i].path, layers.None
	}
	if first != nil || e.Visible() {
		return first, e
	}
	for _, link := range links {
		if o := a.owners.of(link.path); o != nil {
			return o, e
		}
	}
	return nil, e
}

// passOn counts files that a package leaves behind for those that share them.
func (a *attribution) passOn(n int, from *life, files []string) {
	for _, p := range files {
		e, ok := a.idx.Lookup(n, p)
		if !ok || e.Type != layers.Regular || a.shared[version{e.Layer, p}] != from {
			continue
		}
		to := a.owners.of(p)
		from.count(e, -1)
		to.count(e, 1)
		a.shared[version{e.Layer, p}] = to
	}
}

// count adds a file to those of the package, or takes it away again: times is 1 or -1.
func (l *life) count(e layers.Entry, times int64) {
	if l.bytes.ByLayer == nil {
		l.bytes.ByLayer = map[int]int64{}
	}
	size := times * e.Size
	if l.bytes.ByLayer[e.Layer] += size; l.bytes.ByLayer[e.Layer] == 0 && times < 0 {
		delete(l.bytes.ByLayer, e.Layer)
	}
	if e.Visible() {
		l.bytes.Visible += size
		l.files += int(times)
		return
	}
	l.bytes.Shadowed += size
}

// maxDirectories is the greatest number of rows of Inventory.Unowned.
const maxDirectories = 50

// A tree sums up unowned files by directory.
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
	return rows[:min(len(rows), maxDirectories)]
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
