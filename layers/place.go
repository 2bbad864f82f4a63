package layers

import (
	"errors"
	"fmt"
	"strings"
)

// chain makes a record the youngest of its node.
func (m *merger) chain(id int32, r *record) {
	n := &m.tree.nodes[r.node]
	r.prev, n.last = n.last, id
}

// touch notes what a node held in the layers below, before the current layer changes it.
func (m *merger) touch(n int32) {
	if p := &m.nodes[n]; p.seen != m.layer {
		p.seen, p.before = m.layer, p.now
	}
}

// show makes a record visible, and its node a child of its parent.
func (m *merger) show(n, id int32) {
	p := &m.nodes[n]
	was := p.now
	p.now = id
	if was != None || n == root {
		return
	}
	parent := &m.nodes[m.tree.nodes[n].parent]
	p.prev, p.next = None, parent.child
	if p.next != None {
		m.nodes[p.next].prev = n
	}
	parent.child = n
}

// clear hides a node and all below it. byWhiteout is true if it was deleted, not
// overwritten.
func (m *merger) clear(n int32, byWhiteout bool) {
	p := &m.nodes[n]
	if n != root {
		if p.next != None {
			m.nodes[p.next].prev = p.prev
		}
		if p.prev != None {
			m.nodes[p.prev].next = p.next
		} else {
			m.nodes[m.tree.nodes[n].parent].child = p.next
		}
	}
	m.clearAll(append(m.stack[:0], n), byWhiteout)
}

// empty hides all below a node.
func (m *merger) empty(n int32, byWhiteout bool) {
	todo := m.stack[:0]
	for c := m.nodes[n].child; c != None; c = m.nodes[c].next {
		todo = append(todo, c)
	}
	m.nodes[n].child = None
	m.clearAll(todo, byWhiteout)
}

func (m *merger) clearAll(todo []int32, byWhiteout bool) {
	for len(todo) > 0 {
		n := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		for c := m.nodes[n].child; c != None; c = m.nodes[c].next {
			todo = append(todo, c)
		}
		m.touch(n)
		p := &m.nodes[n]
		m.hide(p.now, byWhiteout)
		p.now, p.child, p.next, p.prev = None, None, None, None
	}
	m.stack = todo
}

// hide marks a record as overwritten or deleted by the current layer, and accounts
// for its bytes: those of a file with several names are hidden with the last name.
func (m *merger) hide(id int32, byWhiteout bool) {
	r := m.recs.at(id)
	r.shadow = m.layer
	if byWhiteout && r.typ != Directory {
		m.info.DeletedFiles++
	}
	file := m.recs.inode(id)
	if file == None || m.recs.at(file).typ != Regular {
		return
	}
	if more := m.names[file]; more > 0 {
		if m.names[file]--; more == 1 {
			delete(m.names, file)
		}
		return
	}
	size, from := m.recs.at(file).size, m.recs.layer(file)
	m.x.Layers[from].Shadowed += size
	if from == m.layer {
		return
	}
	m.info.Hides += size
	if byWhiteout {
		m.info.Deletes += size
	}
}

// imply makes a directory that no layer writes out visible at a free node.
func (m *merger) imply(n int32) {
	m.touch(n)
	id := m.recs.addImplied(m.layer, record{
		node: n, prev: None, link: None, shadow: None, typ: Directory, flags: implied,
		attrs: m.attrTable.number(m.plain),
	})
	m.chain(id, m.recs.at(id))
	m.show(n, id)
}

// isDir reports whether a node is a directory in the merged view. All above it are
// then.
func (m *merger) isDir(n int32) bool {
	if n == root {
		return true
	}
	now := m.nodes[n].now
	return now != None && m.recs.at(now).typ == Directory
}

// locate makes sure that the parent of an entry is a directory of the merged view,
// and moves the entry below the target if the parent is a symbolic link.
func (m *merger) locate(r *record) error {
	if r.node == root {
		return nil
	}
	raw := m.tree.nodes[r.node]
	if m.isDir(raw.parent) {
		return nil
	}
	parent, err := m.descend(raw.parent, r.node)
	if err != nil {
		return err
	}
	if parent == raw.parent {
		return nil
	}
	n, err := m.step(parent, raw.name)
	if err != nil {
		return err
	}
	if depth, length := m.tree.extent(n); depth > m.lim.PathDepth || length > m.lim.PathLength {
		return errors.New("parent directory is a symbolic link that leads to too long a path")
	}
	r.node = n
	return nil
}

// descend walks to a directory that an entry needs, follows links on the way and
// implies what is missing. entry is for the message.
func (m *merger) descend(dir, entry int32) (int32, error) {
	w := route{rest: m.tree.path(dir)}
	at := root
	for {
		name, ok := w.pop()
		if !ok {
			return at, nil
		}
		if name == ".." {
			at = max(m.tree.nodes[at].parent, root)
			continue
		}
		n, err := m.step(at, name)
		if err != nil {
			return None, err
		}
		now := m.nodes[n].now
		if now == None {
			m.imply(n)
			at = n
			continue
		}
		file := m.recs.inode(now)
		switch {
		case m.isDir(n):
			at = n
		case file != None && m.recs.at(file).typ == Symlink:
			target := m.recs.links[m.recs.at(file).link]
			if !w.push(target) {
				return None, errLoop
			}
			if strings.HasPrefix(target, "/") {
				at = root
			}
		default:
			m.problem(entry, fmt.Errorf("%s is not a directory below; taken as replaced by one", clip(m.tree.path(n))))
			m.clear(n, false)
			m.imply(n)
			at = n
		}
	}
}

// step interns a child while the layers are stacked.
func (m *merger) step(parent int32, name string) (int32, error) {
	n, made := m.tree.intern(parent, name)
	if made {
		m.nodes = append(m.nodes, nowhere)
		if err := m.countEntries(1); err != nil {
			return None, err
		}
	}
	return n, nil
}
