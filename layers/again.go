package layers

import (
	"context"
	"fmt"
	"io"
	"maps"
	"slices"

	"github.com/stemma-go/stemma/internal/panics"

	v1 "github.com/google/go-containerregistry/pkg/v1"
)

// An archiveWalk walks the archive of a layer in a second reading.
type archiveWalk func(context.Context, io.Reader, *layerProblemList) error

// readAgain reads a layer for the second time. first is how many bytes the first reading
// decompressed; the second counts in its place. If the second reading is worse than the
// first, info says so, and the problems are returned. The error is ctx's.
func (r *run) readAgain(ctx context.Context, blob v1.Layer, info *Layer, first int64, walk archiveWalk) ([]Problem, error) {
	problems := &layerProblemList{layer: info.Index}
	again := &blobReader{
		run:      r,
		info:     &Layer{Index: info.Index, Claimed: info.Claimed},
		meter:    &meter{budget: r.budget},
		problems: problems,
		walk:     func(ctx context.Context, in io.Reader) error { return walk(ctx, in, problems) },
	}
	r.budget.decompressed.Add(-first)
	err := again.read(ctx, blob)
	r.budget.decompressed.Add(first - again.meter.decompressed.Load())
	if err != nil {
		return nil, err
	}
	if info.Verified && !again.info.Verified || again.info.Partial && !info.Partial {
		info.Verified = false
		info.Partial = info.Partial || len(problems.list) > 0
		return problems.list, nil
	}
	return nil, nil
}

// readAlso reads the files that wants ask for once the layers are stacked: see
// [Want.Also].
func (r *run) readAlso(ctx context.Context, x *Index) error {
	again := map[int]*secondReading{} // by layer
	for i, w := range r.opts.Wants {
		if w.Also == nil {
			continue
		}
		var entries []Entry
		if err := panics.Catch(func() error { entries = w.Also(x); return nil }); err != nil {
			x.Problems = append(x.Problems, Problem{Layer: None, Step: None, Err: fmt.Errorf("files wanted after all: %w", err)})
			continue
		}
		for _, e := range entries {
			r.addToSecondReading(again, x, i, e)
		}
	}
	layers := slices.Sorted(maps.Keys(again))
	err := r.inParallel(ctx, layers, func(ctx context.Context, n int) error {
		return again[n].read(ctx, &x.Layers[n], x.state.blobs[n])
	})
	if err != nil {
		return err
	}
	for _, n := range layers {
		again[n].moveInto(x)
	}
	return nil
}

// A secondReading reads one layer again, for files that are wanted after all.
type secondReading struct {
	layer    *layerReader // has what the first reading recorded
	wanted   map[int32][]wantedName
	problems []Problem
}

// addToSecondReading notes that a want asks for a file after all, unless its content is
// kept already, or was never readable.
func (r *run) addToSecondReading(again map[int]*secondReading, x *Index, want int, e Entry) {
	id := x.state.recordOf(e)
	if id == None {
		return
	}
	if id = x.state.recs.fileOf(id); id == None {
		return
	}
	rec, n := x.state.recs.at(id), int(x.state.recs.layer(id))
	if rec.typ != Regular || rec.flags&unexpanded != 0 {
		return
	}
	if _, kept := x.state.keep[id]; kept && r.opts.Wants[want].keeps() {
		return
	}
	s := again[n]
	if s == nil {
		s = newSecondReading(r, x, n)
		again[n] = s
	}
	file := x.state.entry(id)
	if most := r.budget.limits.FileSize; file.Size > most {
		s.layer.entries.add(file.Path, fmt.Errorf("file of %d bytes is wanted, over the limit of %d", file.Size, most))
		return
	}
	record := id - x.state.recs.first[n]
	s.wanted[record] = append(s.wanted[record], wantedName{record: record, entry: &file, wants: []int{want}})
}

func newSecondReading(r *run, x *Index, n int) *secondReading {
	recs := &x.state.recs
	entries := &entryProblemList{layer: n, limit: r.budget.limits.Problems}
	recorder := &recorder{layer: n, records: recordList{chunks: recs.chunks[recs.first[n]>>chunkBits:], n: int(recs.count[n])}}
	wants := newWantHandler(r, recorder, entries)
	wants.caching = false
	return &secondReading{
		layer:  &layerReader{run: r, entries: entries, recorder: recorder, wants: wants},
		wanted: map[int32][]wantedName{},
	}
}

// read reads the layer. The error is ctx's.
func (s *secondReading) read(ctx context.Context, info *Layer, blob v1.Layer) error {
	if len(s.wanted) == 0 {
		return nil
	}
	problems, err := s.layer.run.readAgain(ctx, blob, info, info.Uncompressed, s.layer.filesReader(s.wanted))
	for _, p := range problems {
		p.Err = fmt.Errorf("read once more, for files behind links: %w", p.Err)
		s.problems = append(s.problems, p)
	}
	return err
}

// moveInto moves what was read into the Index.
func (s *secondReading) moveInto(x *Index) {
	n := s.layer.recorder.layer
	for record, b := range s.layer.wants.keep {
		x.state.keep[x.state.recs.first[n]+record] = b
	}
	x.Problems = append(x.Problems, s.problems...)
	x.Problems = append(x.Problems, s.layer.entries.all()...)
}
