package layers

import (
	"archive/tar"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/stemma-go/stemma/internal/panics"

	"github.com/cespare/xxhash/v2"
	v1 "github.com/google/go-containerregistry/pkg/v1"
)

// A Want asks for the bytes of some files during the one pass of [Read]. Its
// functions are called from several goroutines at the same time. Only for files over
// 8 MiB that are not kept they are called one at a time, so that no two such files
// are in memory.
//
// A want is asked about a file when its content comes, and then about each name that
// hard links of the same layer give it, since that name may be the one that tells
// what the file is. By the time such a name is asked for, the content has gone by.
// If the want has a Use or a Learn, or the file was not kept under another name, the
// layer is therefore read, and verified, once more.
type Want struct {
	// Match reports whether the bytes of the file are wanted. e is the entry as the
	// layer has it: Change and Shadow, which depend on the other layers, and Sum are
	// not yet set. head holds the file's first bytes: HeadSize of them, or the whole
	// file where it is shorter. It must not be kept. For a hard link (Type is
	// Hardlink, Link the name that it was made of) head is nil. Its Size, here and in
	// the functions below, is that of the file.
	Match func(e Entry, head []byte) bool
	// Use, if not nil, is given the whole content. It must not keep b after it
	// has returned. An error, or a panic, becomes a Problem of that layer and
	// path. If neither Use nor Learn is set, the content is kept in the Index: see
	// [Index.Content].
	Use func(e Entry, b []byte) error

	// Key makes the want fit for a [Cache]. It names what Match and Learn do, with
	// version and settings: under an equal key, equal files must give equal answers,
	// and Match must not depend on Entry.Layer.
	Key string
	// Learn and Recall take the place of Use, and need each other. Learn is a Use
	// that also returns what it learnt, as bytes that a Cache keeps; nil keeps
	// nothing. Where the layer is later taken from the cache, Recall is given these
	// bytes in place of the content, in the order of the entries. It must not keep
	// memo. If it returns an error, the layer is read after all, and Learn is called
	// again for each of its files.
	Learn  func(e Entry, b []byte) (memo []byte, err error)
	Recall func(e Entry, memo []byte) error

	// Also, if not nil, is called once, when all layers are read and stacked. Only then
	// is it known which paths lead to a file: a symbolic link of any layer may be
	// one of them. It returns regular files (or hard links to them) of x that are wanted
	// although Match did not ask for them. Each layer that has such a file is read, and
	// verified, once more, and the file is treated as any wanted one, except that no cache
	// remembers what was learnt of it. x is complete but for the contents of these files.
	Also func(x *Index) []Entry
}

// HeadSize is the number of bytes that [Want.Match] is given of a file.
const HeadSize = 512

// keeps reports whether the Index keeps what is wanted.
func (w *Want) keeps() bool { return w.Use == nil && w.Learn == nil }

// A memo is what a want learnt of a file.
type memo struct {
	want, record int32
	b            []byte
}

// A wantHandler finds out which wants ask for a file of one layer, and gives them
// the content.
type wantHandler struct {
	list     []Want
	budget   *budget
	caching  bool    // memos are worth keeping
	small    buffers // for files up to smallFile
	large    buffers // for larger ones
	recorder *recorder
	problems *entryProblemList

	keep      map[int32][]byte // contents that are kept, by the number of the record
	memos     []memo
	memoBytes int64
	// uncacheable is set when what was learnt depends on more than the layer itself,
	// on a limit of the image for example.
	uncacheable bool
}

func newWantHandler(r *run, recorder *recorder, problems *entryProblemList) *wantHandler {
	return &wantHandler{
		list: r.opts.Wants, budget: r.budget, caching: r.variant != "", small: r.small, large: r.large,
		recorder: recorder, problems: problems, keep: map[int32][]byte{},
	}
}

// matching returns the numbers of the wants that ask for a file.
func (h *wantHandler) matching(e Entry, head []byte) []int {
	var wants []int
	for i := range h.list {
		want := &h.list[i]
		var yes bool
		if err := panics.Catch(func() error { yes = want.Match(e, head); return nil }); err != nil {
			h.fail(e.Path, err)
		}
		if yes {
			wants = append(wants, i)
		}
	}
	if most := h.budget.limits.FileSize; len(wants) > 0 && e.Size > most {
		h.problems.add(e.Path, fmt.Errorf("file of %d bytes is wanted, over the limit of %d", e.Size, most))
		return nil
	}
	return wants
}

// fail notes that something went wrong that may go well another time.
func (h *wantHandler) fail(path string, err error) {
	h.uncacheable = true
	h.problems.add(path, err)
}

// A wantedFile is a file that wants ask for.
type wantedFile struct {
	record int32
	size   int64
	head   []byte       // what has been read of it
	names  []wantedName // under which it is asked for
	sum    *uint64      // the checksum that it must have; nil if that is not known
}

// A wantedName is one of the names of a file, and the wants that ask for it.
type wantedName struct {
	record int32
	entry  *Entry // nil in a second reading, which may have millions of names
	wants  []int
}

// readFile reads the rest of a file into memory, gives the file to the wants that
// ask for it and returns its checksum. Its error ends the layer.
func (h *wantHandler) readFile(ctx context.Context, in *tarReader, f wantedFile) (sum uint64, err error) {
	keep := slices.ContainsFunc(f.names, func(n wantedName) bool {
		return slices.ContainsFunc(n.wants, func(i int) bool { return h.list[i].keeps() })
	})
	if keep {
		if err := h.budget.addKept(f.size); err != nil {
			keep = false
			h.fail(h.entry(f.names[0], f.size).Path, err)
		}
	}
	b, most, giveBack, err := h.memory(ctx, f.size, keep)
	if err != nil {
		return 0, err
	}
	defer func() { giveBack(b) }() // always: others wait for it
	b, err = readAll(in, b, f.head, f.size, most)
	sum = xxhash.Sum64(b)
	if err == nil && f.sum != nil && sum != *f.sum {
		err = errChanged
	}
	if err != nil {
		if keep {
			h.budget.kept.Add(-f.size)
		}
		return sum, err
	}
	if keep {
		h.keep[f.record] = b
	}
	for _, n := range f.names {
		if err := ctx.Err(); err != nil { // a file may have any number of names
			return sum, err
		}
		e := h.entry(n, f.size)
		for _, i := range n.wants {
			if err := panics.Catch(func() error { return h.give(i, n.record, e, b) }); err != nil {
				h.fail(e.Path, err)
			}
		}
	}
	return sum, nil
}

// entry returns the entry under which a file is asked for.
func (h *wantHandler) entry(n wantedName, size int64) Entry {
	if n.entry != nil {
		return *n.entry
	}
	return h.recorder.linkEntry(n.record, size)
}

// give gives a want the content that it asked for.
func (h *wantHandler) give(i int, record int32, e Entry, b []byte) error {
	want := &h.list[i]
	switch {
	case want.Learn != nil:
		learnt, err := want.Learn(e, b)
		if err == nil && learnt != nil && h.caching && !h.uncacheable {
			h.memos = append(h.memos, memo{int32(i), record, learnt})
			h.memoBytes += int64(len(learnt))
			h.uncacheable = h.memoBytes > h.budget.limits.Kept
		}
		return err
	case want.Use != nil:
		return want.Use(e, b)
	}
	return nil
}

// recall gives the wants their memos of the files, which are by record.
func (h *wantHandler) recall(ctx context.Context, entries map[int32]Entry) error {
	for _, m := range h.memos {
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := panics.Catch(func() error { return h.list[m.want].Recall(entries[m.record], m.b) }); err != nil {
			return err
		}
	}
	h.memos = nil
	return nil
}

const (
	// smallFile is the size up to which as many wanted files are in memory as layers are
	// read at the same time. Of larger ones there is one at a time.
	smallFile = 8 << 20
	// growth says how much memory is taken at a time: that many times what the layer, or
	// the file if it is sparse, has given so far. So a header that lies about a size costs at most
	// that many times what is there. It is large, because memory that has become too small is garbage.
	growth = 16
)

// buffers is memory for wanted files that is used again, because otherwise the garbage
// collector has a heap of it. Who takes a piece, nil at first, puts one back.
type buffers chan []byte

func newBuffers(n int) buffers {
	c := make(buffers, n)
	for range n {
		c <- nil
	}
	return c
}

// memory returns memory to read a file into, how large it may become, and a function
// that gives it back. It waits until there is some; the error is ctx's.
func (h *wantHandler) memory(ctx context.Context, size int64, keep bool) (b []byte, most int64, giveBack func([]byte), err error) {
	if keep {
		return make([]byte, 0, min(size, smallFile/growth)), size, func([]byte) {}, nil
	}
	from, most := h.small, int64(smallFile)
	if size > smallFile {
		from, most = h.large, size
	}
	select {
	case b := <-from:
		if size > smallFile && int64(cap(b)) < size {
			b = nil // frees the one that is too small before a larger one is made
		}
		return b, most, func(b []byte) { from <- b }, nil
	case <-ctx.Done():
		return nil, 0, nil, ctx.Err()
	}
}

// readAll reads all bytes of a file, of which head is already read, into b, or into
// more memory where that is too small. With an error, too, it returns what it has
// read.
func readAll(in *tarReader, b, head []byte, size, most int64) ([]byte, error) {
	b = append(b[:0], head...)
	for int64(len(b)) < size {
		if len(b) == cap(b) {
			more := make([]byte, len(b), min(most, max(growth*max(int64(cap(b)), in.src.pos), smallFile/growth)))
			copy(more, b)
			b = more
		}
		n, err := io.ReadFull(in.tr, b[len(b):min(size, int64(cap(b)))])
		b = b[:len(b)+n]
		if err != nil {
			return b, unexpectedEOF(err)
		}
	}
	return b, in.expectEnd()
}

// errChanged is a content that differs from the one of the first reading.
var errChanged = errors.New("content is not what it was when the image was read")

// readLinkedFiles reads the layer once more, if a want asks for a file under the name
// that a hard link gives it. The file comes before the link in the archive, under a
// name that may mean nothing to the want: BusyBox's is "[", and those of OSTree and of
// pnpm's store are checksums.
func (l *layerReader) readLinkedFiles(ctx context.Context, layer v1.Layer) error {
	wanted := l.wantedLinks(ctx)
	if err := ctx.Err(); err != nil || len(wanted) == 0 {
		return err
	}
	problems, err := l.run.readAgain(ctx, layer, l.info, l.meter.decompressed.Load(), l.filesReader(wanted))
	if err != nil {
		return err
	}
	slices.SortStableFunc(l.wants.memos, func(a, b memo) int { return int(a.record) - int(b.record) })
	for _, p := range problems {
		l.problems.add(fmt.Errorf("read once more, for hard links: %w", p.Err))
	}
	return nil
}

// wantedLinks returns the names of hard links under which files are asked for, by the
// number of the file's record. A file that is kept is kept under all its names. The
// search stops when ctx is done.
func (l *layerReader) wantedLinks(ctx context.Context) map[int32][]wantedName {
	if len(l.wants.list) == 0 {
		return nil
	}
	wanted := map[int32][]wantedName{}
	for link, file := range l.recorder.linkedFiles() {
		if ctx.Err() != nil {
			break
		}
		e := l.recorder.linkEntry(link, l.recorder.records.at(int(file)).size)
		_, kept := l.wants.keep[file]
		wants := slices.DeleteFunc(l.wants.matching(e, nil), func(i int) bool { return kept && l.wants.list[i].keeps() })
		if len(wants) == 0 {
			continue
		}
		if len(wanted[file]) > 0 {
			// A further name costs nothing in the archive, and as much as the file here.
			if err := l.meter.addDecompressed(e.Size); err != nil {
				l.meter.correct(-e.Size)
				l.wants.fail(e.Path, fmt.Errorf("file of %d bytes is wanted under one more name: %w", e.Size, err))
				continue
			}
		}
		wanted[file] = append(wanted[file], wantedName{record: link, wants: wants})
	}
	return wanted
}

// filesReader returns a walk over the layer's archive that reads the files in wanted,
// which are by the number of the record.
func (l *layerReader) filesReader(wanted map[int32][]wantedName) archiveWalk {
	return func(ctx context.Context, r io.Reader, problems *layerProblemList) error {
		in := newTarReader(r, l.run.budget.limits)
		i := int32(0) // number of the next record
		return in.each(ctx, problems, func(h *tar.Header) error {
			e, ok, _ := parseTarHeader(h, l.run.budget.limits)
			if !ok {
				return in.discard(h)
			}
			record := i
			i++
			names := wanted[record]
			if len(names) == 0 {
				return in.discard(h)
			}
			was := l.recorder.records.at(int(record))
			if e.typ != Regular || h.Size != was.size {
				return fmt.Errorf("%s: %w", e.path, errChanged)
			}
			if _, err := l.wants.readFile(ctx, in, wantedFile{record: record, size: h.Size, names: names, sum: &was.sum}); err != nil {
				return fmt.Errorf("%s: %w", e.path, err)
			}
			return nil
		})
	}
}
