package scan

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"path"
	"runtime"
	"slices"
	"sync"

	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/stemma-go/stemma/internal/panics"
	"github.com/stemma-go/stemma/layers"
	"github.com/stemma-go/stemma/packages"
	"github.com/stemma-go/stemma/packages/scan/internal/syft"
)

// Options say what to look for. nil and the zero value are the defaults.
type Options struct {
	// Catalogers selects Syft's catalogers by name (see [Catalogers]); empty runs
	// all that Syft runs on an image.
	Catalogers []string
	// CPEs makes names for vulnerability databases from each package's other fields, as
	// Syft does. It takes a tenth to half a millisecond for each package.
	CPEs bool
	// Parallelism bounds the parsers that run at the same time after the pass; 0
	// is runtime.GOMAXPROCS(0). Within the pass, parsers run where the layers are
	// read, as many as layers are read at the same time.
	Parallelism int
}

// Catalogers returns the names of all catalogers, sorted. One of them,
// "conda-meta-cataloger", runs only when it is named, as in Syft.
func Catalogers() []string { return syft.Names() }

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

// A Collector gathers, during one [layers.Read] of one image, what the parsers
// need. It must not be used for a second image.
type Collector struct {
	parallel int
	set      *syft.Set
	err      error  // the options ask for a cataloger that does not exist
	key      string // of the wants, for a cache

	mu            sync.Mutex // guards the fields below during the pass
	learned       learned
	behind        *behindLinks    // of the whole image; nil until the layers are stacked
	assemblyBytes int64           // kept of all assemblies
	linksParsed   map[version]int // how many hard links to a file were parsed
}

// learned is what the pass learned of single files.
type learned struct {
	found      map[version][]syft.Found // by the file that was parsed in the pass
	assemblies map[version]*syft.Sparse // what is kept of .NET assemblies
	copyrights map[version][]string     // names of licences, by Debian's copyright file
	unreadable map[version]bool         // files of which nothing could be learned
	problems   []layers.Problem
}

// version is one layer's version of a file.
type version struct {
	layer int
	path  string
}

// maxAssemblyBytes bounds what is kept of .NET assemblies. That is next to nothing of
// each, but all of those that hold a whole application.
const maxAssemblyBytes = 512 << 20

// NewCollector returns a Collector for one image. nil opts are the defaults. An
// unknown name in opts.Catalogers is reported by [Collector.Attribute].
func NewCollector(opts *Options) *Collector {
	if opts == nil {
		opts = &Options{}
	}
	c := &Collector{
		parallel:    opts.Parallelism,
		learned:     learned{found: map[version][]syft.Found{}, assemblies: map[version]*syft.Sparse{}, copyrights: map[version][]string{}, unreadable: map[version]bool{}},
		linksParsed: map[version]int{},
	}
	if c.parallel <= 0 {
		c.parallel = runtime.GOMAXPROCS(0)
	}
	if c.set, c.err = syft.NewSet(opts.Catalogers, opts.CPEs); c.err == nil {
		c.key = cacheKey(c.set.Version(), opts.CPEs)
	}
	return c
}

// Wants returns the wants to read the image with. One keeps the small files that
// are parsed later, with their neighbours; the other parses executables, jars and the
// like in the pass and keeps no byte of them. Both can be cached (see
// [layers.Cache]) where the program's build information tells Syft's version.
func (c *Collector) Wants() []layers.Want {
	if c.err != nil {
		return nil
	}
	return []layers.Want{
		{Key: c.key, Match: func(e layers.Entry, _ []byte) bool { return c.set.Keep(e.Path, e.Size) }, Also: c.wantBehindLinks},
		{
			Key: c.key,
			Match: func(e layers.Entry, head []byte) bool {
				return c.wantsAssembly(e) || c.set.WantsCopyright(e.Path, e.Size) || len(c.catalogersFor(e, head)) > 0
			},
			Learn: func(e layers.Entry, b []byte) (learned []byte, err error) {
				err = panics.Catch(func() (err error) { learned, err = c.parseInPass(e, b); return err })
				return learned, err
			},
			Recall: c.recall,
		},
	}
}

// Attribute parses what was collected and tells the life of every package. idx
// must have been read with the wants of c. The error is not nil, and the Inventory nil, only
// when ctx is done (it is then ctx's), when Options.Catalogers names one that does not exist, or
// where this package panicked, which the error says. What could not be parsed is in the
// inventory's Problems, and so is a cataloger that panicked.
func (c *Collector) Attribute(ctx context.Context, idx *layers.Index) (inv *packages.Inventory, err error) {
	if c.err != nil {
		return nil, c.err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	err = panics.Catch(func() (err error) {
		inv, err = c.attribute(ctx, idx)
		return err
	})
	return inv, err
}

func (c *Collector) attribute(ctx context.Context, idx *layers.Index) (*packages.Inventory, error) {
	c.learned.followLinks(idx)
	a := newAttribution(idx, &c.learned)
	p := &parser{
		idx: idx, set: c.set, parallel: c.parallel, assemblies: c.learned.assemblies,
		problems: &a.problems, globbed: map[string]map[string]struct{}{}, behind: c.behind,
	}
	if p.behind == nil {
		p.behind = findBehindLinks(idx, c.set)
	}
	a.behind = p.behind
	if p.behind.incomplete {
		a.problems.add(layers.None, "", errManyLinks)
	}
	if err := a.walk(ctx, p); err != nil {
		return nil, err
	}
	return a.inventory(), nil
}

// catalogersFor returns the catalogers that parse a file by itself. Of a hard link,
// those that do not parse the name that the link was made of: BusyBox is known by its
// name, and that is one of hundreds.
func (c *Collector) catalogersFor(e layers.Entry, head []byte) []*syft.Cataloger {
	all := c.set.Alone(e.Path, head)
	if e.Type != layers.Hardlink || len(all) == 0 {
		return all
	}
	done := c.set.Alone(e.Link, head)
	return slices.DeleteFunc(all, func(cat *syft.Cataloger) bool { return slices.Contains(done, cat) })
}

func (c *Collector) wantsAssembly(e layers.Entry) bool {
	return c.set.WantsAssembly(e.Path) && (e.Type != layers.Hardlink || !c.set.WantsAssembly(e.Link))
}

// parseInPass runs the catalogers that need no other file. It returns no error: what
// goes wrong is kept for the inventory's Problems. The pass has no context of its
// own to give; when the caller's is done, it ends after this file.
func (c *Collector) parseInPass(e layers.Entry, b []byte) ([]byte, error) {
	ctx := context.Background()
	var m memo
	add := func(by string, found []syft.Found, err error) {
		m.Found = append(m.Found, found...)
		for _, p := range syft.Problems(err) {
			m.Problems = append(m.Problems, fmt.Sprintf("%s: %v", by, p.Err))
		}
	}
	if e.Type == layers.Hardlink && c.tooManyLinks(e, &m) {
		c.store(e, m)
		return m.encode()
	}
	for _, cat := range c.catalogersFor(e, b[:min(len(b), layers.HeadSize)]) {
		found, err := syft.RunAlone(ctx, cat, e.Path, b)
		add(cat.Name, found, err)
	}
	switch {
	case c.set.WantsCopyright(e.Path, e.Size):
		m.Copyright = syft.CopyrightNames(b)
	case c.wantsAssembly(e):
		m.Assembly = c.set.KeepAssembly(ctx, e.Path, b)
	case e.Type == layers.Regular:
		found, err := c.set.RunBundle(ctx, e.Path, b)
		add("bundle", found, err)
	}
	c.store(e, m)
	return m.encode()
}

// tooManyLinks counts a file that is parsed in the pass under the name of a hard link.
func (c *Collector) tooManyLinks(e layers.Entry, m *memo) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	file := version{e.Layer, e.Link}
	c.linksParsed[file]++
	over, err := tooManyLinks(c.linksParsed[file], e.Size)
	if err != nil {
		m.Problems = append(m.Problems, err.Error())
	}
	return over
}

// store keeps what was learned of a file. A path may occur twice in a layer: the
// last holds.
func (c *Collector) store(e layers.Entry, m memo) {
	c.mu.Lock()
	defer c.mu.Unlock()
	v, l := version{e.Layer, e.Path}, &c.learned
	delete(l.found, v)
	if len(m.Found) > 0 {
		l.found[v] = m.Found
	}
	delete(l.copyrights, v)
	if len(m.Copyright) > 0 {
		l.copyrights[v] = m.Copyright
	}
	delete(l.unreadable, v)
	if len(m.Problems) > 0 && len(m.Found) == 0 {
		l.unreadable[v] = true
	}
	c.assemblyBytes -= l.assemblies[v].Kept()
	delete(l.assemblies, v)
	if kept := m.Assembly.Kept(); m.Assembly != nil && c.assemblyBytes+kept > maxAssemblyBytes {
		l.unreadable[v] = true
		m.Problems = append(m.Problems, fmt.Sprintf("assembly of %d bytes not kept: over the limit of %d for all", kept, maxAssemblyBytes))
	} else if m.Assembly != nil {
		l.assemblies[v] = m.Assembly
		c.assemblyBytes += kept
	}
	for _, text := range m.Problems {
		l.problems = append(l.problems, layers.Problem{Layer: e.Layer, Step: layers.None, Path: e.Path, Err: errors.New(text)})
	}
}

// followLinks moves what was learned of a file from the path that its layer writes to
// the path where the file takes effect. The two differ where the layer goes through a
// symbolic link of the layers below.
func (l *learned) followLinks(idx *layers.Index) {
	moved := map[version]version{}
	for _, v := range slices.Concat(slices.Collect(maps.Keys(l.found)), slices.Collect(maps.Keys(l.assemblies)), slices.Collect(maps.Keys(l.unreadable))) {
		if to, ok := effectivePath(idx, v); ok {
			moved[v] = to
		}
	}
	for from, to := range moved {
		move(l.unreadable, from, to)
		move(l.assemblies, from, to)
		if found, ok := l.found[from]; ok {
			l.found[from] = withEvidence(found, to.path)
		}
		move(l.found, from, to)
	}
}

// withEvidence returns a copy of found, with file for the one that proves it.
func withEvidence(found []syft.Found, file string) []syft.Found {
	found = slices.Clone(found)
	for i := range found {
		found[i].Evidence = []string{file}
	}
	return found
}

// effectivePath returns where a file takes effect, if that is another path.
func effectivePath(idx *layers.Index, v version) (version, bool) {
	if _, ok := idx.Lookup(v.layer, v.path); ok {
		return v, false
	}
	dir, ok := idx.Resolve(v.layer, path.Dir(v.path))
	if !ok || dir.Path == path.Dir(v.path) {
		return v, false
	}
	to := version{v.layer, path.Join(dir.Path, path.Base(v.path))}
	return to, slices.ContainsFunc(idx.Versions(to.path), func(e layers.Entry) bool {
		return e.Layer == v.layer && (e.Type == layers.Regular || e.Type == layers.Hardlink)
	})
}

// move renames a key. What is known under the new name already stays.
func move[T any](m map[version]T, from, to version) {
	if x, ok := m[from]; ok {
		if _, both := m[to]; !both {
			m[to] = x
		}
		delete(m, from)
	}
}
