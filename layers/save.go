package layers

import (
	"bytes"
	"encoding/binary"
	"io"
	"maps"
	"slices"

	"github.com/klauspost/compress/zstd"
)

// savedWindow is the window of the compressed body: small, since many layers may be
// decoded at once.
const savedWindow = 1 << 20

// The first byte of a saved record is its type and these.
const (
	savedTypes      = 0x07
	savedOpaque     = 0x08
	savedUntimed    = 0x10
	savedUnexpanded = 0x20
)

// A memo is what a want learnt of a file.
type memo struct {
	want, record int32
	b            []byte
}

// save writes the body of a layer that has been read and not been merged.
func (p *pass) save(s *saved) error {
	var out bytes.Buffer
	z, err := zstd.NewWriter(&out, zstd.WithEncoderLevel(zstd.SpeedFastest), zstd.WithEncoderConcurrency(1),
		zstd.WithWindowSize(savedWindow), zstd.WithLowerEncoderMem(true))
	if err != nil {
		return err
	}
	w := &savedWriter{out: z, attrs: map[uint32]int{}}
	w.uint(uint64(len(p.problems.list)))
	for _, problem := range p.problems.list {
		w.text(problem.Path)
		w.text(problem.Err.Error())
	}
	w.uint(uint64(p.problems.more))
	w.uint(uint64(p.records.n))
	for _, chunk := range p.records.chunks {
		w.records(p, chunk)
	}
	w.uint(uint64(len(p.keep)))
	for _, i := range slices.Sorted(maps.Keys(p.keep)) {
		w.uint(uint64(i))
		w.blob(p.keep[i])
	}
	w.uint(uint64(len(p.memos)))
	for _, m := range p.memos {
		w.uint(uint64(m.want))
		w.uint(uint64(m.record))
		w.blob(m.b)
	}
	w.flush()
	if err := z.Close(); err != nil {
		return err
	}
	s.body = out.Bytes()
	return w.err
}

// A savedWriter writes the body of a saved layer.
type savedWriter struct {
	out   io.Writer
	b     []byte
	err   error
	attrs map[uint32]int // numbers of the attributes in this layer
	path  string         // of the record before
	sec   int64
}

func (w *savedWriter) flush() {
	if w.err == nil {
		_, w.err = w.out.Write(w.b)
	}
	w.b = w.b[:0]
}

func (w *savedWriter) uint(n uint64) { w.b = binary.AppendUvarint(w.b, n) }
func (w *savedWriter) text(s string) { w.b = appendString(w.b, s) }
func (w *savedWriter) blob(b []byte) {
	w.uint(uint64(len(b)))
	w.flush()
	if w.err == nil {
		_, w.err = w.out.Write(b)
	}
}

// records writes some records. Paths are written as what differs from the one
// before, times as the difference.
func (w *savedWriter) records(p *pass, records []record) {
	p.tree.mu.Lock()
	defer p.tree.mu.Unlock()
	for i := range records {
		r := &records[i]
		w.head(r)
		w.next(p.tree.path(r.node))
		w.attributes(p, r.attrs)
		if r.flags&untimed == 0 {
			w.b = binary.AppendVarint(w.b, r.sec-w.sec)
			w.uint(uint64(r.nsec))
			w.sec = r.sec
		}
		switch r.typ {
		case Regular:
			w.uint(uint64(r.size))
			w.b = binary.LittleEndian.AppendUint64(w.b, r.sum)
		case Device:
			w.b = binary.LittleEndian.AppendUint64(w.b, r.sum)
		case Symlink:
			w.text(p.links[r.link])
		case Hardlink:
			w.text(p.tree.path(r.link))
		}
	}
	w.flush()
}

func (w *savedWriter) head(r *record) {
	b := byte(r.typ)
	if r.change == Opaque {
		b |= savedOpaque
	}
	if r.flags&untimed != 0 {
		b |= savedUntimed
	}
	if r.flags&unexpanded != 0 {
		b |= savedUnexpanded
	}
	w.b = append(w.b, b)
}

func (w *savedWriter) next(path string) {
	n := 0
	for n < len(path) && n < len(w.path) && path[n] == w.path[n] {
		n++
	}
	w.uint(uint64(n))
	w.text(path[n:])
	w.path = path
}

// attributes writes the number of attributes, and the first time themselves.
func (w *savedWriter) attributes(p *pass, num uint32) {
	n, ok := w.attrs[num]
	if !ok {
		n = len(w.attrs)
		w.attrs[num] = n
	}
	w.uint(uint64(n))
	if ok {
		return
	}
	a := p.attrTable.get(num)
	w.uint(uint64(a.mode))
	w.b = binary.AppendVarint(w.b, int64(a.uid))
	w.b = binary.AppendVarint(w.b, int64(a.gid))
	w.b = binary.LittleEndian.AppendUint64(w.b, a.xattrs)
}
