package layers

import (
	"archive/tar"
	"context"
	"errors"
	"fmt"
	"io"
	"math"

	"github.com/cespare/xxhash/v2"
)

// errHeaderSize ends the reading of a layer whose header is over the limit.
var errHeaderSize = errors.New("headers of one entry over the limit")

// A source is the decompressed layer as archive/tar reads it. It counts, and stops
// while headers are read that are over the limit.
type source struct {
	r    io.Reader
	pos  int64
	room int64 // bytes that the next headers may take
}

func (s *source) Read(b []byte) (int, error) {
	if s.room <= 0 {
		return 0, errHeaderSize
	}
	if int64(len(b)) > s.room {
		b = b[:s.room]
	}
	n, err := s.r.Read(b)
	s.pos += int64(n)
	if s.room != math.MaxInt64 {
		s.room -= int64(n)
	}
	return n, err
}

// A walker turns the headers of one layer into records.
type walker struct {
	*pass
	src  *source
	tr   *tar.Reader
	buf  []byte // scratch for contents
	file []byte // scratch for wanted contents
	hash *xxhash.Digest
	dir  string // directory of the last entry, and its node
	node int32
	attr attrs // of the last entry, and their number
	num  uint32
	skip bool // content of the last entry was not read
}

// tarBlock is the unit of tar archives.
const tarBlock = 512

// walk reads a whole layer. Its error is about the layer; what is wrong with
// single entries is in the problems.
func (p *pass) walk(ctx context.Context, r io.Reader) error {
	src := &source{r: r, room: math.MaxInt64}
	w := &walker{
		pass: p, src: src, tr: tar.NewReader(src),
		buf: make([]byte, 64<<10), hash: xxhash.New(), dir: ".", node: root, num: math.MaxUint32,
	}
	for {
		if err := ctx.Err(); err != nil {
			return err
		}
		at := (src.pos + tarBlock - 1) / tarBlock * tarBlock
		h, err := w.next()
		if err == io.EOF {
			return w.tail()
		}
		if err != nil {
			return fmt.Errorf("tar header after byte %d: %w", at, err)
		}
		entry := w.entry
		if w.second != nil {
			entry = w.entryAgain
		}
		if err := entry(ctx, h); err != nil {
			return err
		}
	}
}

// next reads the headers of the next entry.
func (w *walker) next() (*tar.Header, error) {
	w.src.room = math.MaxInt64
	if !w.skip && w.lim.HeaderSize < math.MaxInt64/2 {
		w.src.room = w.lim.HeaderSize + 3*tarBlock // padding of the content before, the header itself
	}
	h, err := w.tr.Next()
	w.src.room = math.MaxInt64
	w.skip = false
	if errors.Is(err, tar.ErrInsecurePath) {
		err = nil // judged by cleanPath
	}
	return h, err
}

// tail reads what follows the end of the archive: zeros, commonly.
func (w *walker) tail() error {
	for {
		n, err := w.src.Read(w.buf)
		for _, c := range w.buf[:n] {
			if c != 0 {
				w.verdict(fmt.Errorf("bytes after the end of the archive, from byte %d on", w.src.pos-int64(n)))
				return nil
			}
		}
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

// entry records one entry. Its error ends the layer.
func (w *walker) entry(ctx context.Context, h *tar.Header) error {
	it, ok, err := judge(h, w.lim)
	if err != nil {
		w.problems.add(w.index, clip(h.Name), err)
	}
	if w.windows == nil {
		w.windows = windowsLayer(h)
	}
	if !ok {
		return w.discard(h)
	}
	r := record{prev: None, shadow: None, link: None, typ: it.typ}
	r.setModTime(h.ModTime)
	r.attrs = w.attrs(attrsOf(h, it.typ))
	if it.opaque {
		r.change = Opaque
	}
	if err := w.place(&r, it); err != nil {
		return err
	}
	switch it.typ {
	case Regular:
		if err := w.regular(ctx, h, it, &r); err != nil {
			return fmt.Errorf("%s: %w", it.path, err)
		}
	case Symlink:
		r.link = int32(len(w.links))
		w.links = append(w.links, it.link)
	case Device:
		r.sum = uint64(h.Devmajor)<<32 ^ uint64(uint32(h.Devminor))
	case Whiteout:
		if err := w.discard(h); err != nil {
			return fmt.Errorf("%s: %w", it.path, err)
		}
		w.whiteouts++
	}
	w.records.add(r)
	return nil
}

// discard skips the content of an entry that is not recorded.
func (w *walker) discard(h *tar.Header) error {
	if isSparse(h) {
		w.skip = true // left to archive/tar, which jumps over the holes
		return nil
	}
	for {
		if _, err := w.tr.Read(w.buf); err == io.EOF {
			return nil
		} else if err != nil {
			return err
		}
	}
}

// place finds the nodes of an entry.
func (w *walker) place(r *record, it item) error {
	t := w.tree
	t.mu.Lock()
	made := 1
	if it.path == "." {
		r.node = root
	} else {
		dir, base := split(it.path)
		if dir != w.dir {
			var dirs int
			w.node, dirs = t.internPath(root, dir)
			w.dir = dir
			made += dirs
		}
		r.node, _ = t.intern(w.node, base)
	}
	if it.typ == Hardlink {
		var nodes int
		r.link, nodes = t.internPath(root, it.link)
		made += nodes
	}
	t.mu.Unlock()
	made += (len(it.path) + len(it.link)) / entryText
	w.counted += int64(made)
	return w.countEntries(made)
}

// attrs numbers attributes; most entries have those of the one before.
func (w *walker) attrs(a attrs) uint32 {
	if w.num == math.MaxUint32 || a != w.attr {
		w.attr, w.num = a, w.attrTable.number(a)
	}
	return w.num
}

// windowsLayer returns what to say of a layer that is one of Windows', nil for all
// others: they hold "Files" and "Hives", and security descriptors in PAX records.
func windowsLayer(h *tar.Header) error {
	for k := range h.PAXRecords {
		if len(k) > 10 && k[:10] == "MSWINDOWS." {
			return errWindows
		}
	}
	return nil
}

var errWindows = errors.New("windows layer: paths are not interpreted")
