package scan

import (
	"context"
	"fmt"
	"runtime"
	"slices"
	"sync"

	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/stemma-go/stemma/layers"
	"github.com/stemma-go/stemma/packages"
	"github.com/stemma-go/stemma/packages/scan/internal/syft"
)

// Options say what to look for. nil and the zero value are the defaults.
type Options struct {
	// Catalogers selects Syft's catalogers by name (see [Catalogers]); empty runs
	// all that Syft runs on an image.
	Catalogers []string
	// Parallelism bounds the parsers that run at the same time after the pass; 0
	// is runtime.GOMAXPROCS(0). Within the pass, parsers run where the layers are
	// read, as many as layers are read at the same time.
	Parallelism int
}

// Catalogers returns the names of all catalogers, sorted. One of them,
// "conda-meta-cataloger", runs only when it is named, as in Syft.
func Catalogers() []string { return syft.Names() }

// A Collector gathers, during one [layers.Read] of one image, what the parsers
// need. It must not be used for a second image.
type Collector struct {
	parallel int
	set      *syft.Set
	err      error  // the options ask for a cataloger that does not exist
	key      string // of the wants, for a cache

	mu       sync.Mutex
	alone    map[version][]syft.Found // by the file that was judged in the pass
	slim     map[version]*syft.Sparse // .NET assemblies
	slimmed  int64                    // bytes that they keep
	named    map[version]int          // how many hard links a file was judged under
	failed   map[version]bool         // files of which nothing could be learnt
	problems []layers.Problem
}

// maxSlim bounds what is kept of .NET assemblies, which is nearly nothing of each, but
// for those that hold whole applications.
const maxSlim = 512 << 20

// version is one layer's version of a file.
type version struct {
	layer int
	path  string
}

// NewCollector returns a Collector for one image. nil opts are the defaults. An
// unknown name in opts.Catalogers is reported by [Collector.Attribute].
func NewCollector(opts *Options) *Collector {
	if opts == nil {
		opts = &Options{}
	}
	c := &Collector{
		parallel: opts.Parallelism, alone: map[version][]syft.Found{},
		slim: map[version]*syft.Sparse{}, failed: map[version]bool{}, named: map[version]int{},
	}
	if c.parallel <= 0 {
		c.parallel = runtime.GOMAXPROCS(0)
	}
	if c.set, c.err = syft.NewSet(opts.Catalogers); c.err == nil {
		c.key = memoKey(c.set)
	}
	return c
}

// Wants returns the wants to read the image with. One keeps the small files that
// are parsed later, with their neighbours; the other has executables, jars and the
// like judged in the pass and keeps no byte of them. Both can be cached (see
// [layers.Cache]) where the program's build information tells Syft's version.
func (c *Collector) Wants() []layers.Want {
	if c.err != nil {
		return nil
	}
	return []layers.Want{
		{Key: c.key, Match: func(e layers.Entry, _ []byte) bool { return c.set.Keep(e.Path, e.Size) }},
		{
			Key: c.key,
			Match: func(e layers.Entry, head []byte) bool {
				return c.slims(e) || len(c.judges(e, head)) > 0
			},
			Learn:  c.judge,
			Recall: c.recall,
		},
	}
}

// judges returns the catalogers that judge a file by itself. Under the name of a hard
// link, those that did not under the name that the link was made of: BusyBox is known
// by its name, and that is one of hundreds.
func (c *Collector) judges(e layers.Entry, head []byte) []*syft.Cataloger {
	all := c.set.Alone(e.Path, head)
	if e.Type != layers.Hardlink || len(all) == 0 {
		return all
	}
	done := c.set.Alone(e.Link, head)
	return slices.DeleteFunc(all, func(cat *syft.Cataloger) bool { return slices.Contains(done, cat) })
}

func (c *Collector) slims(e layers.Entry) bool {
	return c.set.Slims(e.Path) && (e.Type != layers.Hardlink || !c.set.Slims(e.Link))
}

// judge runs the catalogers that need no other file. It returns no error: what
// goes wrong is kept for the inventory's Problems. The pass has no context of its
// own to give; when the caller's is done, it ends after this file.
func (c *Collector) judge(e layers.Entry, b []byte) ([]byte, error) {
	ctx := context.Background()
	var found []syft.Found
	var problems []layers.Problem
	take := func(by string, fs []syft.Found, err error) {
		found = append(found, fs...)
		for _, p := range syft.Problems(err) {
			problems = append(problems, layers.Problem{
				Layer: e.Layer, Step: layers.None, Path: e.Path, Err: fmt.Errorf("%s: %w", by, p.Err),
			})
		}
	}
	if e.Type == layers.Hardlink {
		if over, problems := c.overnamed(e); over {
			c.keep(version{e.Layer, e.Path}, nil, nil, problems)
			return memoize(nil, nil, problems)
		}
	}
	for _, cat := range c.judges(e, b[:min(len(b), layers.HeadSize)]) {
		fs, err := syft.RunAlone(ctx, cat, e.Path, b)
		take(cat.Name, fs, err)
	}
	var slim *syft.Sparse
	switch {
	case c.slims(e):
		slim = c.set.Slim(ctx, e.Path, b)
	case e.Type == layers.Regular:
		fs, err := c.set.RunBundle(ctx, e.Path, b)
		take("bundle", fs, err)
	}
	c.keep(version{e.Layer, e.Path}, found, slim, problems)
	return memoize(found, slim, problems)
}

// keep stores what was learnt of a file. A path may occur twice in a layer: the
// last holds.
func (c *Collector) keep(v version, found []syft.Found, slim *syft.Sparse, problems []layers.Problem) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.alone, v)
	if len(found) > 0 {
		c.alone[v] = found
	}
	delete(c.failed, v)
	if len(problems) > 0 && len(found) == 0 {
		c.failed[v] = true
	}
	c.slimmed -= c.slim[v].Kept()
	delete(c.slim, v)
	switch kept := slim.Kept(); {
	case slim == nil:
	case c.slimmed+kept > maxSlim:
		c.failed[v] = true
		problems = append(problems, layers.Problem{
			Layer: v.layer, Step: layers.None, Path: v.path,
			Err: fmt.Errorf("assembly of %d bytes not kept: over the limit of %d for all", kept, maxSlim),
		})
	default:
		c.slim[v] = slim
		c.slimmed += kept
	}
	c.problems = append(c.problems, problems...)
}

// Attribute parses what was collected and tells the life of every package. idx
// must have been read with the wants of c. The error is not nil only when ctx is
// done (it is then ctx's, and the Inventory nil) or Options.Catalogers names one
// that does not exist; what could not be parsed is in the inventory's Problems.
func (c *Collector) Attribute(ctx context.Context, idx *layers.Index) (*packages.Inventory, error) {
	if c.err != nil {
		return nil, c.err
	}
	c.land(idx)
	a := newAttribution(c, idx)
	if err := a.walk(ctx); err != nil {
		return nil, err
	}
	return a.inventory(), nil
}

// Read reads img once and returns its index and its inventory. nil opts are the
// defaults. The error is that of [layers.Read] or of [Collector.Attribute].
func Read(ctx context.Context, img v1.Image, opts *Options) (*layers.Index, *packages.Inventory, error) {
	c := NewCollector(opts)
	idx, err := layers.Read(ctx, img, &layers.Options{Wants: c.Wants()})
	if err != nil {
		return nil, nil, err
	}
	inv, err := c.Attribute(ctx, idx)
	if err != nil {
		return nil, nil, err
	}
	return idx, inv, nil
}
