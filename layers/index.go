package layers

import (
	"io/fs"
	"iter"
	"slices"
	"strings"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/stemma-go/stemma/layers/history"
)

// None stands for "no layer" and "no step" where an index is expected.
const None = history.None

// A Problem is something wrong with an image, and where: in its history, in a
// layer, in a file. It does not stop the reading of the rest.
type Problem = history.Problem

// An Index is what [Read] learnt of an image. It is immutable and safe for
// concurrent use.
type Index struct {
	// Config is the image's configuration.
	Config *v1.ConfigFile
	// Steps are the history, oldest first, joined to Layers.
	Steps []history.Step
	// Layers are the image's layers, bottom first.
	Layers []Layer
	// Problems are all that is wrong with the image, by layer. Those of the image
	// come before those of layers, and those of a layer as a whole before those of
	// its entries.
	Problems []Problem

	state *state
}

// A Layer is one layer of an image and the sums over its entries.
//
// Added + Modified + Rewritten is Content. The sum of Content − Shadowed over all
// layers is the bytes of the regular files that are visible in the finished image.
// A file counts once, however many hard links it has: its bytes are shadowed when the
// last of its names is.
type Layer struct {
	Index int
	Step  int // index of the step that made it; None if there is no such step
	// DiffID is the SHA-256 of the uncompressed layer as it was read; zero if it
	// could not be read to its end. Claimed is the one the configuration claims.
	DiffID, Claimed v1.Hash
	// Digest is the SHA-256 of the stored blob as it was read; zero where there
	// is no stored blob (an image made in memory) or it could not be read.
	Digest v1.Hash
	// Verified is true when DiffID equals Claimed and Digest equals what the
	// manifest claims, if there is a manifest.
	Verified bool
	// Cached is true when the entries were taken from Options.Cache. Verified then
	// means that they are those of an archive with this DiffID, whose hash was
	// computed when it was put into the cache. If the cache knows the blob by the
	// digest that the manifest claims, the blob was not opened, and Digest, Size and
	// Compression are those of the earlier reading. Otherwise it was read and hashed
	// as without a cache.
	Cached bool
	// Partial is true when the layer could not be read to its end: its entries
	// are those before the break.
	Partial bool
	// Compression is that of the stored blob by its magic bytes: "gzip", "zstd"
	// or "none"; "" where the blob could not be read or is none of these.
	Compression  string
	Size         int64 // bytes of the stored blob
	Uncompressed int64 // bytes of the tar archive, and of the holes of its sparse files
	Content      int64 // bytes of its regular files

	// Files is the number of its entries other than directories and whiteouts.
	Files int
	// Added, Modified, Rewritten (Metadata and Unchanged: the same bytes, shipped
	// once more) are the content bytes of its regular files by what they did;
	// Added includes Replaced.
	Added, Modified, Rewritten int64
	// Shadowed is how many of its own content bytes later layers (or itself)
	// overwrote or deleted: shipped, never seen.
	Shadowed int64
	// Hides is how many content bytes of the layers below it overwrote or
	// deleted; Deletes is the part of them that its whiteouts deleted.
	Hides, Deletes int64
	// DeletedFiles is the number of entries of the layers below, without
	// directories, that its whiteouts deleted. Those that it writes again count, too.
	DeletedFiles int
}

// Entries returns the entries of a layer, of all types or of those that are given, in the
// order in which the layer has them, whiteouts included, without directories that are
// merely implied. To leave out types here costs less than to pass over them.
//
// Path is where the entry takes effect. It differs from the path in the layer where a
// directory of that path is a symbolic link that the same layer has further up: with "bin"
// a link to "usr/bin", "bin/sh" takes effect at "usr/bin/sh". A link of a layer below
// becomes a directory instead, which hides the link, and leaves what it leads to alone:
// that is how overlayfs stacks layers, and a [Problem] tells of it.
func (x *Index) Entries(layer int, types ...Type) iter.Seq[Entry] {
	return func(yield func(Entry) bool) {
		if x.state == nil {
			return
		}
		dir, prefix := root, "" // of the entry before: the next one is mostly in the same directory
		for id := range x.state.recs.ofLayer(layer) {
			r := x.state.recs.at(id)
			if len(types) > 0 && !slices.Contains(types, r.typ) {
				continue
			}
			n := x.state.tree.nodes[r.node]
			if n.parent != None && n.parent != dir {
				if dir, prefix = n.parent, ""; dir != root {
					prefix = x.state.tree.path(dir) + "/"
				}
			}
			path := prefix + n.name
			if n.parent == None {
				path = "."
			}
			if !yield(x.state.entryAt(id, path)) {
				return
			}
		}
	}
}

// Merged returns the entries visible at a layer, that is in the image made of
// that layer and all below, with the root and implied directories. They are sorted by
// path, component by component: a directory comes right before all that is in it, as
// with [fs.WalkDir].
func (x *Index) Merged(layer int) iter.Seq[Entry] {
	return func(yield func(Entry) bool) {
		if x.state == nil || layer < 0 || len(x.Layers) == 0 {
			return
		}
		if yield(x.state.rootEntry(layer)) {
			x.state.below(root, "", layer, yield)
		}
	}
}

// Lookup returns the entry that path names in the merged view at a layer. It
// follows no link. The entry of an implied directory has the zero ModTime, and its
// Layer is the one that implied it.
func (x *Index) Lookup(layer int, path string) (Entry, bool) {
	if x.state == nil || layer < 0 || len(x.Layers) == 0 {
		return Entry{}, false
	}
	n := x.state.tree.find(rooted(path))
	if n == root {
		return x.state.rootEntry(layer), true
	}
	id := x.state.visible(n, layer)
	if id == None {
		return Entry{}, false
	}
	return x.state.entry(id), true
}

// Resolve is a Lookup that follows symbolic links, the last one too. For a hard link
// it returns the file that the link is another name of. It returns false for links
// that leave the root, loop, or lead nowhere.
func (x *Index) Resolve(layer int, path string) (Entry, bool) {
	if x.state == nil || layer < 0 || len(x.Layers) == 0 {
		return Entry{}, false
	}
	f, err := x.state.resolve(layer, rooted(path), true)
	if err != nil {
		return Entry{}, false
	}
	if f.id == None {
		return x.state.rootEntry(layer), true
	}
	return x.state.entry(f.id), true
}

// Versions returns every entry that any layer has for path, bottom first, with
// whiteouts of the path itself and without implied directories.
func (x *Index) Versions(path string) []Entry {
	if x.state == nil {
		return nil
	}
	s, path := x.state, rooted(path)
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

// Content returns the content of the file that e is, or is a hard link to, if a
// [Want] without Use and Learn asked for it. The bytes must not be changed.
func (x *Index) Content(e Entry) ([]byte, bool) {
	if x.state == nil {
		return nil, false
	}
	id := x.state.recordOf(e)
	if id == None {
		return nil, false
	}
	b, ok := x.state.keep[x.state.recs.fileOf(id)]
	return b, ok
}

// FS returns the merged view at a layer as a file system. It is an [fs.ReadDirFS],
// [fs.ReadFileFS], [fs.StatFS] and [fs.ReadLinkFS]. Open and Stat follow symbolic
// links as [Index.Resolve] does. Devices and named pipes are empty files with their
// own mode bits. A file whose content was not kept for a [Want] is read from the image
// again when it is opened: its layer is decompressed up to the file, and the content
// is compared with that of the first reading.
func (x *Index) FS(layer int) fs.FS { return view{x, layer} }

// Top returns the index of the topmost layer, None if there is no layer.
func (x *Index) Top() int { return len(x.Layers) - 1 }

// A state is the entries of an Index.
type state struct {
	tree   *tree
	recs   store
	attrs  []attrs
	keep   map[int32][]byte // contents, by record
	blobs  []v1.Layer
	limits Limits
}

// visible returns the record of a node that is visible at a layer, None if there is
// none.
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

// rootEntry returns the entry of the root, which is implied if no layer has one.
func (s *state) rootEntry(layer int) Entry {
	if id := s.visible(root, layer); id != None {
		return s.entry(id)
	}
	return Entry{Path: ".", Type: Directory, Mode: fs.ModeDir | 0o755, Shadow: None}
}

// below yields what is visible below a directory. It reports whether to go on.
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

// recordOf returns the record of an Entry, None if there is none. Of several in one
// layer it is the last that has the Entry's content.
func (s *state) recordOf(e Entry) int32 {
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

// A found is what a path leads to.
type found struct {
	node int32
	id   int32 // the record, for a hard link that of its file; None for an implied root
}

// resolve walks a clean path at a layer. If last is true, it also follows a symbolic
// link at the end of the path.
func (s *state) resolve(layer int, path string, last bool) (found, error) {
	rest := route{rest: path}
	at := found{root, s.visible(root, layer)}
	for {
		name, ok := rest.next()
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
		file := s.recs.fileOf(id)
		if file == None {
			return found{}, fs.ErrNotExist // a hard link to nothing
		}
		if r := s.recs.at(file); r.typ == Symlink && (last || rest.rest != "") {
			target := s.recs.links[r.link]
			if !rest.follow(target) {
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
