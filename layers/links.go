package layers

import (
	"archive/tar"
	"context"
	"fmt"
	"iter"
	"slices"

	v1 "github.com/google/go-containerregistry/pkg/v1"
)

// An asking is a file that some wants ask for, under one of its names.
type asking struct {
	record int32  // of that name
	entry  *Entry // nil in a second reading: there may be millions
	wants  []int
}

// A second reading is one for the sake of hard links. Their file comes before them in
// the archive, under a name that may say nothing to anybody: BusyBox's is "[",
// those of OSTree and of pnpm's store are checksums.
type second struct {
	asked map[int32][]asking // by the number of the file's record
	first *pass
}

// readLinks reads the layer once more, if a want asks for a file under the name that a
// hard link gives it.
func (p *pass) readLinks(ctx context.Context, l v1.Layer) error {
	out := p.out.Load()
	asked := p.askedLinks(ctx)
	if err := ctx.Err(); err != nil || len(asked) == 0 {
		return err
	}
	q := &pass{
		reader: p.reader, index: p.index, keep: p.keep, odd: p.odd,
		info: &Layer{Index: p.info.Index, Claimed: p.info.Claimed}, second: &second{asked, p},
		memos: p.memos, learnt: p.learnt, problems: p.problems,
	}
	p.total.Add(-out) // the second reading counts as the first
	err := q.readBlob(ctx, l, false)
	p.total.Add(out - q.out.Load())
	if err != nil {
		return err
	}
	p.memos, p.learnt, p.odd, p.problems = q.memos, q.learnt, q.odd, q.problems
	slices.SortStableFunc(p.memos, func(a, b memo) int { return int(a.record) - int(b.record) })
	if p.info.Verified && !q.info.Verified || q.info.Partial && !p.info.Partial {
		p.info.Verified = false
		for _, v := range q.verdicts {
			p.broken(fmt.Errorf("read once more, for hard links: %w", v.Err))
		}
	}
	return nil
}

// askedLinks returns which files are asked for under the names of hard links. A file that
// is kept is kept under all its names. Once ctx is done, it stops.
func (p *pass) askedLinks(ctx context.Context) map[int32][]asking {
	if len(p.opts.Wants) == 0 {
		return nil
	}
	asked := map[int32][]asking{}
	for link, file := range p.linked() {
		if ctx.Err() != nil {
			break
		}
		e := p.nameOf(link, p.records.at(int(file)).size)
		_, kept := p.keep[file]
		wants := slices.DeleteFunc(p.matching(e, nil), func(i int) bool { return kept && p.opts.Wants[i].keeps() })
		if len(wants) > 0 && (len(asked[file]) == 0 || p.again(e)) {
			asked[file] = append(asked[file], asking{record: link, wants: wants})
		}
	}
	return asked
}

// again counts the bytes of a file for a further name that is asked for: a link costs
// nothing in the archive, and what is handed out as much as its file.
func (p *pass) again(e Entry) bool {
	err := p.grow(e.Size)
	if err != nil {
		p.grown(-e.Size)
		p.odd = true
		p.problems.add(p.index, e.Path, fmt.Errorf("file of %d bytes is wanted under one more name: %w", e.Size, err))
	}
	return err == nil
}

// linked yields the records of hard links to regular files of the same layer whose
// content was read, in their order, and the records of these files.
func (p *pass) linked() iter.Seq2[int32, int32] {
	return func(yield func(link, file int32) bool) {
		at := map[int32]int32{} // what is at a node that a hard link names
		for i := range p.records.n {
			if r := p.records.at(i); r.typ == Hardlink {
				at[r.link] = None
			}
		}
		if len(at) == 0 {
			return
		}
		for i := range p.records.n {
			r, file := p.records.at(i), int32(None)
			switch r.typ {
			case Regular:
				if r.flags&unexpanded == 0 {
					file = int32(i)
				}
			case Hardlink:
				if file = at[r.link]; file != None && !yield(int32(i), file) {
					return
				}
			}
			if _, ok := at[r.node]; ok && r.typ != Whiteout {
				at[r.node] = file
			}
		}
	}
}

// entryOf returns the entry of a record as far as it is known before the layers are
// stacked.
func (p *pass) entryOf(i int) Entry {
	r := p.records.at(i)
	a := p.attrTable.get(r.attrs)
	p.tree.mu.Lock()
	defer p.tree.mu.Unlock()
	e := Entry{
		Path: p.tree.path(r.node), Layer: p.index, Type: r.typ, Mode: a.mode, UID: a.uid, GID: a.gid,
		Size: r.size, ModTime: r.modTime(), Shadow: None,
	}
	if r.typ == Hardlink {
		e.Link = p.tree.path(r.link)
	}
	return e
}

// nameOf returns the entry of a hard link to a file of that size.
func (p *pass) nameOf(link int32, size int64) Entry {
	e := p.entryOf(int(link))
	e.Size = size
	return e
}

// entryAgain is entry in a second reading: it hands out the files that are asked for.
func (w *walker) entryAgain(ctx context.Context, h *tar.Header) error {
	it, ok, _ := judge(h, w.lim)
	if !ok {
		return w.discard(h)
	}
	i := w.records.n
	w.records.n++
	asked := w.second.asked[int32(i)]
	if len(asked) == 0 {
		return w.discard(h)
	}
	if was := w.second.first.records.at(i); it.typ != Regular || h.Size != was.size {
		return fmt.Errorf("%s: %w", it.path, errChanged)
	}
	r := record{size: h.Size}
	if err := w.take(ctx, int32(i), asked, &r, nil); err != nil {
		return fmt.Errorf("%s: %w", it.path, err)
	}
	return nil
}
