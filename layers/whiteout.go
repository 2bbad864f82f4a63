package layers

import "strings"

// whiteout applies a whiteout to the layers below. No entry of its own layer is in
// the merged view yet, so none can be hit.
func (m *merger) whiteout(id int32, r *record) {
	opaque := r.change == Opaque
	r.change, r.shadow = Ineffective, m.layer
	n := m.find(r.node, opaque, true)
	switch {
	case n == None:
	case opaque && m.nodes[n].child != None:
		r.node, r.change = n, Opaque
		m.empty(n, true)
	case !opaque && m.nodes[n].now != None:
		r.node, r.change = n, Deleted
		m.clear(n, true)
	}
	m.chain(id, r)
}

// follow returns the node that the path of n means in the merged view, symbolic
// links among its directories followed; None if the view does not have it.
func (m *merger) follow(n int32) int32 { return m.find(n, false, false) }

// find is follow; if last is true the last link is followed too, and what is found
// is a directory. If below is true the view is that of the layers below, and a link
// that the current layer replaces by a directory leads nowhere.
func (m *merger) find(n int32, last, below bool) int32 {
	if n == root || m.isDir(n) || !last && m.isDir(m.tree.nodes[n].parent) {
		return n
	}
	w := route{rest: m.tree.path(n)}
	at := root
	for {
		name, ok := w.pop()
		if !ok {
			return at
		}
		if name == ".." {
			at = max(m.tree.nodes[at].parent, root)
			continue
		}
		c := m.tree.child(at, name)
		if c == None || m.nodes[c].now == None {
			return None
		}
		if w.rest == "" && !last || m.isDir(c) {
			at = c
			continue
		}
		file := m.recs.inode(m.nodes[c].now)
		if file == None || m.recs.at(file).typ != Symlink || below && m.writesDir(c) {
			return None
		}
		target := m.recs.links[m.recs.at(file).link]
		if !w.push(target) {
			return None
		}
		if strings.HasPrefix(target, "/") {
			at = root
		}
	}
}

// writesDir reports whether the current layer writes a node out as a directory.
func (m *merger) writesDir(n int32) bool {
	if m.ownDirs == nil {
		m.ownDirs = map[int32]bool{}
		for id := range m.recs.of(int(m.layer)) {
			if r := m.recs.at(id); r.typ == Directory {
				m.ownDirs[r.node] = true
			}
		}
	}
	return m.ownDirs[n]
}
