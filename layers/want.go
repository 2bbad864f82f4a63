package layers

import (
	"archive/tar"
	"context"
	"fmt"
	"io"
	"slices"

	"github.com/cespare/xxhash/v2"
)

// regular reads the content of a regular file: its checksum, and the bytes for who
// wants them. Its error ends the layer.
func (w *walker) regular(ctx context.Context, h *tar.Header, it item, r *record) error {
	if isSparse(h) {
		if err := w.grow(h.Size); err != nil {
			w.grown(-h.Size)
			w.odd = true
			w.problems.add(w.index, it.path, fmt.Errorf("sparse file of %d bytes not expanded: %w", h.Size, err))
			r.flags |= unexpanded
			w.skip = true
			return nil
		}
		from := w.src.pos
		defer func() { w.grown(from - w.src.pos) }() // what is stored of it was counted as it came
	}
	r.size = h.Size
	head := w.buf[:min(h.Size, int64(len(w.buf)))]
	if _, err := io.ReadFull(w.tr, head); err != nil {
		return eofIsEarly(err)
	}
	if len(w.opts.Wants) > 0 {
		e := Entry{
			Path: it.path, Layer: w.index, Type: Regular, Mode: w.attr.mode, UID: h.Uid, GID: h.Gid,
			Size: h.Size, ModTime: r.modTime(), Shadow: None,
		}
		if wants := w.matching(e, head[:min(len(head), HeadSize)]); len(wants) > 0 {
			i := int32(w.records.n)
			return w.take(ctx, i, []asking{{i, &e, wants}}, r, head)
		}
	}
	if h.Size == int64(len(head)) {
		r.sum = xxhash.Sum64(head)
		return w.atEnd()
	}
	w.hash.Reset()
	for b := head; ; {
		w.hash.Write(b) //nolint:errcheck // never fails
		n, err := w.tr.Read(w.buf)
		b = w.buf[:n]
		if err == io.EOF && n == 0 {
			r.sum = w.hash.Sum64()
			return nil
		}
		if err != nil && err != io.EOF {
			return err
		}
	}
}

// atEnd lets archive/tar see the end of a content that was read in full: it tells a
// sparse file that has more data than its map says only then.
func (w *walker) atEnd() error {
	var b [1]byte
	if _, err := w.tr.Read(b[:]); err != io.EOF {
		return err
	}
	return nil
}

// matching returns the numbers of the wants that ask for a file.
func (p *pass) matching(e Entry, head []byte) []int {
	var wants []int
	for i := range p.opts.Wants {
		want := &p.opts.Wants[i]
		var yes bool
		if err := guard(func() error { yes = want.Match(e, head); return nil }); err != nil {
			p.odd = true
			p.problems.add(p.index, e.Path, err)
		}
		if yes {
			wants = append(wants, i)
		}
	}
	if len(wants) > 0 && e.Size > p.lim.FileSize {
		p.problems.add(p.index, e.Path, fmt.Errorf("file of %d bytes is wanted, over the limit of %d", e.Size, p.lim.FileSize))
		return nil
	}
	return wants
}

// take reads the rest of a file, whose record has the number i, into memory and hands
// it out to those that ask for it.
func (w *walker) take(ctx context.Context, i int32, asked []asking, r *record, head []byte) error {
	keep := w.keeps(asked)
	if keep && !w.room(r.size) {
		keep, w.odd = false, true
		w.problems.add(w.index, w.askedAs(asked[0], r.size).Path, w.noRoom(r.size))
	}
	b, most, back, err := w.memory(ctx, r.size, keep)
	if err != nil {
		return err
	}
	defer func() { back(b) }() // whatever happens: others wait for it
	b, err = w.whole(b, head, r.size, most)
	r.sum = xxhash.Sum64(b)
	if err == nil && w.second != nil && r.sum != w.second.first.records.at(int(i)).sum {
		err = errChanged
	}
	if err != nil {
		if keep {
			w.kept.Add(-r.size)
		}
		return err
	}
	if keep {
		w.keep[i] = b
	}
	for _, a := range asked {
		if err := ctx.Err(); err != nil { // a file may have any number of names
			return err
		}
		e := w.askedAs(a, r.size)
		for _, i := range a.wants {
			if err := guard(func() error { return w.hand(i, a.record, e, b) }); err != nil {
				w.odd = true
				w.problems.add(w.index, e.Path, err)
			}
		}
	}
	return nil
}

// askedAs returns the entry under which a file is asked for.
func (w *walker) askedAs(a asking, size int64) Entry {
	if a.entry != nil {
		return *a.entry
	}
	return w.second.first.nameOf(a.record, size)
}

// keeps reports whether one of those that ask wants a file to be kept.
func (p *pass) keeps(asked []asking) bool {
	return slices.ContainsFunc(asked, func(a asking) bool {
		return slices.ContainsFunc(a.wants, func(i int) bool { return p.opts.Wants[i].keeps() })
	})
}

// hand gives a want the content that it asked for.
func (w *walker) hand(i int, record int32, e Entry, b []byte) error {
	t := &w.opts.Wants[i]
	switch {
	case t.Learn != nil:
		learnt, err := t.Learn(e, b)
		if err == nil && learnt != nil && w.variant != "" && !w.odd {
			w.memos = append(w.memos, memo{int32(i), record, learnt})
			w.learnt += int64(len(learnt))
			w.odd = w.learnt > w.lim.Kept
		}
		return err
	case t.Use != nil:
		return t.Use(e, b)
	}
	return nil
}

// room takes n bytes of those that the Index may keep.
func (r *reader) room(n int64) bool {
	if r.kept.Add(n) > r.lim.Kept {
		r.kept.Add(-n)
		return false
	}
	return true
}

func (r *reader) noRoom(n int64) error {
	return fmt.Errorf("file of %d bytes not kept: over the limit of %d for all", n, r.lim.Kept)
}

// guard runs code that is not ours on bytes that are not ours either. A panic in it
// is an error like others.
func guard(f func() error) (err error) {
	defer func() {
		if v := recover(); v != nil {
			err = &panicError{v}
		}
	}()
	return f()
}

// A panicError is a panic, caught.
type panicError struct{ value any }

func (e *panicError) Error() string { return fmt.Sprintf("panic: %v", e.value) }

func (e *panicError) Unwrap() error {
	err, _ := e.value.(error)
	return err
}
