package layers

import (
	"maps"
	"strings"
)

// What follows stacks layers in a second, deliberately simple way, for the property
// test: in a map of paths that is copied for every layer and searched as a whole for
// every deletion.

type refInode struct {
	layer   int
	typ     Type
	content string // or a link's target
	mode    int64
}

type refNode struct {
	layer int       // that has the entry
	ino   *refInode // nil for a hard link to nothing
	mode  int64     // of the header
	link  string    // of a hard link
}

type refView map[string]refNode

type refEntry struct {
	path   string
	typ    Type
	opaque bool
	text   string // content, or target
	mode   int64
}

// refLayer is what is expected of a layer.
type refLayer struct {
	changes                           []Change // by entry
	paths                             []string
	added, modified, rewritten        int64
	hides, deletes                    int64
	deletedFiles                      int
	unplaced, conflicts, unboundLinks int
	shadowed, content                 int64
	view                              refView
	inodes                            []*refInode
}

func refKind(n refNode) Type {
	if n.ino == nil {
		return Hardlink
	}
	return n.ino.typ
}

func (v refView) remove(p string, whole bool) {
	for q := range v {
		if whole && q == p || strings.HasPrefix(q, p+"/") || p == "" && q != "" {
			delete(v, q)
		}
	}
}

func refJoin(dir, name string) string {
	if dir == "" {
		return name
	}
	return dir + "/" + name
}

func refParent(p string) string {
	dir, _ := splitPath(p)
	if dir == "." {
		return ""
	}
	return dir
}

// walk follows a path. Links of layers under from are in the way; where there is no
// directory, missing decides what to do.
func (v refView) walk(path string, last bool, from int, missing func(p string, there *refNode) bool) (at string, ok, loop bool) {
	todo := strings.Split(path, "/")
	links := 0
	for len(todo) > 0 {
		name := todo[0]
		todo = todo[1:]
		switch name {
		case "", ".":
			continue
		case "..":
			at = refParent(at)
			continue
		}
		p := refJoin(at, name)
		n, ok := v[p]
		switch {
		case ok && !last && len(todo) == 0, ok && refKind(n) == Directory:
			at = p
		case ok && refKind(n) == Symlink && n.layer >= from:
			if links++; links > maxLinks {
				return "", false, true
			}
			if strings.HasPrefix(n.ino.content, "/") {
				at = ""
			}
			todo = append(strings.Split(n.ino.content, "/"), todo...)
		default:
			var there *refNode
			if ok {
				there = &n
			}
			if missing == nil || !missing(p, there) {
				return "", false, false
			}
			at = p
		}
	}
	return at, true, false
}

func (v refView) reachable() map[*refInode]bool {
	all := map[*refInode]bool{}
	for _, n := range v {
		if n.ino != nil && n.ino.typ == Regular {
			all[n.ino] = true
		}
	}
	return all
}

// refGone sums the bytes of files of one set that are not in another.
func refGone(was, is map[*refInode]bool, below int) (n int64) {
	for i := range was {
		if !is[i] && i.layer < below {
			n += int64(len(i.content))
		}
	}
	return n
}

func (v refView) apply(layer int, entries []refEntry) *refLayer {
	out := &refLayer{changes: make([]Change, len(entries)), paths: make([]string, len(entries))}
	lower, before := maps.Clone(v), v.reachable()
	links := refView{} // of this layer
	for i, e := range entries {
		where := links.reroute(e.path, false)
		switch e.typ {
		case Whiteout:
			out.changes[i], out.paths[i] = v.whiteout(e, links, out)
		case Symlink:
			links[where] = refNode{ino: &refInode{typ: Symlink, content: e.text}}
		default:
			delete(links, where)
		}
	}
	delete(links, "\x00")
	out.deletes = refGone(before, v.reachable(), layer)
	for i, e := range entries {
		if e.typ == Whiteout {
			v.makeWay(layer, e, out.paths[i], out)
			continue
		}
		out.changes[i], out.paths[i] = v.put(layer, e, lower, out)
	}
	out.hides = refGone(before, v.reachable(), layer)
	out.view = maps.Clone(v)
	return out
}

// reroute follows the links in v, and takes everything else for a directory. It returns
// a path that nothing has for a loop.
func (v refView) reroute(path string, last bool) string {
	if dir, base := splitPath(path); !last && dir != "." {
		to, ok, _ := v.walk(dir, true, 0, func(string, *refNode) bool { return true })
		if !ok {
			return "\x00"
		}
		return refJoin(to, base)
	} else if !last {
		return path
	}
	to, ok, _ := v.walk(path, true, 0, func(string, *refNode) bool { return true })
	if !ok {
		return "\x00"
	}
	return to
}

// makeWay makes a directory of the first thing in the way of a whiteout, if it is of a
// layer below.
func (v refView) makeWay(layer int, e refEntry, path string, out *refLayer) {
	if !e.opaque {
		path = refParent(path)
	}
	_, _, loop := v.walk(path, true, layer, func(p string, there *refNode) bool {
		if there == nil || there.layer == layer {
			return false
		}
		out.conflicts++
		v.remove(p, true)
		v[p] = refNode{layer: layer, ino: &refInode{layer: layer, typ: Directory}, mode: 0o755}
		return true
	})
	if loop {
		out.unplaced++
	}
}

func (v refView) whiteout(e refEntry, links refView, out *refLayer) (Change, string) {
	p := links.reroute(e.path, e.opaque)
	if _, ok := v[p]; !ok && p != "" || e.opaque && p != "" && refKind(v[p]) != Directory {
		return Ineffective, e.path
	}
	files, all := 0, len(v)
	for q, n := range v {
		if refKind(n) != Directory && (!e.opaque && q == p || strings.HasPrefix(q, p+"/") || p == "") {
			files++
		}
	}
	v.remove(p, !e.opaque)
	if len(v) == all {
		return Ineffective, e.path
	}
	out.deletedFiles += files
	if e.opaque {
		return Opaque, p
	}
	return Deleted, p
}

func (v refView) put(layer int, e refEntry, lower refView, out *refLayer) (Change, string) {
	n := refNode{layer: layer, mode: e.mode}
	if e.typ != Hardlink {
		n.ino = &refInode{layer: layer, typ: e.typ, content: e.text, mode: e.mode}
		if e.typ == Regular {
			out.inodes = append(out.inodes, n.ino)
			out.content += int64(len(e.text))
		}
	}
	size := int64(0)
	if e.typ == Regular {
		size = int64(len(e.text))
	}
	parent, ok, _ := v.walk(refParent(e.path), true, layer, func(p string, there *refNode) bool {
		if there != nil {
			out.conflicts++
			v.remove(p, true)
		}
		v[p] = refNode{layer: layer, ino: &refInode{layer: layer, typ: Directory}, mode: 0o755}
		return true
	})
	if !ok {
		out.unplaced++
		out.added += size
		return Added, e.path
	}
	_, base := splitPath(e.path)
	p := refJoin(parent, base)
	if old, ok := v[p]; ok && (e.typ != Directory || refKind(old) != Directory) {
		v.remove(p, true)
	}
	if e.typ == Hardlink {
		n.link = e.text
		target, ok, _ := v.walk(e.text, false, 0, nil)
		if t := v[target]; ok && t.ino != nil && t.ino.typ != Directory {
			n.ino = t.ino
		} else {
			out.unboundLinks++
		}
	}
	v[p] = n
	c := refChange(lower, p, n)
	switch c {
	case Added, Replaced:
		out.added += size
	case Modified:
		out.modified += size
	default:
		out.rewritten += size
	}
	return c, p
}

func refChange(lower refView, p string, n refNode) Change {
	old, ok := lower[p]
	switch {
	case !ok:
		return Added
	case refKind(old) != refKind(n), n.ino == nil && old.link != n.link:
		return Replaced
	case n.ino != nil && n.ino.typ != Directory && old.ino.content != n.ino.content:
		return Modified
	case old.mode != n.mode:
		return Metadata
	}
	return Unchanged
}
