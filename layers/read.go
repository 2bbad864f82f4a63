package layers

import (
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

// Read reads img once and returns its index. nil opts are the defaults.
//
// The error is not nil only when nothing can be said at all: the configuration
// can't be read, the number of layers is over the limit, or ctx is done (the error then is
// ctx's, and the Index nil). All else is a [Problem] in the Index.
//
// # What is read
//
// Of each layer the stored blob is read, whatever its media type says of it: its
// first bytes tell how it is compressed. A layer that implements [Stored] is asked
// for its blob that way; Size must then cost little, it is asked for the sake of
// Progress. Any other layer is asked for Compressed and Digest. Where
// Compressed returns one end of an io.Pipe, go-containerregistry is compressing an
// archive that is stored plain (a docker-archive, a layer made in memory): then
// Uncompressed is read instead, and there is no digest to check, since one that is
// computed on the way claims nothing.
//
// A blob is read to its end even when its archive ends before, or breaks; only a
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
	r := newReader(opts)
	defer r.decoders.close()
	x := &Index{Config: cfg, state: &state{tree: r.tree, keep: map[int32][]byte{}}}
	blobs, err := img.Layers()
	if err != nil {
		x.Problems = append(x.Problems, Problem{Layer: None, Step: None, Err: fmt.Errorf("layers: %w", err)})
	}
	if n := max(len(blobs), len(cfg.RootFS.DiffIDs)); n > r.lim.Layers {
		return nil, fmt.Errorf("image of %d layers, over the limit of %d", n, r.lim.Layers)
	}
	x.join(blobs)
	r.all = storedSize(blobs, opts)
	if err := r.readAll(ctx, x, blobs); err != nil {
		return nil, err
	}
	x.finish(r)
	return x, nil
}

// A reader is one run of Read: what its passes share.
type reader struct {
	opts      Options
	lim       Limits
	tree      *tree
	attrTable *attrTable
	blocks    *blocks
	decoders  *decoders
	large     large
	variant   string // of what the cache holds; "" without one

	all                        int64 // stored bytes of all layers, 0 if not known
	done, total, entries, kept atomic.Int64
}

func newReader(opts *Options) *reader {
	r := &reader{tree: newTree(), attrTable: &attrTable{}, large: newLarge()}
	if opts != nil {
		r.opts = *opts
	}
	if r.opts.Parallelism <= 0 {
		r.opts.Parallelism = runtime.GOMAXPROCS(0)
	}
	r.lim = r.opts.Limits.orDefaults()
	r.variant = variant(&r.opts, r.lim)
	r.blocks = newBlocks(4 * pipeDepth * r.opts.Parallelism)
	r.decoders = newDecoders(r.opts.Parallelism)
	return r
}

// readAll reads the layers in parallel and merges each once those below it are.
func (r *reader) readAll(ctx context.Context, x *Index, blobs []v1.Layer) error {
	m := newMerger(r, x)
	g, reading := errgroup.WithContext(ctx)
	g.SetLimit(r.opts.Parallelism)
	for i, l := range blobs {
		if reading.Err() != nil {
			break
		}
		g.Go(func() error {
			p := &pass{reader: r, index: i, info: &x.Layers[i], keep: map[int32][]byte{}}
			p.problems.limit = r.lim.Problems
			if x.Config.OS == "windows" {
				p.windows = errWindows
			}
			if err := p.read(reading, l); err != nil {
				return err
			}
			return m.finished(reading, p)
		})
	}
	if err := g.Wait(); err != nil {
		return err
	}
	return ctx.Err()
}

func (r *reader) progress(n int64) {
	done := r.done.Add(n)
	if r.opts.Progress != nil {
		r.opts.Progress(done, r.all)
	}
}

// storedSize returns the number of bytes of all blobs, 0 if it is not known without
// reading them, or if nobody wants to know.
func storedSize(blobs []v1.Layer, opts *Options) (all int64) {
	if opts == nil || opts.Progress == nil {
		return 0
	}
	for _, l := range blobs {
		if _, ok := l.(Stored); !ok && derives(l) {
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

// join makes the layers and the steps, and joins them.
func (x *Index) join(blobs []v1.Layer) {
	claimed := x.Config.RootFS.DiffIDs
	x.Layers = make([]Layer, max(len(blobs), len(claimed)))
	cfg := *x.Config
	if len(blobs) != len(claimed) {
		x.Problems = append(x.Problems, Problem{Layer: None, Step: None,
			Err: fmt.Errorf("the configuration names %d layers, the image has %d", len(claimed), len(blobs))})
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

// finish makes the Index ready for use.
func (x *Index) finish(r *reader) {
	r.tree.freeze()
	x.state.attrs = r.attrTable.list
	x.state.lim = r.lim
	slices.SortStableFunc(x.Problems, func(a, b Problem) int { return a.Layer - b.Layer })
}
