package layers

import (
	"io/fs"
	"slices"
	"strings"
)

// visible returns the record of a node that can be seen at a layer; None if there
// is none.
func (s *state) visible(n int32, layer int) int32 {
	if n == None {
		return None
	}
	for id := s.tree.nodes[n].last; id != None; {
		r := s.recs.at(id)
		if int(s.recs.layer(id)) <= layer && (r.shadow == None || int(r.shadow) > layer) {
			return id
		}
		id = r.prev
	}
	return None
}

// entry makes the Entry of a record.
func (s *state) entry(id int32) Entry { return s.entryAt(id, s.tree.path(s.recs.at(id).node)) }

func (s *state) entryAt(id int32, path string) Entry {
	r := s.recs.at(id)
	a := s.attrs[r.attrs]
	e := Entry{
		Path: path, Layer: int(s.recs.layer(id)), Type: r.typ, Mode: a.mode, UID: a.uid, GID: a.gid,
		Size: r.size, ModTime: r.modTime(), Change: r.change, Shadow: int(r.shadow),
	}
	switch r.typ {
	case Regular:
		e.Sum = r.sum
	case Symlink:
		e.Link = s.recs.links[r.link]
	case Hardlink:
		e.Link = s.tree.path(r.link)
	}
	return e
}

// rootEntry returns the entry of the root, which is implied where no layer has it.
func (s *state) rootEntry(layer int) Entry {
	if id := s.visible(root, layer); id != None {
		return s.entry(id)
	}
	return Entry{Path: ".", Type: Directory, Mode: fs.ModeDir | 0o755, Shadow: None}
}

// below yields what is visible below a directory.
func (s *state) below(dir int32, prefix string, layer int, yield func(Entry) bool) bool {
	for _, n := range s.tree.children(dir) {
		id := s.visible(n, layer)
		if id == None {
			continue
		}
		path := prefix + s.tree.nodes[n].name
		if !yield(s.entryAt(id, path)) {
			return false
		}
		if s.recs.at(id).typ == Directory && !s.below(n, path+"/", layer, yield) {
			return false
		}
	}
	return true
}

func (s *state) versions(path string) []Entry {
	n := s.tree.find(path)
	if n == None {
		return nil
	}
	var all []Entry
	for id := s.tree.nodes[n].last; id != None; id = s.recs.at(id).prev {
		if s.recs.at(id).flags&implied == 0 {
			all = append(all, s.entryAt(id, path))
		}
	}
	slices.Reverse(all)
	return all
}

// id finds the record of an Entry that a caller brings back: of several in one
// layer, the one that has its content.
func (s *state) id(e Entry) int32 {
	n := s.tree.find(rooted(e.Path))
	if n == None {
		return None
	}
	for id := s.tree.nodes[n].last; id != None; id = s.recs.at(id).prev {
		r := s.recs.at(id)
		if int(s.recs.layer(id)) == e.Layer && r.typ == e.Type && r.size == e.Size &&
			(r.typ != Regular || r.sum == e.Sum) && (r.typ != Hardlink || s.tree.path(r.link) == e.Link) {
			return id
		}
	}
	return None
}

// A found is a path, resolved.
type found struct {
	node int32
	id   int32 // of the file itself for a hard link; None for a root that is implied
}

// resolve walks a clean path at a layer. If last is false, a symbolic link at its end
// is not followed.
func (s *state) resolve(layer int, path string, last bool) (found, error) {
	w := route{rest: path}
	at := found{root, s.visible(root, layer)}
	for {
		name, ok := w.pop()
		if !ok {
			return at, nil
		}
		if at.id != None && s.recs.at(at.id).typ != Directory {
			return found{}, fs.ErrNotExist
		}
		if name == ".." {
			if at.node == root {
				return found{}, fs.ErrNotExist // outside
			}
			at.node = s.tree.nodes[at.node].parent
			at.id = s.visible(at.node, layer)
			continue
		}
		n := s.tree.child(at.node, name)
		id := s.visible(n, layer)
		if id == None {
			return found{}, fs.ErrNotExist
		}
		file := s.recs.inode(id)
		if file == None {
			return found{}, fs.ErrNotExist // a hard link to nothing
		}
		if r := s.recs.at(file); r.typ == Symlink && (last || w.rest != "") {
			target := s.recs.links[r.link]
			if !w.push(target) {
				return found{}, errLoop
			}
			if strings.HasPrefix(target, "/") {
				at = found{root, s.visible(root, layer)}
			}
			continue
		}
		at = found{n, file}
	}
}
