package scan

import (
	"slices"
	"strings"
	"sync/atomic"

	"github.com/stemma-go/stemma/layers"
	"github.com/stemma-go/stemma/packages"
	"github.com/stemma-go/stemma/packages/scan/internal/syft"
)

// attribution walks the layers, bottom first, and keeps what is true at the layer
// it has come to. What is parsed runs a few layers ahead of it, and knows globbed
// alone of what is kept.
type attribution struct {
	*Collector
	idx *layers.Index

	lives    []*life
	groups   map[group][]*life
	globbed  map[string]map[string]struct{} // every path that any layer had, by the glob it matches
	owners   *owners
	bytes    []packages.LayerBytes
	shared   map[version]*life  // the files of several packages, and whose they count as
	linked   map[version][]name // by files that were judged in the pass, all their names, if several
	unowned  *tree
	problems []layers.Problem
}

func newAttribution(c *Collector, idx *layers.Index) *attribution {
	a := &attribution{
		Collector: c, idx: idx,
		groups:  map[group][]*life{},
		globbed: map[string]map[string]struct{}{},
		owners:  newOwners(),
		bytes:   make([]packages.LayerBytes, len(idx.Layers)),
		shared:  map[version]*life{},
		linked:  map[version][]name{},
		unowned: newTree(),
	}
	a.problems = slices.Clone(c.problems)
	return a
}

// delta is what one layer changed, of what matters here.
type delta struct {
	layer   int
	changed map[string]bool     // files whose content the layer brought, links, and gone paths
	hits    map[string][]string // changed paths by the glob they match
	run     []*syft.Cataloger   // to run after the pass
	renamed bool                // the files that name the distribution changed
	hides   bool                // something below was deleted or replaced
	links   []string            // symbolic links that the layer brought
	names   map[inode][]name    // by files of the layer, the hard links to them
	named   map[inode]int       // how many of these names are parsed after the pass
	missing map[string]bool     // files that a cataloger asked for in vain
	asked   []*asking           // what the catalogers of run look at, and find
	left    atomic.Int64        // of asked, those that are not done yet
	parsed  chan struct{}       // closed when all are

	found   []syft.Found
	failed  map[string]bool    // evidence that could not be read
	judged  map[string]bool    // evidence whose packages are known anew
	whole   map[string]bool    // names of catalogers all of whose packages are known anew
	evident map[string]bool    // where the packages of the layers below were found, once it is asked for
	listed  map[[2]string]bool // type and place of the databases that list packages now
}

// An inode tells a file from others that had its path in the same layer.
type inode struct {
	path   string
	size   int64
	sum    uint64
	shadow int
}

func inodeOf(e layers.Entry) inode { return inode{e.Path, e.Size, e.Sum, e.Shadow} }

// A name is that of a hard link.
type name struct {
	path    string
	visible bool // in the finished image
}

// newContent reports whether an entry brings content that was not there. A layer
// that only changes owner or mode of a file ships it again, and no package with it.
func newContent(e layers.Entry) bool {
	return e.Change == layers.Added || e.Change == layers.Modified || e.Change == layers.Replaced
}

func (a *attribution) delta(n int) *delta {
	d := &delta{
		layer: n, changed: map[string]bool{}, hits: map[string][]string{}, parsed: make(chan struct{}),
		names: map[inode][]name{}, named: map[inode]int{}, missing: map[string]bool{},
		failed: map[string]bool{}, judged: map[string]bool{}, whole: map[string]bool{}, listed: map[[2]string]bool{},
	}
	for e := range a.idx.Entries(n) {
		switch {
		case e.Change == layers.Deleted || e.Change == layers.Opaque || e.Change == layers.Replaced:
			d.hides = true
		}
		if e.Type == layers.Hardlink {
			if file, ok := a.idx.Resolve(n, e.Path); ok && file.Layer == n && file.Type == layers.Regular {
				d.names[inodeOf(file)] = append(d.names[inodeOf(file)], name{e.Path, e.Visible()})
			}
		}
		if e.Type == layers.Whiteout || !newContent(e) {
			continue
		}
		if e.Type == layers.Directory && !strings.Contains(e.Path, "nix/store/") {
			continue
		}
		a.note(d, e)
	}
	a.again(d)
	for _, c := range d.run {
		a.ask(d, c)
	}
	return d
}

// note has the catalogers run that an entry concerns.
func (a *attribution) note(d *delta, e layers.Entry) {
	if d.changed[e.Path] {
		return
	}
	d.changed[e.Path] = true
	if e.Type == layers.Symlink {
		d.links = append(d.links, e.Path)
	}
	if sums(e.Path) {
		return
	}
	d.renamed = d.renamed || syft.Distribution(e.Path)
	globs := a.set.Kept(e.Path)
	if e.Type == layers.Hardlink && len(globs) > 0 && a.overnamed(d, e) {
		d.failed[e.Path] = true
		return
	}
	for _, g := range globs {
		d.hits[g] = append(d.hits[g], e.Path)
		if a.globbed[g] == nil {
			a.globbed[g] = map[string]struct{}{}
		}
		a.globbed[g][e.Path] = struct{}{}
	}
	a.rerun(d, a.set.Asks(e.Path, globs))
}

func (a *attribution) rerun(d *delta, cs []*syft.Cataloger) {
	for _, c := range cs {
		if !slices.Contains(d.run, c) {
			d.run = append(d.run, c)
		}
	}
}

// again has the catalogers run again that judge a file together with others of which
// one is gone, and those of databases where nothing names the distribution any more.
func (a *attribution) again(d *delta) {
	if !a.hides(d) {
		return
	}
	for _, p := range syft.Distributions() {
		_, before := a.idx.Resolve(d.layer-1, p)
		if _, ok := a.idx.Resolve(d.layer, p); before && !ok {
			d.renamed = true
			a.rerun(d, a.set.Asks(p, nil))
		}
	}
	for _, c := range a.set.Catalogers {
		if c.Mode == syft.Whole && slices.ContainsFunc(c.Globs, func(g string) bool { return a.gone(d.layer, a.globbed[g]) }) {
			a.rerun(d, []*syft.Cataloger{c})
		}
	}
}

// hides reports whether the layer may have hidden a file by other than a new version.
func (a *attribution) hides(d *delta) bool { return d.hides || a.idx.Layers[d.layer].Hides > 0 }

// there reports whether evidence is at p. A directory that no entry writes out may have
// taken its place.
func (a *attribution) there(layer int, p string) bool {
	e, ok := a.idx.Lookup(layer, p)
	return ok && (e.Type != layers.Directory || strings.Contains(p, "nix/store/"))
}

// gone reports whether one of the paths is not there.
func (a *attribution) gone(layer int, paths map[string]struct{}) bool {
	for p := range paths {
		if !a.there(layer, p) {
			return true
		}
	}
	return false
}

// visible returns the paths that are still there, sorted.
func (a *attribution) visible(layer int, paths map[string]struct{}) []string {
	var there []string
	for p := range paths {
		if _, ok := a.idx.Lookup(layer, p); ok {
			there = append(there, p)
		}
	}
	slices.Sort(there)
	return there
}

// kept returns the visible files whose content the Index holds.
func (a *attribution) kept(layer int) []string {
	var there []string
	for e := range a.idx.Merged(layer) {
		if _, ok := a.idx.Content(e); ok {
			there = append(there, e.Path)
		}
	}
	return there
}
