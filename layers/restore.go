package layers

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"math"

	"github.com/klauspost/compress/zstd"
)

// restore makes of a saved layer what reading it makes. After an error the pass must
// start anew. It may be ctx's.
func (p *pass) restore(ctx context.Context, s *saved) error {
	z, err := zstd.NewReader(bytes.NewReader(s.body), zstd.WithDecoderConcurrency(1), zstd.WithDecoderLowmem(true),
		zstd.WithDecoderMaxWindow(savedWindow))
	if err != nil {
		return fmt.Errorf("%w: %w", errSaved, err)
	}
	defer z.Close()
	r := &restorer{
		savedReader: savedReader{r: bufio.NewReaderSize(z, 64<<10)},
		walker:      &walker{pass: p, dir: ".", node: root, num: math.MaxUint32},
	}
	r.troubles()
	for range r.count(p.lim.Entries) {
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := r.record(); err != nil {
			return err
		}
	}
	r.contents()
	r.learnt()
	if r.err != nil {
		return r.err
	}
	if _, err := r.r.ReadByte(); err != io.EOF {
		return fmt.Errorf("%w: more than it says", errSaved)
	}
	return p.recallAll(ctx, r.entries)
}

// A restorer reads the body of a saved layer, in the order in which save writes it.
type restorer struct {
	savedReader
	*walker
	known   []attrs
	path    string
	sec     int64
	entries map[int32]Entry // of the records that something was learnt of
}

// troubles reads the problems. What they wrap is not kept.
func (r *restorer) troubles() {
	for range r.count(r.lim.Problems) {
		path, text := r.text(math.MaxInt32), r.text(math.MaxInt32)
		if r.err != nil {
			return
		}
		r.problems.add(r.index, path, errors.New(text))
	}
	r.problems.more = r.count(math.MaxInt32)
}

func (r *restorer) record() error {
	head, _ := r.ReadByte()
	it := item{path: r.nextPath(), typ: Type(head & savedTypes), opaque: head&savedOpaque != 0}
	a := r.attributes()
	rec := record{prev: None, shadow: None, link: None, typ: it.typ}
	if it.opaque {
		rec.change = Opaque
	}
	if head&savedUntimed != 0 {
		rec.flags |= untimed
	} else {
		r.sec += r.int()
		rec.sec, rec.nsec = r.sec, int32(r.count(999_999_999))
	}
	switch it.typ {
	case Regular:
		rec.size, rec.sum = r.size(), r.fixed()
		if head&savedUnexpanded != 0 {
			rec.flags |= unexpanded
		}
	case Device:
		rec.sum = r.fixed()
	case Symlink, Hardlink:
		it.link = r.text(r.lim.PathLength)
	}
	if r.err != nil {
		return r.err
	}
	if err := r.sane(it); err != nil {
		return err
	}
	rec.attrs = r.attrs(a)
	if err := r.place(&rec, it); err != nil {
		return err
	}
	switch it.typ {
	case Symlink:
		rec.link = int32(len(r.links))
		r.links = append(r.links, it.link)
	case Whiteout:
		r.whiteouts++
	}
	r.records.add(rec)
	return nil
}

// sane checks what judge sees to.
func (r *restorer) sane(it item) error {
	bad := func() error { return fmt.Errorf("%w: entry %d", errSaved, r.records.n) }
	if clean, err := cleanPath(it.path, r.lim); err != nil || clean != it.path {
		return bad()
	}
	switch {
	case it.typ > Whiteout, it.opaque && it.typ != Whiteout,
		it.path == "." && it.typ != Directory && !it.opaque,
		it.typ == Symlink && it.link == "":
		return bad()
	case it.typ == Hardlink:
		if clean, err := cleanPath(it.link, r.lim); err != nil || clean != it.link {
			return bad()
		}
	}
	return nil
}

func (r *restorer) nextPath() string {
	n := r.count(len(r.path))
	rest := r.text(r.lim.PathLength)
	if r.err == nil {
		r.path = r.path[:n] + rest
	}
	return r.path
}

func (r *restorer) attributes() attrs {
	n := r.count(len(r.known))
	if n < len(r.known) {
		return r.known[n]
	}
	a := attrs{mode: fs.FileMode(r.count(math.MaxUint32)), uid: int(r.int()), gid: int(r.int()), xattrs: r.fixed()}
	r.known = append(r.known, a)
	return a
}

// contents reads the contents that are kept, and holds them to the limit of the
// image.
func (r *restorer) contents() {
	for range r.count(r.records.n) {
		i, rec := r.regularRecord()
		if rec == nil {
			return
		}
		b := r.blob(rec.size)
		if r.err != nil || int64(len(b)) != rec.size {
			r.fail(errSaved)
			return
		}
		if r.room(rec.size) {
			r.keep[i] = b
		} else {
			r.problems.add(r.index, r.pathOf(rec), r.noRoom(rec.size))
		}
	}
}

// learnt reads what the wants learnt.
func (r *restorer) learnt() {
	r.entries = map[int32]Entry{}
	left := r.lim.Kept
	files := maps.Collect(r.linked())
	for range r.count(math.MaxInt32) {
		want := r.count(len(r.opts.Wants) - 1)
		i := int32(r.count(r.records.n - 1))
		if r.err != nil || r.records.n == 0 || len(r.opts.Wants) == 0 || r.opts.Wants[want].Learn == nil {
			r.fail(errSaved)
			return
		}
		e := r.entryOf(int(i))
		file, ok := files[i]
		switch {
		case ok && e.Type == Hardlink:
			e.Size = r.records.at(int(file)).size
		case e.Type != Regular:
			r.fail(errSaved)
			return
		}
		b := r.blob(left)
		left -= int64(len(b))
		r.memos = append(r.memos, memo{int32(want), i, b})
		r.entries[i] = e
	}
}

// regularRecord reads the number of a record, which must be of a regular file.
func (r *restorer) regularRecord() (int32, *record) {
	i := r.count(r.records.n - 1)
	if r.records.n == 0 || r.err != nil {
		return 0, nil
	}
	rec := r.records.at(i)
	if rec.typ != Regular {
		r.fail(errSaved)
		return 0, nil
	}
	return int32(i), rec
}

func (r *restorer) pathOf(rec *record) string {
	r.tree.mu.Lock()
	defer r.tree.mu.Unlock()
	return r.tree.path(rec.node)
}

// recallAll tells the wants what they learnt of the files.
func (p *pass) recallAll(ctx context.Context, entries map[int32]Entry) error {
	for _, m := range p.memos {
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := guard(func() error { return p.opts.Wants[m.want].Recall(entries[m.record], m.b) }); err != nil {
			return err
		}
	}
	p.memos = nil
	return nil
}
