package layers

import (
	"io/fs"
	"iter"
	"math"
	"sync"
	"time"
)

// Change says what a layer's entry did to the merged view of the layers below.
type Change uint8

// The changes. Every entry has exactly one. It compares the entry with what the
// layers below show at its path, whatever else its own layer does there: a file
// that one layer deletes and writes again is Modified, not Added.
//
// A hard link counts as the file that it is another name of. The time of a directory
// is never compared, because it changes with everything in the directory. Other times
// are compared to the second, because some tar formats have no fractions.
const (
	Added       Change = iota // the path was not there
	Modified                  // a file's content changed (or a link's target)
	Metadata                  // same content, new mode, owner, time or extended attributes: the bytes are shipped twice
	Replaced                  // the path changed its type: a directory became a file, a file a link, …
	Unchanged                 // an exact repetition of what was there (mostly directories); a file's bytes are shipped twice
	Deleted                   // a whiteout: the path below is gone
	Opaque                    // an opaque whiteout: all that the directory held below is gone
	Ineffective               // a whiteout of something that was not there
)

// String returns the change's name in lower case: "added", "modified", …
func (c Change) String() string {
	return [...]string{"added", "modified", "metadata", "replaced", "unchanged", "deleted", "opaque", "ineffective"}[c]
}

// Type is an entry's kind.
type Type uint8

// The types of entries.
const (
	Regular   Type = iota // a regular file
	Directory             // a directory, written out or implied by a path below it
	Symlink               // a symbolic link
	Hardlink              // another name of a file, in this layer or below
	Device                // a character or block device
	FIFO                  // a named pipe
	Whiteout              // a marker that deletes: see Deleted, Opaque, Ineffective
)

// String returns the type's name in lower case: "regular", "directory", …
func (t Type) String() string {
	return [...]string{"regular", "directory", "symlink", "hardlink", "device", "fifo", "whiteout"}[t]
}

// An Entry is one path in one layer.
type Entry struct {
	// Path is clean, slash-separated and relative to the root: "etc/passwd".
	// The root itself is ".". For a whiteout it is the path that is deleted, for
	// an opaque one the directory.
	Path  string
	Layer int
	Type  Type
	Mode  fs.FileMode // permission and type bits, as io/fs has them
	UID   int
	GID   int
	// Size is the number of content bytes that the layer ships for this entry.
	// Zero for everything but regular files; a hard link ships none. The holes of
	// a sparse file count as the zeros that they stand for.
	Size    int64
	ModTime time.Time
	Link    string // target of a symbolic link, as recorded; path of a hard link's target, clean
	Change  Change
	// Shadow is the index of the layer that overwrote or deleted this entry; None
	// if it is visible in the finished image. An entry that its own layer repeats
	// further on is shadowed by that layer. Whiteouts are never visible: their Shadow
	// is their own layer. Shadow is about the path, not about the bytes: those of a
	// file may still be visible under another name (see [Layer]).
	Shadow int
	// Sum is a fast, non-cryptographic 64-bit checksum of the content (XXH64),
	// zero for everything but regular files. Equal content has an equal sum. An equal
	// sum makes equal content likely, and proves nothing.
	Sum uint64
}

// Visible reports whether the entry can be seen in the finished image.
func (e Entry) Visible() bool { return e.Shadow == None }

// A record is an [Entry] in the form in which the Index keeps it: 56 bytes, no
// pointer.
type record struct {
	size int64
	// sum is the checksum of the content. For a device it is the device's number. For
	// a hard link it is one more than the number of the record of its file; 0 if there
	// is no file.
	sum    uint64
	sec    int64
	nsec   int32
	node   int32
	prev   int32 // the record before this one of the same node, None if it is the first
	link   int32 // of a symbolic link: its target, in links; of a hard link: the node that it names
	attrs  uint32
	shadow int32
	typ    Type
	change Change
	flags  flags
}

type flags uint8

const (
	implied    flags = 1 << iota // a directory that no layer has an entry for
	unexpanded                   // a sparse file whose content was not read
	untimed                      // there is no modification time
)

// attrs are the attributes of an entry. Many entries have the same.
type attrs struct {
	mode     fs.FileMode
	uid, gid int
	xattrs   uint64 // checksum of the extended attributes
}

// An attrTable numbers the attributes that occur.
type attrTable struct {
	mu   sync.Mutex
	list []attrs
	num  map[attrs]uint32
}

func (t *attrTable) number(a attrs) uint32 {
	t.mu.Lock()
	defer t.mu.Unlock()
	n, ok := t.num[a]
	if !ok {
		if t.num == nil {
			t.num = map[attrs]uint32{}
		}
		n = uint32(len(t.list))
		t.num[a] = n
		t.list = append(t.list, a)
	}
	return n
}

func (t *attrTable) get(n uint32) attrs {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.list[n]
}

const (
	chunkBits = 8
	chunkSize = 1 << chunkBits
)

// A recordList is the records of one layer, in order.
type recordList struct {
	chunks    [][]record
	n         int
	links     []string // targets of the symbolic links, by record.link
	whiteouts int
}

func (l *recordList) add(r record) {
	if l.n&(chunkSize-1) == 0 {
		size := 8
		if l.n > 0 {
			size = chunkSize
		}
		l.chunks = append(l.chunks, make([]record, 0, size))
	}
	last := &l.chunks[len(l.chunks)-1]
	*last = append(*last, r)
	l.n++
}

func (l *recordList) at(i int) *record { return &l.chunks[i>>chunkBits][i&(chunkSize-1)] }

// A store is the records of all layers. The number of a record consists of its chunk
// and its place in the chunk, and never changes.
type store struct {
	chunks  [][]record
	layerOf []int32  // of each chunk
	first   []int32  // of each layer: the number of its first record
	count   []int32  // of each layer: how many records it has, without implied directories
	links   []string // targets of the symbolic links
	open    bool     // the last chunk takes implied directories of the current layer
}

// addLayer moves the records of a layer into the store.
func (s *store) addLayer(layer int32, l *recordList) {
	first, links := int32(len(s.chunks))<<chunkBits, int32(len(s.links))
	s.first = append(s.first, first)
	s.count = append(s.count, int32(l.n))
	s.chunks = append(s.chunks, l.chunks...)
	for range l.chunks {
		s.layerOf = append(s.layerOf, layer)
	}
	s.links = append(s.links, l.links...)
	for i := range l.n {
		if r := l.at(i); r.typ == Symlink {
			r.link += links
		}
	}
	s.open = false
}

// addImplied adds a record of the layer that was added last.
func (s *store) addImplied(layer int32, r record) int32 {
	if !s.open || len(s.chunks[len(s.chunks)-1]) == chunkSize {
		s.chunks = append(s.chunks, nil)
		s.layerOf = append(s.layerOf, layer)
		s.open = true
	}
	last := len(s.chunks) - 1
	s.chunks[last] = append(s.chunks[last], r)
	return int32(last<<chunkBits + len(s.chunks[last]) - 1)
}

// at returns a record. The pointer is good until the next addImplied.
func (s *store) at(id int32) *record { return &s.chunks[id>>chunkBits][id&(chunkSize-1)] }

func (s *store) layer(id int32) int32 { return s.layerOf[id>>chunkBits] }

// ofLayer returns the numbers of a layer's records, without implied directories.
func (s *store) ofLayer(layer int) iter.Seq[int32] {
	return func(yield func(int32) bool) {
		if layer < 0 || layer >= len(s.first) {
			return
		}
		first := s.first[layer]
		for id := range s.count[layer] {
			if !yield(first + id) {
				return
			}
		}
	}
}

// fileOf returns the record of the file that a record names: for a hard link that of
// its target, or None if it leads nowhere; for everything else the record itself.
func (s *store) fileOf(id int32) int32 {
	r := s.at(id)
	if r.typ != Hardlink {
		return id
	}
	return int32(r.sum) - 1
}

func (r *record) modTime() time.Time {
	if r.flags&(implied|untimed) != 0 {
		return time.Time{}
	}
	return time.Unix(r.sec, int64(r.nsec)).UTC()
}

func (r *record) setModTime(t time.Time) {
	if t.IsZero() {
		r.flags |= untimed
		return
	}
	r.sec, r.nsec = t.Unix(), int32(t.Nanosecond())
}

// A recorder makes records of the entries of one layer, and finds their places in
// the tree.
type recorder struct {
	layer   int
	budget  *budget
	tree    *tree
	attrs   *attrTable
	records recordList
	counted int64 // entries that the budget was charged with

	// Of the last entry, because the next one often has the same.
	dir      string
	dirNode  int32
	last     attrs
	lastAttr uint32 // number of last
}

func newRecorder(r *run, layer int) *recorder {
	return &recorder{
		layer: layer, budget: r.budget, tree: r.tree, attrs: r.attrs,
		dir: ".", dirNode: root, lastAttr: math.MaxUint32,
	}
}

// begin makes the record of an entry, without its content and its time. An error is a
// limitError.
func (c *recorder) begin(e tarEntry, a attrs) (record, error) {
	if c.lastAttr == math.MaxUint32 || a != c.last {
		c.last, c.lastAttr = a, c.attrs.number(a)
	}
	r := record{prev: None, shadow: None, link: None, typ: e.typ, attrs: c.lastAttr}
	if e.opaque {
		r.change = Opaque
	}
	made := 1 + c.place(&r, e) + (len(e.path)+len(e.link))/entryText
	c.counted += int64(made)
	return r, c.budget.addEntries(made)
}

// place finds the nodes of an entry, and returns how many directories and link
// targets the tree did not have.
func (c *recorder) place(r *record, e tarEntry) (made int) {
	t := c.tree
	t.mu.Lock()
	defer t.mu.Unlock()
	if e.path == "." {
		r.node = root
	} else {
		dir, base := splitPath(e.path)
		if dir != c.dir {
			c.dirNode, made = t.internPath(root, dir)
			c.dir = dir
		}
		r.node, _ = t.intern(c.dirNode, base)
	}
	if e.typ == Hardlink {
		var more int
		r.link, more = t.internPath(root, e.link)
		made += more
	}
	return made
}

// add adds the record that begin made, once its content is known.
func (c *recorder) add(e tarEntry, r record) {
	switch e.typ {
	case Symlink:
		r.link = int32(len(c.records.links))
		c.records.links = append(c.records.links, e.link)
	case Whiteout:
		c.records.whiteouts++
	}
	c.records.add(r)
}

// entry returns the entry of a record as far as it is known before the layers are
// merged.
func (c *recorder) entry(i int) Entry {
	r := c.records.at(i)
	a := c.attrs.get(r.attrs)
	c.tree.mu.Lock()
	defer c.tree.mu.Unlock()
	e := Entry{
		Path: c.tree.path(r.node), Layer: c.layer, Type: r.typ, Mode: a.mode, UID: a.uid, GID: a.gid,
		Size: r.size, ModTime: r.modTime(), Shadow: None,
	}
	if r.typ == Hardlink {
		e.Link = c.tree.path(r.link)
	}
	return e
}

// linkEntry returns the entry of a hard link to a file of that size.
func (c *recorder) linkEntry(link int32, size int64) Entry {
	e := c.entry(int(link))
	e.Size = size
	return e
}

// linkedFiles yields the records of hard links to regular files of the same layer
// whose content was read, in their order, and the records of these files.
func (c *recorder) linkedFiles() iter.Seq2[int32, int32] {
	return func(yield func(link, file int32) bool) {
		fileAt := map[int32]int32{} // by the nodes that hard links name
		for i := range c.records.n {
			if r := c.records.at(i); r.typ == Hardlink {
				fileAt[r.link] = None
			}
		}
		if len(fileAt) == 0 {
			return
		}
		for i := range c.records.n {
			r, file := c.records.at(i), int32(None)
			switch r.typ {
			case Regular:
				if r.flags&unexpanded == 0 {
					file = int32(i)
				}
			case Hardlink:
				if file = fileAt[r.link]; file != None && !yield(int32(i), file) {
					return
				}
			}
			if _, ok := fileAt[r.node]; ok && r.typ != Whiteout {
				fileAt[r.node] = file
			}
		}
	}
}
