package layers

import (
	"context"
	"errors"
	"io/fs"
	"maps"
	"slices"
	"sync"
)

// A merger stacks the layers, bottom first, the way a container runtime unpacks
// them, and finds out what every entry did to those below.
//
// It holds the merged view of the layers so far: per node the visible record and
// the list of visible children. Each entry becomes visible once and is hidden at
// most once, and hiding a directory visits only what is visible below it, so the
// time is linear in the entries whatever the whiteouts are.
type merger struct {
	mu      sync.Mutex // guards next, pending and busy
	next    int
	pending map[int]*pass
	busy    bool

	// The rest belongs to who set busy.
	*reader
	x     *Index
	recs  *store
	nodes []place
	names map[int32]int32 // of a file with several visible names, how many more than one
	stack []int32
	plain attrs // of an implied directory

	// Of the layer that is being stacked.
	layer   int32
	info    *Layer
	pass    *pass
	ownDirs map[int32]bool
}

// A place is what a node holds in the merged view.
type place struct {
	now    int32 // the visible record; None
	before int32 // the one that was visible in the layers below, if seen is the current layer
	seen   int32 // the last layer that touched the node; None

	child, next, prev int32 // visible children, and siblings; None
}

var nowhere = place{None, None, None, None, None, None}

func newMerger(r *reader, x *Index) *merger {
	m := &merger{reader: r, x: x, recs: &x.state.recs, pending: map[int]*pass{}, names: map[int32]int32{}}
	m.plain = attrs{mode: fs.ModeDir | 0o755}
	return m
}

// finished takes a layer that has been read and stacks all that are next in turn. If
// another goroutine is at that, the layer is left to it.
func (m *merger) finished(ctx context.Context, p *pass) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.pending[p.index] = p
	if m.busy {
		return nil
	}
	m.busy = true
	defer func() { m.busy = false }()
	for {
		p := m.pending[m.next]
		if p == nil {
			return nil
		}
		delete(m.pending, m.next)
		m.next++
		m.mu.Unlock()
		err := m.stackUp(ctx, p)
		m.mu.Lock()
		if err != nil {
			return err
		}
	}
}

// stackUp puts a layer on top of those below: first its whiteouts, which concern the
// layers below alone, then its entries in their order.
func (m *merger) stackUp(ctx context.Context, p *pass) error {
	m.layer, m.info, m.pass, m.ownDirs = int32(p.index), p.info, p, nil
	m.adopt(p)
	if p.whiteouts > 0 {
		if err := m.each(ctx, func(id int32, r *record) {
			if r.typ == Whiteout {
				m.whiteout(id, r)
			}
		}); err != nil {
			return err
		}
	}
	if err := m.each(ctx, func(id int32, r *record) {
		if r.typ != Whiteout {
			m.entry(id, r)
		}
	}); err != nil {
		return err
	}
	m.dropLinks()
	m.x.Problems = append(m.x.Problems, p.verdicts...)
	m.x.Problems = append(m.x.Problems, p.problems.all(p.index)...)
	return nil
}

// dropLinks hides AUFS' own names of files, once the hard links that name them are
// bound: what no hard link names is never seen.
func (m *merger) dropLinks() {
	m.tree.mu.Lock()
	defer m.tree.mu.Unlock()
	m.reach()
	if n := m.tree.child(root, aufsLinks); n != None && m.nodes[n].now != None {
		m.clear(n, false)
	}
}

// adopt moves what was read of a layer into the Index.
func (m *merger) adopt(p *pass) {
	m.recs.addLayer(m.layer, &p.records)
	first, links := m.recs.first[m.layer], int32(len(m.recs.links))
	m.recs.links = append(m.recs.links, p.links...)
	for id := range m.recs.of(p.index) {
		if r := m.recs.at(id); r.typ == Symlink {
			r.link += links
		}
	}
	for i, b := range maps.All(p.keep) {
		m.x.state.keep[first+i] = b
	}
	p.records, p.links, p.keep = recordList{}, nil, nil
}

// each calls f for every record of the layer. It gives way to the layers that are
// being read now and then, since they share the tree.
func (m *merger) each(ctx context.Context, f func(int32, *record)) error {
	const batch = 64
	n := 0
	m.tree.mu.Lock()
	defer m.tree.mu.Unlock()
	for id := range m.recs.of(int(m.layer)) {
		if n++; n%batch == 0 {
			m.tree.mu.Unlock()
			err := ctx.Err()
			m.tree.mu.Lock()
			if err != nil {
				return err
			}
		}
		m.reach()
		f(id, m.recs.at(id))
	}
	return nil
}

// reach makes a place for every node that there is by now.
func (m *merger) reach() {
	more := len(m.tree.nodes) - len(m.nodes)
	if more > 1 {
		m.nodes = slices.Grow(m.nodes, more)
	}
	for range more {
		m.nodes = append(m.nodes, nowhere)
	}
}

// entry puts an entry into the merged view.
func (m *merger) entry(id int32, r *record) {
	m.count(r)
	if err := m.locate(r); err != nil {
		m.problem(r.node, err)
		m.chain(id, r)
		r.shadow = m.layer
		m.sum(r)
		if r.typ == Regular {
			m.info.Shadowed += r.size
		}
		return
	}
	m.touch(r.node)
	if p := &m.nodes[r.node]; p.now != None {
		if r.typ == Directory && m.recs.at(p.now).typ == Directory {
			m.hide(p.now, false)
		} else {
			m.clear(r.node, false)
		}
	}
	m.chain(id, r)
	if r.typ == Hardlink {
		m.bind(r)
	}
	r.change = m.changeOf(m.nodes[r.node].before, id)
	m.sum(r)
	m.show(r.node, id)
}

// bind finds the file that a hard link is another name of.
func (m *merger) bind(r *record) {
	target := m.follow(r.link)
	if target != None {
		target = m.nodes[target].now
	}
	if target != None {
		target = m.recs.inode(target)
	}
	switch {
	case target == None:
		m.problem(r.node, errors.New("hard link to a file that is not there: "+clip(m.tree.path(r.link))))
	case m.recs.at(target).typ == Directory:
		m.problem(r.node, errors.New("hard link to a directory: "+clip(m.tree.path(r.link))))
	default:
		r.sum = uint64(target) + 1
		m.names[target]++
	}
}

// count adds an entry to the sums that need no other layer.
func (m *merger) count(r *record) {
	if r.typ != Directory {
		m.info.Files++
	}
	if r.typ == Regular {
		m.info.Content += r.size
	}
}

// sum adds a file to the sums by what it did.
func (m *merger) sum(r *record) {
	if r.typ != Regular {
		return
	}
	switch r.change {
	case Added, Replaced:
		m.info.Added += r.size
	case Modified:
		m.info.Modified += r.size
	default:
		m.info.Rewritten += r.size
	}
}

func (m *merger) problem(node int32, err error) {
	m.pass.problems.add(m.pass.index, m.tree.path(node), err)
}
