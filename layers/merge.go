package layers

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"slices"
	"strings"
	"sync"
)

// A merger takes the layers as they have been read, in any order, and has them
// stacked bottom first.
type merger struct {
	mu      sync.Mutex // guards next, pending and busy
	next    int
	pending map[int]*layerResult
	busy    bool // a goroutine is stacking layers

	stacker stacker // belongs to the goroutine that has set busy
}

func newMerger(r *run, x *Index) *merger {
	s := stacker{
		x: x, budget: r.budget, attrs: r.attrs, tree: r.tree, recs: &x.state.recs,
		view: mergedView{tree: r.tree, recs: &x.state.recs, layers: x.Layers, moreNames: map[int32]int32{}},
	}
	return &merger{pending: map[int]*layerResult{}, stacker: s}
}

// add takes a layer and stacks all that are next in turn. If another goroutine is
// doing so, it leaves the layer to that one.
func (m *merger) add(ctx context.Context, l *layerResult) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.pending[l.info.Index] = l
	if m.busy {
		return nil
	}
	m.busy = true
	defer func() { m.busy = false }()
	for {
		l := m.pending[m.next]
		if l == nil {
			return nil
		}
		delete(m.pending, m.next)
		m.next++
		m.mu.Unlock()
		err := m.stacker.stack(ctx, l)
		m.mu.Lock()
		if err != nil {
			return err
		}
	}
}

// A stacker stacks the layers the way a container runtime unpacks them, and finds out
// what every entry does to the layers below.
//
// Each entry becomes visible once and is hidden at most once, and hiding a directory
// visits only what is visible below it. The time is therefore linear in the number of
// entries, whatever the whiteouts are.
type stacker struct {
	x      *Index
	budget *budget
	attrs  *attrTable
	tree   *tree
	recs   *store
	view   mergedView

	// Of the layer that is being stacked.
	info    *Layer
	entries *entryProblemList
}

// stack puts a layer on top of those below: first its whiteouts, which apply to the
// layers below only, then its entries in their order.
func (s *stacker) stack(ctx context.Context, l *layerResult) error {
	s.info, s.entries = l.info, l.entries
	s.view.layer = int32(l.info.Index)
	s.takeOver(l)
	opaque := map[int32]bool{} // the records of opaque whiteouts
	if l.records.whiteouts > 0 {
		own := &ownLinks{tree: s.tree, targets: map[int32]string{}}
		if err := s.each(ctx, func(id int32, r *record) {
			own.note(r, s.recs.links)
			if r.typ == Whiteout {
				if r.change == Opaque {
					opaque[id] = true
				}
				s.applyWhiteout(id, r, own)
			}
		}); err != nil {
			return err
		}
	}
	if err := s.each(ctx, func(id int32, r *record) {
		if r.typ == Whiteout {
			s.makeWay(r, opaque[id])
			return
		}
		s.applyEntry(id, r)
	}); err != nil {
		return err
	}
	s.hideAUFSLinks()
	s.x.Problems = append(s.x.Problems, l.problems.list...)
	s.x.Problems = append(s.x.Problems, l.entries.all()...)
	return nil
}

// takeOver moves what was read of a layer into the Index.
func (s *stacker) takeOver(l *layerResult) {
	s.recs.addLayer(s.view.layer, &l.records)
	first := s.recs.first[l.info.Index]
	for i, b := range maps.All(l.keep) {
		s.x.state.keep[first+i] = b
	}
}

// each calls f for every record of the layer, with the tree locked. Every now and then
// it unlocks the tree for the layers that are being read.
func (s *stacker) each(ctx context.Context, f func(int32, *record)) error {
	const batch = 64
	n := 0
	s.tree.mu.Lock()
	defer s.tree.mu.Unlock()
	for id := range s.recs.ofLayer(s.info.Index) {
		if n++; n%batch == 0 {
			s.tree.mu.Unlock()
			err := ctx.Err()
			s.tree.mu.Lock()
			if err != nil {
				return err
			}
		}
		s.view.grow()
		f(id, s.recs.at(id))
	}
	return nil
}

// hideAUFSLinks hides AUFS' own directory of files, once the hard links to these
// files are bound.
func (s *stacker) hideAUFSLinks() {
	s.tree.mu.Lock()
	defer s.tree.mu.Unlock()
	s.view.grow()
	if n := s.tree.child(root, aufsLinks); n != None && s.view.places[n].now != None {
		s.view.clear(n, false)
	}
}

// applyWhiteout applies a whiteout to the layers below. No entry of its own layer is
// in the merged view yet.
func (s *stacker) applyWhiteout(id int32, r *record, own *ownLinks) {
	opaque := r.change == Opaque
	r.change, r.shadow = Ineffective, s.view.layer
	n := own.follow(r.node, opaque)
	switch {
	case n == None:
	case opaque && s.view.places[n].child != None:
		r.node, r.change = n, Opaque
		s.view.empty(n, true)
	case !opaque && s.view.places[n].now != None:
		r.node, r.change = n, Deleted
		s.view.clear(n, true)
	}
	s.chain(id, r)
}

// applyEntry puts an entry into the merged view.
func (s *stacker) applyEntry(id int32, r *record) {
	if r.typ != Directory {
		s.info.Files++
	}
	if r.typ == Regular {
		s.info.Content += r.size
	}
	if err := s.locate(r); err != nil {
		s.addProblem(r.node, err)
		s.chain(id, r)
		r.shadow = s.view.layer
		s.countChange(r)
		if r.typ == Regular {
			s.info.Shadowed += r.size
		}
		return
	}
	s.view.touch(r.node)
	if now := s.view.places[r.node].now; now != None {
		if r.typ == Directory && s.recs.at(now).typ == Directory {
			s.view.hide(now, false)
		} else {
			s.view.clear(r.node, false)
		}
	}
	s.chain(id, r)
	if r.typ == Hardlink {
		s.bindLink(r)
	}
	r.change = s.changeOf(s.view.places[r.node].before, id)
	s.countChange(r)
	s.view.show(r.node, id)
}

// countChange adds the bytes of a file to the sums of the layer, by what it did.
func (s *stacker) countChange(r *record) {
	if r.typ != Regular {
		return
	}
	switch r.change {
	case Added, Replaced:
		s.info.Added += r.size
	case Modified:
		s.info.Modified += r.size
	default:
		s.info.Rewritten += r.size
	}
}

// chain makes a record the last one of its node.
func (s *stacker) chain(id int32, r *record) {
	n := &s.tree.nodes[r.node]
	r.prev, n.last = n.last, id
}

// bindLink finds the file that a hard link is another name of.
func (s *stacker) bindLink(r *record) {
	target := s.find(r.link)
	if target != None {
		target = s.view.places[target].now
	}
	if target != None {
		target = s.recs.fileOf(target)
	}
	switch {
	case target == None:
		s.addProblem(r.node, errors.New("hard link to a file that is not there: "+clip(s.tree.path(r.link))))
	case s.recs.at(target).typ == Directory:
		s.addProblem(r.node, errors.New("hard link to a directory: "+clip(s.tree.path(r.link))))
	default:
		r.sum = uint64(target) + 1
		s.view.moreNames[target]++
	}
}

func (s *stacker) addProblem(node int32, err error) { s.entries.add(s.tree.path(node), err) }

// locate makes sure that the parent of an entry is a directory of the merged view. If
// the parent is a symbolic link of the same layer, it moves the entry into the link's
// target.
func (s *stacker) locate(r *record) error {
	if r.node == root {
		return nil
	}
	raw := s.tree.nodes[r.node]
	if s.view.isDir(raw.parent) {
		return nil
	}
	parent, err := s.makeDir(raw.parent, r.node, true)
	if err != nil {
		return err
	}
	if parent == raw.parent {
		return nil
	}
	n, err := s.intern(parent, raw.name)
	if err != nil {
		return err
	}
	if depth, length := s.tree.extent(n); depth > s.budget.limits.PathDepth || length > s.budget.limits.PathLength {
		return errors.New("parent directory is a symbolic link that leads to too long a path")
	}
	r.node = n
	return nil
}

// makeWay makes directories of what a whiteout has in its way: a layer that deletes
// bin/a has a directory bin, and hides a link of that name with it. Where nothing is in
// the way it makes no directory, which would be empty.
func (s *stacker) makeWay(r *record, opaque bool) {
	dir := r.node
	if !opaque && dir != root {
		dir = s.tree.nodes[dir].parent
	}
	if s.view.isDir(dir) {
		return
	}
	if _, err := s.makeDir(dir, r.node, false); err != nil {
		s.addProblem(r.node, err)
	}
}

// makeDir returns the directory that the path of dir leads to, and makes directories of
// what is something else on the way. A layer is unpacked by itself, and only then put on
// those below. So it follows links of the current layer; one of the layers below becomes a
// directory. entry is what needs the directory; it is named in the problem. If missing
// is true, it makes directories of what is not there; otherwise it returns None then.
func (s *stacker) makeDir(dir, entry int32, missing bool) (int32, error) {
	rest := route{rest: s.tree.path(dir)}
	at := root
	for {
		name, ok := rest.next()
		if !ok {
			return at, nil
		}
		if name == ".." {
			at = max(s.tree.nodes[at].parent, root)
			continue
		}
		n, err := s.intern(at, name)
		if err != nil {
			return None, err
		}
		now := s.view.places[n].now
		switch {
		case s.view.isDir(n):
			at = n
			continue
		case now == None && !missing:
			return None, nil
		case now == None:
			s.imply(n)
			at = n
			continue
		}
		target, isLink := s.linkTarget(now)
		own := s.recs.layer(now) == s.view.layer
		switch {
		case own && isLink:
			if !rest.follow(target) {
				return None, errLoop
			}
			if strings.HasPrefix(target, "/") {
				at = root
			}
			continue
		case own && !missing:
			return None, nil
		case isLink:
			s.addProblem(n, fmt.Errorf("symbolic link to %s becomes a directory, because the layer has entries below it; with Docker's vfs driver they take effect behind the link", clip(target)))
		default:
			s.addProblem(entry, fmt.Errorf("%s is not a directory below; taken as replaced by one", clip(s.tree.path(n))))
		}
		s.view.clear(n, false)
		s.imply(n)
		at = n
	}
}

// linkTarget returns the target of a record that is a symbolic link, or another name of
// one.
func (s *stacker) linkTarget(id int32) (string, bool) {
	file := s.recs.fileOf(id)
	if file == None || s.recs.at(file).typ != Symlink {
		return "", false
	}
	return s.recs.links[s.recs.at(file).link], true
}

// intern interns a child while the layers are stacked.
func (s *stacker) intern(parent int32, name string) (int32, error) {
	n, made := s.tree.intern(parent, name)
	if made {
		s.view.grow()
		if err := s.budget.addEntries(1); err != nil {
			return None, err
		}
	}
	return n, nil
}

// imply makes a directory that no layer has an entry for visible at a free node.
func (s *stacker) imply(n int32) {
	s.view.touch(n)
	id := s.recs.addImplied(s.view.layer, record{
		node: n, prev: None, link: None, shadow: None, typ: Directory, flags: implied,
		attrs: s.attrs.number(attrs{mode: fs.ModeDir | 0o755}),
	})
	s.chain(id, s.recs.at(id))
	s.view.show(n, id)
}

// find returns the node that the path of n leads to in the merged view, None if the
// view does not have it. It follows symbolic links among the directories of the path.
func (s *stacker) find(n int32) int32 {
	if n == root || s.view.isDir(s.tree.nodes[n].parent) {
		return n
	}
	rest := route{rest: s.tree.path(n)}
	at := root
	for {
		name, ok := rest.next()
		if !ok {
			return at
		}
		if name == ".." {
			at = max(s.tree.nodes[at].parent, root)
			continue
		}
		c := s.tree.child(at, name)
		if c == None || s.view.places[c].now == None {
			return None
		}
		if rest.rest == "" || s.view.isDir(c) {
			at = c
			continue
		}
		target, isLink := s.linkTarget(s.view.places[c].now)
		if !isLink || !rest.follow(target) {
			return None
		}
		if strings.HasPrefix(target, "/") {
			at = root
		}
	}
}

// ownLinks are the symbolic links that a layer had up to an entry, while its whiteouts
// are applied and none of its entries is in the merged view.
type ownLinks struct {
	tree    *tree
	targets map[int32]string // by node
}

// note notes an entry of the layer.
func (l *ownLinks) note(r *record, links []string) {
	switch {
	case r.typ == Symlink:
		if n := l.follow(r.node, false); n != None {
			l.targets[n] = links[r.link]
		}
	case r.typ != Whiteout && len(l.targets) > 0:
		if n := l.follow(r.node, false); n != None {
			delete(l.targets, n)
		}
	}
}

// follow returns the node that the path of n leads to, None if the tree does not have
// it. If last is true, it follows a link at the end of the path, too.
func (l *ownLinks) follow(n int32, last bool) int32 {
	if len(l.targets) == 0 {
		return n
	}
	rest := route{rest: l.tree.path(n)}
	at := root
	for {
		name, ok := rest.next()
		if !ok {
			return at
		}
		if name == ".." {
			at = max(l.tree.nodes[at].parent, root)
			continue
		}
		c := l.tree.child(at, name)
		if c == None {
			return None
		}
		target, isLink := l.targets[c]
		if !isLink || rest.rest == "" && !last {
			at = c
			continue
		}
		if !rest.follow(target) {
			return None
		}
		if strings.HasPrefix(target, "/") {
			at = root
		}
	}
}

// changeOf compares a record with the one of the same node in the layers below, None
// if there was none. Other names of a file count as that file: a layer that rewrites
// a file and its second name with the same content has changed neither.
func (s *stacker) changeOf(before, id int32) Change {
	if before == None {
		return Added
	}
	was, is := s.recs.at(before), s.recs.at(id)
	old, file := s.recs.fileOf(before), s.recs.fileOf(id)
	if old == None || file == None {
		// A hard link that leads nowhere equals only another one with the same target.
		if old != file || was.link != is.link {
			return Replaced
		}
		return s.metadataChange(was, is)
	}
	a, b := s.recs.at(old), s.recs.at(file)
	if a.typ != b.typ {
		return Replaced
	}
	same := true
	switch b.typ {
	case Regular:
		same = a.size == b.size && a.sum == b.sum && (a.flags|b.flags)&unexpanded == 0
	case Symlink:
		same = s.recs.links[a.link] == s.recs.links[b.link]
	case Device:
		char := func(r *record) fs.FileMode { return s.attrs.get(r.attrs).mode & fs.ModeCharDevice }
		same = a.sum == b.sum && char(was) == char(is)
	}
	if !same {
		return Modified
	}
	return s.metadataChange(was, is)
}

// metadataChange compares what is not content. It leaves out the time of a directory,
// which changes whenever something in the directory does, and fractions of seconds,
// which some tar formats drop.
func (s *stacker) metadataChange(was, is *record) Change {
	if is.typ != Directory && was.sec != is.sec || was.attrs != is.attrs && s.attrsDiffer(was, is) {
		return Metadata
	}
	return Unchanged
}

// attrsDiffer compares attributes without the type, which a hard link does not tell.
func (s *stacker) attrsDiffer(was, is *record) bool {
	a, b := s.attrs.get(was.attrs), s.attrs.get(is.attrs)
	a.mode &^= fs.ModeType
	b.mode &^= fs.ModeType
	return a != b
}

// A mergedView is what can be seen of the layers stacked so far: for each node the
// visible record and the list of visible children. It adds up the bytes that become
// hidden.
type mergedView struct {
	tree      *tree
	recs      *store
	layers    []Layer         // whose sums are kept
	layer     int32           // that is being stacked
	places    []place         // by node
	moreNames map[int32]int32 // of a file with several visible names: how many more than one
	todo      []int32         // scratch
}

// A place is what a node holds in the merged view.
type place struct {
	now    int32 // the visible record; None
	before int32 // the record that was visible in the layers below, if seen is the current layer
	seen   int32 // the last layer that touched the node; None

	child, next, prev int32 // visible children, and siblings; None
}

// grow makes a place for every node that the tree has by now.
func (v *mergedView) grow() {
	more := len(v.tree.nodes) - len(v.places)
	if more > 1 {
		v.places = slices.Grow(v.places, more)
	}
	for range more {
		v.places = append(v.places, place{None, None, None, None, None, None})
	}
}

// isDir reports whether a node is a directory. Everything above it is one then, too.
func (v *mergedView) isDir(n int32) bool {
	if n == root {
		return true
	}
	now := v.places[n].now
	return now != None && v.recs.at(now).typ == Directory
}

// touch notes what a node holds, before the current layer changes it for the first
// time.
func (v *mergedView) touch(n int32) {
	if p := &v.places[n]; p.seen != v.layer {
		p.seen, p.before = v.layer, p.now
	}
}

// show makes a record visible, and its node a child of its parent.
func (v *mergedView) show(n, id int32) {
	p := &v.places[n]
	was := p.now
	p.now = id
	if was != None || n == root {
		return
	}
	parent := &v.places[v.tree.nodes[n].parent]
	p.prev, p.next = None, parent.child
	if p.next != None {
		v.places[p.next].prev = n
	}
	parent.child = n
}

// clear hides a node and everything below it. deleted is true if a whiteout does so,
// false if something takes its place.
func (v *mergedView) clear(n int32, deleted bool) {
	p := &v.places[n]
	if n != root {
		if p.next != None {
			v.places[p.next].prev = p.prev
		}
		if p.prev != None {
			v.places[p.prev].next = p.next
		} else {
			v.places[v.tree.nodes[n].parent].child = p.next
		}
	}
	v.clearAll(append(v.todo[:0], n), deleted)
}

// empty hides everything below a node.
func (v *mergedView) empty(n int32, deleted bool) {
	todo := v.todo[:0]
	for c := v.places[n].child; c != None; c = v.places[c].next {
		todo = append(todo, c)
	}
	v.places[n].child = None
	v.clearAll(todo, deleted)
}

func (v *mergedView) clearAll(todo []int32, deleted bool) {
	for len(todo) > 0 {
		n := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		for c := v.places[n].child; c != None; c = v.places[c].next {
			todo = append(todo, c)
		}
		v.touch(n)
		p := &v.places[n]
		v.hide(p.now, deleted)
		p.now, p.child, p.next, p.prev = None, None, None, None
	}
	v.todo = todo
}

// hide marks a record as overwritten or deleted by the current layer, and counts its
// bytes. The bytes of a file with several names are hidden with the last name.
func (v *mergedView) hide(id int32, deleted bool) {
	r := v.recs.at(id)
	r.shadow = v.layer
	by := &v.layers[v.layer]
	if deleted && r.typ != Directory {
		by.DeletedFiles++
	}
	file := v.recs.fileOf(id)
	if file == None || v.recs.at(file).typ != Regular {
		return
	}
	if more := v.moreNames[file]; more > 0 {
		if v.moreNames[file]--; more == 1 {
			delete(v.moreNames, file)
		}
		return
	}
	size, from := v.recs.at(file).size, v.recs.layer(file)
	v.layers[from].Shadowed += size
	if from == v.layer {
		return
	}
	by.Hides += size
	if deleted {
		by.Deletes += size
	}
}
