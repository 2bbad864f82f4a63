package layers

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"sync/atomic"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/stemma-go/stemma/layers/history"
	"golang.org/x/sync/errgroup"
)

// Options say how to [Read]. The zero value, and nil, are the defaults.
type Options struct {
	// Wants ask for the bytes of regular files, under their own names and those of
	// hard links: see [Want].
	Wants []Want
	// Parallelism is the number of layers that are read at the same time; 0 is
	// runtime.GOMAXPROCS(0).
	Parallelism int
	// Limits bound what a hostile image can cost; zero fields are the defaults.
	Limits Limits
	// Cache, if not nil, saves reading layers that were read before, whatever image
	// they were in: see [Cache]. It is used only if every want has a Key and none
	// has a Use.
	Cache Cache
	// Progress, if not nil, is called now and then, from several goroutines, with
	// the number of stored (compressed) bytes read so far and in all; all is 0
	// when it is not known.
	Progress func(done, all int64)
}

// Read reads img once and returns its index. nil opts are the defaults.
//
// The error is not nil only when nothing can be said at all: the configuration
// can't be read, the number of layers is over the limit, or ctx is done (the error is
// then ctx's, and the Index nil). Everything else is a [Problem] in the Index.
//
// # What is read
//
// Of each layer the stored blob is read. Its first bytes tell how it is compressed,
// whatever its media type says. A layer that implements [Stored] gives its blob that
// way; its Size is asked for too, which must cost little. If Options.Progress is set,
// the Size of all is. Any other layer is asked for Compressed and Digest. Where Compressed
// returns one end of an io.Pipe, go-containerregistry is compressing an archive that
// is stored plain (a docker-archive, a layer made in memory). Then Uncompressed is
// read instead, and there is no digest to check, because one that is computed on the
// way claims nothing.
//
// A blob is read to its end even when its archive ends earlier, or breaks; only a
// limit stops it.
func Read(ctx context.Context, img v1.Image, opts *Options) (*Index, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	cfg, err := img.ConfigFile()
	if err != nil {
		return nil, fmt.Errorf("configuration: %w", err)
	}
	if cfg == nil {
		return nil, errors.New("configuration: there is none")
	}
	r := newRun(opts)
	defer r.decoders.close()
	x := &Index{Config: cfg, state: &state{tree: r.tree, keep: map[int32][]byte{}}}
	blobs, err := img.Layers()
	if err != nil {
		x.Problems = append(x.Problems, Problem{Layer: None, Step: None, Err: fmt.Errorf("layers: %w", err)})
	}
	if n, most := max(len(blobs), len(cfg.RootFS.DiffIDs)), r.budget.limits.Layers; n > most {
		return nil, fmt.Errorf("image of %d layers, over the limit of %d", n, most)
	}
	x.joinHistory(blobs)
	r.progress.all = storedSize(blobs, opts)
	if err := r.readLayers(ctx, x, blobs); err != nil {
		return nil, err
	}
	x.finish(r)
	if err := r.readAlso(ctx, x); err != nil {
		return nil, err
	}
	slices.SortStableFunc(x.Problems, func(a, b Problem) int { return a.Layer - b.Layer })
	return x, nil
}

// joinHistory makes the layers and the steps, and joins them.
func (x *Index) joinHistory(blobs []v1.Layer) {
	claimed := x.Config.RootFS.DiffIDs
	x.Layers = make([]Layer, max(len(blobs), len(claimed)))
	cfg := *x.Config
	if len(blobs) != len(claimed) {
		x.Problems = append(x.Problems, Problem{Layer: None, Step: None,
			Err: fmt.Errorf("the configuration names %s, the image has %d", layerCount(len(claimed)), len(blobs))})
		cfg.RootFS.DiffIDs = slices.Grow(slices.Clip(claimed), len(x.Layers))[:len(x.Layers)]
	}
	var problems []Problem
	x.Steps, problems = history.Steps(&cfg)
	x.Problems = append(x.Problems, problems...)
	for i := range x.Layers {
		x.Layers[i] = Layer{Index: i, Step: None, Partial: i >= len(blobs)}
		if i < len(claimed) {
			x.Layers[i].Claimed = claimed[i]
		}
		if i >= len(blobs) {
			x.Problems = append(x.Problems, Problem{Layer: i, Step: None, Err: errors.New("the image does not have it")})
		}
	}
	for _, s := range x.Steps {
		if s.Layer >= 0 && s.Layer < len(x.Layers) {
			x.Layers[s.Layer].Step = s.Index
		}
	}
	x.state.blobs = blobs
}

func layerCount(n int) string {
	if n == 1 {
		return "1 layer"
	}
	return fmt.Sprintf("%d layers", n)
}

// finish makes the Index ready for use, but for the order of its problems.
func (x *Index) finish(r *run) {
	r.tree.freeze()
	x.state.attrs = r.attrs.list
	x.state.limits = r.budget.limits
}

// storedSize returns the number of bytes of all blobs. It is 0 without
// Options.Progress, and where the number is not known before the blobs are read.
func storedSize(blobs []v1.Layer, opts *Options) (all int64) {
	if opts == nil || opts.Progress == nil {
		return 0
	}
	for _, l := range blobs {
		if _, ok := l.(Stored); !ok && compressesOnRead(l) {
			return 0
		}
		n, err := l.Size()
		if err != nil {
			return 0
		}
		all += n
	}
	return all
}

// A run is what the layers of one Read share.
type run struct {
	opts     Options
	budget   *budget
	progress *progress
	tree     *tree
	attrs    *attrTable
	blocks   *blocks
	decoders *decoders
	small    buffers // for wanted files
	large    buffers
	variant  string // see cacheVariant

	processors int
	unread     atomic.Int32 // layers that are not read to their end
}

func newRun(opts *Options) *run {
	r := &run{tree: newTree(), attrs: &attrTable{}, large: newBuffers(1), processors: runtime.GOMAXPROCS(0)}
	if opts != nil {
		r.opts = *opts
	}
	if r.opts.Parallelism <= 0 {
		r.opts.Parallelism = r.processors
	}
	r.budget = &budget{limits: r.opts.Limits.orDefaults()}
	r.progress = &progress{report: r.opts.Progress}
	r.variant = cacheVariant(&r.opts, r.budget.limits)
	r.blocks = newBlocks(4 * pipeDepth * r.opts.Parallelism)
	r.decoders = newDecoders(r.opts.Parallelism)
	r.small = newBuffers(r.opts.Parallelism)
	return r
}

// readLayers reads the layers in parallel. Each is merged once it and those below it
// have been read.
func (r *run) readLayers(ctx context.Context, x *Index, blobs []v1.Layer) error {
	m := newMerger(r, x)
	return r.inParallel(ctx, r.order(blobs), func(ctx context.Context, i int) error {
		l := newLayerReader(r, &x.Layers[i], x.Config.OS == "windows")
		if err := l.read(ctx, blobs[i]); err != nil {
			return err
		}
		return m.add(ctx, l.result())
	})
}

// inParallel calls read for layers, several at the same time.
func (r *run) inParallel(ctx context.Context, layers []int, read func(ctx context.Context, layer int) error) error {
	r.unread.Add(int32(len(layers)))
	g, reading := errgroup.WithContext(ctx)
	g.SetLimit(r.opts.Parallelism)
	for _, i := range layers {
		if reading.Err() != nil {
			break
		}
		g.Go(func() error {
			defer r.unread.Add(-1)
			return read(reading, i)
		})
	}
	if err := g.Wait(); err != nil {
		return err
	}
	return ctx.Err()
}

// processorsAreFree reports whether the layers that are read keep fewer processors busy than
// there are, if each layer has one.
func (r *run) processorsAreFree() bool {
	return min(int(r.unread.Load()), r.opts.Parallelism) < r.processors
}

// order returns the numbers of the layers in the order in which they are read: the largest
// first, where several are read at the same time. One that was begun last would be read
// alone in the end, while most processors do nothing. Layers whose size is not told keep
// their order.
func (r *run) order(blobs []v1.Layer) []int {
	order, sizes := make([]int, len(blobs)), make([]int64, len(blobs))
	for i, l := range blobs {
		order[i] = i
		if _, ok := l.(Stored); ok && r.opts.Parallelism > 1 {
			sizes[i], _ = l.Size() // whoever opens the blob reports the error
		}
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(sizes[b], sizes[a]) })
	return order
}

// A layerReader reads one layer: from the cache, or else from its blob.
type layerReader struct {
	run      *run
	info     *Layer
	meter    *meter
	problems *layerProblemList
	entries  *entryProblemList
	recorder *recorder
	wants    *wantHandler
}

func newLayerReader(r *run, info *Layer, windows bool) *layerReader {
	entries := &entryProblemList{layer: info.Index, limit: r.budget.limits.Problems}
	recorder := newRecorder(r, info.Index)
	return &layerReader{
		run: r, info: info, entries: entries, recorder: recorder,
		meter:    &meter{budget: r.budget, progress: r.progress},
		problems: &layerProblemList{layer: info.Index, windows: windows},
		wants:    newWantHandler(r, recorder, entries),
	}
}

// read reads the layer. What is wrong with it is in the problems; the error is ctx's.
func (l *layerReader) read(ctx context.Context, blob v1.Layer) error {
	if done, err := l.readCached(ctx, blob); done || err != nil {
		return err
	}
	if err := l.readBlob(ctx, blob, l.recordArchive); err != nil {
		return err
	}
	if err := l.readLinkedFiles(ctx, blob); err != nil {
		return err
	}
	l.saveToCache()
	return nil
}

// restart forgets what has been read so far, and takes back what was counted.
func (l *layerReader) restart() {
	l.meter.undo()
	l.run.budget.entries.Add(-l.recorder.counted)
	for _, b := range l.wants.keep {
		l.run.budget.kept.Add(-int64(len(b)))
	}
	*l.info = Layer{Index: l.info.Index, Step: l.info.Step, Claimed: l.info.Claimed}
	*l = *newLayerReader(l.run, l.info, l.problems.windows)
}

// A layerResult is what the merger takes of a layer that has been read.
type layerResult struct {
	info     *Layer
	problems *layerProblemList
	entries  *entryProblemList
	records  recordList
	keep     map[int32][]byte // contents, by the number in records
}

func (l *layerReader) result() *layerResult {
	return &layerResult{l.info, l.problems, l.entries, l.recorder.records, l.wants.keep}
}
