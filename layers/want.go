package layers

import (
	"archive/tar"
	"context"
	"fmt"
	"io"

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
	}
	r.size = h.Size
	head := w.buf[:min(h.Size, int64(len(w.buf)))]
	if _, err := io.ReadFull(w.tr, head); err != nil {
		return eofIsEarly(err)
	}
	takers, e := w.takers(h, it, r, head[:min(len(head), HeadSize)])
	if len(takers) > 0 {
		return w.take(ctx, takers, e, r, head)
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

// takers returns the numbers of the wants that match a file.
func (w *walker) takers(h *tar.Header, it item, r *record, head []byte) ([]int, Entry) {
	if len(w.opts.Wants) == 0 {
		return nil, Entry{}
	}
	e := Entry{
		Path: it.path, Layer: w.index, Type: Regular, Mode: w.attr.mode, UID: h.Uid, GID: h.Gid,
		Size: h.Size, ModTime: r.modTime(), Shadow: None,
	}
	var takers []int
	for i := range w.opts.Wants {
		want := &w.opts.Wants[i]
		var yes bool
		if err := guard(func() error { yes = want.Match(e, head); return nil }); err != nil {
			w.odd = true
			w.problems.add(w.index, it.path, err)
		}
		if yes {
			takers = append(takers, i)
		}
	}
	if len(takers) > 0 && h.Size > w.lim.FileSize {
		w.problems.add(w.index, it.path, fmt.Errorf("file of %d bytes is wanted, over the limit of %d", h.Size, w.lim.FileSize))
		return nil, e
	}
	return takers, e
}

// take reads the rest of a file into memory and hands it out.
func (w *walker) take(ctx context.Context, takers []int, e Entry, r *record, head []byte) error {
	keep := false
	for _, i := range takers {
		t := &w.opts.Wants[i]
		keep = keep || t.Use == nil && t.Learn == nil
	}
	if keep && !w.room(e.Size) {
		keep, w.odd = false, true
		w.problems.add(w.index, e.Path, w.noRoom(e.Size))
	}
	b, most, back, err := w.memory(ctx, e.Size, keep)
	if err != nil {
		return err
	}
	defer func() { back(b) }() // whatever happens: others wait for it
	if b, err = w.whole(b, head, e.Size, most); err != nil {
		return err
	}
	r.sum = xxhash.Sum64(b)
	if keep {
		w.keep[int32(w.records.n)] = b
	}
	for _, i := range takers {
		if err := guard(func() error { return w.hand(i, e, b) }); err != nil {
			w.odd = true
			w.problems.add(w.index, e.Path, err)
		}
	}
	return nil
}

// hand gives a want the content that it asked for.
func (w *walker) hand(i int, e Entry, b []byte) error {
	t := &w.opts.Wants[i]
	switch {
	case t.Learn != nil:
		learnt, err := t.Learn(e, b)
		if err == nil && learnt != nil && w.variant != "" && !w.odd {
			w.memos = append(w.memos, memo{int32(i), int32(w.records.n), learnt})
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
