package layers

import (
	"io/fs"
	"iter"
	"sync"
	"time"
)

// A record is an [Entry] in the form in which the Index keeps it: 56 bytes, no
// pointer.
type record struct {
	size int64
	// sum is the content's checksum; for a device its number, for a hard link the
	// number of the record of the file that it is another name of, plus one.
	sum    uint64
	sec    int64
	nsec   int32
	node   int32
	prev   int32 // the record before this one of the same node, None if it is the first
	link   int32 // a symbolic link's target, in store.links; the node that a hard link names
	attrs  uint32
	shadow int32
	typ    Type
	change Change
	flags  flags
}

type flags uint8

const (
	implied    flags = 1 << iota // a directory that no layer writes out
	unexpanded                   // a sparse file whose content was not read
	untimed                      // there is no modification time
)

// attrs are what many entries have in common. xattrs is a checksum of the
// extended attributes.
type attrs struct {
	mode     fs.FileMode
	uid, gid int
	xattrs   uint64
}

// attrTable numbers the attributes that occur.
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
	chunks [][]record
	n      int
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

// at returns a record.
func (l *recordList) at(i int) *record { return &l.chunks[i>>chunkBits][i&(chunkSize-1)] }

// A store is the records of all layers. A record's number is stable: chunk and
// place in it.
type store struct {
	chunks  [][]record
	layerOf []int32 // of each chunk
	first   []int32 // of each layer: the number of its first record
	count   []int32 // of each layer: how many records it has, implied directories apart
	links   []string
	open    bool // the last chunk takes implied directories of the current layer
}

// addLayer moves a layer's records into the store.
func (s *store) addLayer(layer int32, l *recordList) {
	s.first = append(s.first, int32(len(s.chunks))<<chunkBits)
	s.count = append(s.count, int32(l.n))
	s.chunks = append(s.chunks, l.chunks...)
	for range l.chunks {
		s.layerOf = append(s.layerOf, layer)
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

// of returns the numbers of a layer's records, implied directories apart.
func (s *store) of(layer int) iter.Seq[int32] {
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

// inode returns the record that holds what a record names: itself, but for a hard
// link. It is None for a hard link that leads nowhere.
func (s *store) inode(id int32) int32 {
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
