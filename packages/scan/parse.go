package scan

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"golang.org/x/sync/errgroup"

	"github.com/stemma-go/stemma/layers"
	"github.com/stemma-go/stemma/packages/scan/internal/syft"
)

// A parser runs the catalogers on the layers after the pass, the lowest layer first. It
// is some layers ahead of the [attribution], and shares nothing with it but the problems.
type parser struct {
	idx        *layers.Index
	set        *syft.Set
	parallel   int
	assemblies map[version]*syft.Sparse
	problems   *problems
	globbed    map[string]map[string]struct{} // every path that a layer had so far, by the glob it matches
	behind     *behindLinks
}

// problems are what could not be read. Parsers run at the same time.
type problems struct {
	mu   sync.Mutex
	list []layers.Problem
}

func (p *problems) add(layer int, path string, err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.list = append(p.list, layers.Problem{Layer: layer, Step: layers.None, Path: path, Err: err})
}

// A delta is what one layer changed, of what matters here, and what was found in it.
type delta struct {
	layer       int
	changed     map[string]bool     // files whose content the layer brought, links, and gone paths
	hits        map[string][]string // changed paths by the glob they match
	hides       bool                // something below was deleted or replaced
	renamed     bool                // the files that name the distribution changed
	symlinks    []string            // that the layer brought
	links       map[inode][]link    // the hard links to files of the layer
	linksParsed map[inode]int       // how many of these are parsed after the pass

	catalogers []*syft.Cataloger // to run
	runs       []*run            // of these, what they look at and find
	left       atomic.Int64      // of the runs, those that are not done yet
	parsed     chan struct{}     // closed when all are
	missingMu  sync.Mutex
	missing    map[string]bool // files whose content a cataloger needed and that was not collected

	found      []syft.Found
	unreadable map[string]bool     // evidence that could not be read
	reread     map[string]bool     // evidence that was read again, changed or not
	whole      map[string]bool     // names of catalogers all of whose packages are found again
	evidence   map[string]bool     // of the packages of the layers below, once it is needed
	databases  map[databaseAt]bool // those that list packages now
}

// A databaseAt is a package database by the type of its packages and its place.
type databaseAt struct{ kind, place string }

// A run is one run of a cataloger on the image as of one layer.
type run struct {
	cataloger *syft.Cataloger
	view      *syft.View
	found     []syft.Found
	err       error
}

// parse runs the catalogers on each layer and sends the layer on once they have
// started; its parsed is closed when they are done. No cataloger needs what another finds.
func (p *parser) parse(ctx context.Context, next chan<- *delta) {
	defer close(next)
	var g errgroup.Group
	defer func() { _ = g.Wait() }() // all errors are in the runs
	g.SetLimit(p.parallel)
	ctx = syft.Parallel(ctx, p.parallel)
	for n := range p.idx.Layers {
		d := p.delta(n)
		d.left.Store(int64(len(d.runs)) + 1)
		for _, r := range d.runs {
			g.Go(func() error {
				r.found, r.err = syft.Run(ctx, r.cataloger, r.view)
				d.done()
				return nil
			})
		}
		d.done()
		select {
		case next <- d:
		case <-ctx.Done():
		}
		if ctx.Err() != nil {
			break
		}
	}
}

// done notes that one of the runs has ended, or that all have started.
func (d *delta) done() {
	if d.left.Add(-1) == 0 {
		close(d.parsed)
	}
}

// delta goes through a layer's entries and prepares the runs of the catalogers.
func (p *parser) delta(n int) *delta {
	d := &delta{
		layer: n, hides: p.idx.Layers[n].Hides > 0, parsed: make(chan struct{}),
		changed: map[string]bool{}, hits: map[string][]string{}, links: map[inode][]link{}, linksParsed: map[inode]int{},
		missing: map[string]bool{}, unreadable: map[string]bool{}, reread: map[string]bool{}, whole: map[string]bool{},
		databases: map[databaseAt]bool{},
	}
	for e := range p.idx.Entries(n) {
		if e.Change == layers.Deleted || e.Change == layers.Opaque || e.Change == layers.Replaced {
			d.hides = true
		}
		if e.Type == layers.Hardlink {
			if file, ok := p.idx.Resolve(n, e.Path); ok && file.Layer == n && file.Type == layers.Regular {
				d.links[inodeOf(file)] = append(d.links[inodeOf(file)], link{e.Path, e.Visible()})
			}
		}
		if e.Type == layers.Whiteout || !newContent(e) || e.Type == layers.Directory && !inNixStore(e.Path) || d.changed[e.Path] {
			continue
		}
		p.recordChange(d, e)
	}
	p.recordBehindLinks(d)
	p.recordLogs(d)
	if d.hides {
		p.rerunForRemoved(d)
	}
	for _, c := range d.catalogers {
		p.prepareRun(d, c)
	}
	return d
}

// newContent reports whether an entry brings content that was not there. A layer
// that only changes owner or mode of a file ships it again, and no package with it.
func newContent(e layers.Entry) bool {
	return e.Change == layers.Added || e.Change == layers.Modified || e.Change == layers.Replaced
}

// inNixStore reports whether p is in the store of Nix, where a directory is a package.
func inNixStore(p string) bool { return strings.Contains(p, "nix/store/") }

// recordChange notes a changed file, and has the catalogers run that read it.
func (p *parser) recordChange(d *delta, e layers.Entry) {
	d.changed[e.Path] = true
	if e.Type == layers.Symlink {
		d.symlinks = append(d.symlinks, e.Path)
	}
	if isChecksumList(e.Path) {
		return
	}
	d.renamed = d.renamed || syft.NamesDistribution(e.Path)
	globs := p.set.Kept(e.Path)
	if e.Type == layers.Hardlink && len(globs) > 0 && p.tooManyLinks(d, e) {
		d.unreadable[e.Path] = true
		return
	}
	for _, g := range globs {
		p.recordHit(d, g, e.Path)
	}
	d.willRun(p.set.CatalogersOf(e.Path, globs)...)
}

// recordHit notes a changed path that matches a glob.
func (p *parser) recordHit(d *delta, glob, path string) {
	if !slices.Contains(d.hits[glob], path) {
		d.hits[glob] = append(d.hits[glob], path)
	}
	if p.globbed[glob] == nil {
		p.globbed[glob] = map[string]struct{}{}
	}
	p.globbed[glob][path] = struct{}{}
}

// recordLogs notes the databases whose log of changes is another than in the layers
// below: see [syft.WAL].
func (p *parser) recordLogs(d *delta) {
	for glob, paths := range p.globbed {
		for file := range paths {
			was, had := syft.WAL(p.idx, d.layer-1, file)
			is, has := syft.WAL(p.idx, d.layer, file)
			if had == has && was.Size == is.Size && was.Sum == is.Sum {
				continue // as with all files but a few: nothing is looked up for it
			}
			if _, there := p.idx.Resolve(d.layer, file); there {
				p.recordHit(d, glob, file)
				d.willRun(p.set.CatalogersOf(file, []string{glob})...)
			}
		}
	}
}

func (d *delta) willRun(catalogers ...*syft.Cataloger) {
	for _, c := range catalogers {
		if !slices.Contains(d.catalogers, c) {
			d.catalogers = append(d.catalogers, c)
		}
	}
}

// tooManyLinks counts a file that is parsed after the pass under the name of a hard link.
func (p *parser) tooManyLinks(d *delta, e layers.Entry) bool {
	file, ok := p.idx.Resolve(d.layer, e.Path)
	if !ok {
		return false
	}
	d.linksParsed[inodeOf(file)]++
	over, err := tooManyLinks(d.linksParsed[inodeOf(file)], file.Size)
	if err != nil {
		p.problems.add(d.layer, e.Path, err)
	}
	return over
}

// rerunForRemoved runs catalogers again that combine files of which one is gone, and
// those of databases where nothing names the distribution any more.
func (p *parser) rerunForRemoved(d *delta) {
	for _, file := range syft.Distributions() {
		_, before := p.idx.Resolve(d.layer-1, file)
		if _, ok := p.idx.Resolve(d.layer, file); before && !ok {
			d.renamed = true
			d.willRun(p.set.CatalogersOf(file, nil)...)
		}
	}
	removed := func(glob string) bool {
		for file := range p.globbed[glob] {
			if !isEvidence(p.idx, d.layer, file) && !p.behind.has(d.layer, glob, file) {
				return true
			}
		}
		return false
	}
	for _, c := range p.set.Catalogers {
		if c.Mode == syft.Whole && slices.ContainsFunc(c.Globs, removed) {
			d.willRun(c)
		}
	}
}

// isEvidence reports whether there is something at path that may prove a package. A
// directory that no entry writes out may have taken its place.
func isEvidence(idx *layers.Index, layer int, path string) bool {
	e, ok := idx.Lookup(layer, path)
	return ok && (e.Type != layers.Directory || inNixStore(path))
}

// prepareRun says what a cataloger will look at. A database is read when it changed, or
// when the name of the distribution did, which is in every package URL.
func (p *parser) prepareRun(d *delta, c *syft.Cataloger) {
	all := c.Mode == syft.Whole || c.Database && d.renamed
	v := &syft.View{
		Index: p.idx, Layer: d.layer, Hits: map[string][]string{},
		Kept:   sync.OnceValue(func() []string { return p.kept(d.layer) }),
		Sparse: func(e layers.Entry) *syft.Sparse { return p.assemblies[version{e.Layer, e.Path}] },
		Missing: func(file string) {
			d.missingMu.Lock()
			defer d.missingMu.Unlock()
			d.missing[file] = true
		},
		Stale: func(file string, err error) { p.problems.add(d.layer, file, err) },
	}
	any := false
	for _, g := range c.Globs {
		v.Hits[g] = d.hits[g]
		if all {
			v.Hits[g] = p.visible(d.layer, g)
		}
		any = any || len(v.Hits[g]) > 0
		for _, file := range v.Hits[g] {
			d.reread[file] = true
			if real, ok := v.Locate(file); ok {
				d.reread[real] = true
			}
		}
	}
	if any || !c.Database {
		d.runs = append(d.runs, &run{cataloger: c, view: v})
	}
}

// visible returns the paths that match the glob and are there as of a layer, sorted.
func (p *parser) visible(layer int, glob string) []string {
	var there []string
	for file := range p.globbed[glob] {
		if _, ok := p.idx.Lookup(layer, file); ok || p.behind.has(layer, glob, file) {
			there = append(there, file)
		}
	}
	slices.Sort(there)
	return there
}

// kept returns the files that are there as of a layer and whose content the Index holds.
func (p *parser) kept(layer int) []string {
	var there []string
	for e := range p.idx.Merged(layer) {
		if _, ok := p.idx.Content(e); ok {
			there = append(there, e.Path)
		}
	}
	return there
}

// collectRuns takes what the catalogers found in a layer, and their errors.
func (a *attribution) collectRuns(d *delta) {
	for _, r := range d.runs {
		d.found = append(d.found, r.found...)
		if r.cataloger.Mode == syft.Whole {
			d.whole[r.cataloger.Name] = true
		}
		a.recordErrors(d, r)
	}
	for file := range d.missing {
		if !d.unreadable[file] {
			a.problems.add(d.layer, file, errNotCollected)
		}
	}
	d.runs = nil
}

// recordErrors notes a cataloger's errors. A file that could not be read says nothing
// about its packages: those it had before stay as they were.
func (a *attribution) recordErrors(d *delta, r *run) {
	for _, p := range syft.Problems(r.err) {
		if p.Path != "" && a.isEmpty(d.layer, p.Path) {
			continue // an empty database can be read, and lists nothing
		}
		a.problems.add(d.layer, p.Path, fmt.Errorf("%s: %w", r.cataloger.Name, p.Err))
		if p.Path != "" {
			d.unreadable[p.Path] = true
			continue
		}
		for _, files := range r.view.Hits {
			for _, file := range files {
				d.unreadable[file] = true
			}
		}
	}
}

// recordUnread notes the files that the pass itself could not read or not keep: they, too,
// say nothing about their packages.
func (a *attribution) recordUnread(d *delta) {
	for _, p := range a.idx.Problems {
		if p.Layer != d.layer || p.Path == "" {
			continue
		}
		at := version{d.layer, p.Path}
		if to, ok := effectivePath(a.idx, at); ok {
			at = to
		}
		d.unreadable[at.path] = true
	}
}
