package scan

import (
	"cmp"
	"errors"
	"maps"
	"path"
	"slices"
	"strings"

	"github.com/stemma-go/stemma/layers"
	"github.com/stemma-go/stemma/packages"
	"github.com/stemma-go/stemma/packages/scan/internal/syft"
)

// behindLinks are the files that catalogers find by way of symbolic links alone. An
// image may keep its package database anywhere, and have a link to it in the usual place.
type behindLinks struct {
	layers     []behindLayer
	incomplete bool // there are too many links to look behind all of them
}

// errManyLinks is the Problem of an image that has too many links.
var errManyLinks = errors.New("too many symbolic links in places of package databases: not all were followed, and packages may be missing")

// A behindLayer is what is behind links as of one layer.
type behindLayer struct {
	files     map[behindAt]layers.Entry
	databases map[string]bool         // what links in the places of databases lead to
	names     map[string]layers.Entry // the files that name the distribution, where links lead to them
}

// A behindAt is a path through a link, and the glob that it matches.
type behindAt struct{ glob, path string }

// findBehindLinks looks behind the links of all layers.
func findBehindLinks(idx *layers.Index, set *syft.Set) *behindLinks {
	b := &behindLinks{layers: make([]behindLayer, len(idx.Layers))}
	globs, looks := set.LinkGlobs(), syft.NewLooks()
	links := map[string]bool{} // those that a layer had so far
	for n := range idx.Layers {
		for e := range idx.Entries(n, layers.Symlink) {
			if globs.MayMatch(e.Path) || inDatabases(e.Path) {
				links[e.Path] = true
			}
		}
		b.layers[n] = lookBehind(idx, n, globs, slices.Sorted(maps.Keys(links)), looks)
	}
	b.incomplete = looks.Exhausted()
	return b
}

// inDatabases reports whether p is a directory of a package database, or in one.
func inDatabases(p string) bool { return packages.IsDatabase(path.Join(p, "file")) }

func lookBehind(idx *layers.Index, n int, globs *syft.LinkGlobs, links []string, looks *syft.Looks) behindLayer {
	l := behindLayer{files: map[behindAt]layers.Entry{}, databases: map[string]bool{}, names: map[string]layers.Entry{}}
	for _, link := range links {
		if e, ok := idx.Lookup(n, link); !ok || e.Type != layers.Symlink {
			continue
		}
		for _, f := range globs.Find(idx, n, link, looks) {
			l.files[behindAt{f.Glob, f.Path}] = f.File
		}
		if e, ok := idx.Resolve(n, link); ok && inDatabases(link) {
			l.databases[e.Path] = true
		}
	}
	for _, file := range syft.Distributions() {
		if e, ok := idx.Resolve(n, file); ok && e.Type == layers.Regular && e.Path != file {
			l.names[file] = e
		}
	}
	return l
}

// has reports whether a path through a link matches the glob as of a layer.
func (b *behindLinks) has(layer int, glob, path string) bool {
	_, ok := b.layers[layer].files[behindAt{glob, path}]
	return ok
}

// isDatabase reports whether a link in the place of a package database leads to the
// file, or to a directory that it is in.
func (b *behindLinks) isDatabase(layer int, p string) bool {
	dirs := b.layers[layer].databases
	if len(dirs) == 0 {
		return false
	}
	for ; p != "." && p != "/"; p = path.Dir(p) {
		if dirs[p] {
			return true
		}
	}
	return false
}

// wantBehindLinks asks for the files behind links, once the layers are stacked.
func (c *Collector) wantBehindLinks(idx *layers.Index) []layers.Entry {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.behind = findBehindLinks(idx, c.set)
	var all []layers.Entry
	asked := map[version]bool{}
	ask := func(e layers.Entry) {
		if v := (version{e.Layer, e.Path}); !asked[v] {
			asked[v] = true
			all = append(all, e)
		}
	}
	for _, l := range c.behind.layers {
		for _, e := range l.files {
			ask(e)
		}
		for file, e := range l.names {
			if c.set.Keep(file, e.Size) {
				ask(e)
			}
		}
	}
	return all
}

// recordBehindLinks notes what a layer changed of the files behind links, by changing
// them or the links.
func (p *parser) recordBehindLinks(d *delta) {
	now, before := p.behind.layers[d.layer], behindLayer{}
	if d.layer > 0 {
		before = p.behind.layers[d.layer-1]
	}
	for _, at := range sortedBehind(now.files) {
		e := now.files[at]
		was, ok := before.files[at]
		if ok && was.Path == e.Path && !d.changed[e.Path] {
			continue
		}
		d.changed[e.Path] = true
		if isChecksumList(at.path) {
			continue
		}
		p.recordHit(d, at.glob, at.path)
		d.willRun(p.set.CatalogersOf(at.path, []string{at.glob})...)
	}
	for _, at := range sortedBehind(before.files) {
		if was := before.files[at].Path; now.files[at].Path != was {
			p.recordUnreachable(d, was)
		}
	}
	for file, e := range now.names {
		if before.names[file].Path != e.Path || d.changed[e.Path] {
			d.renamed = true
			d.willRun(p.set.CatalogersOf(file, nil)...)
		}
	}
}

// recordUnreachable notes that a link no longer leads to a file. If others still do, the
// file is read by way of them.
func (p *parser) recordUnreachable(d *delta, file string) {
	d.changed[file], d.hides = true, true
	now := p.behind.layers[d.layer].files
	for _, at := range sortedBehind(now) {
		if now[at].Path == file {
			p.recordHit(d, at.glob, at.path)
			d.willRun(p.set.CatalogersOf(at.path, []string{at.glob})...)
		}
	}
}

func sortedBehind(files map[behindAt]layers.Entry) []behindAt {
	return slices.SortedFunc(maps.Keys(files), func(x, y behindAt) int {
		return cmp.Or(strings.Compare(x.path, y.path), strings.Compare(x.glob, y.glob))
	})
}
