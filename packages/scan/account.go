package scan

import (
	"path"
	"slices"
	"strings"

	"github.com/stemma-go/stemma/layers"
	"github.com/stemma-go/stemma/packages"
)

func (a *attribution) ownerOf(l *life) *life {
	if len(l.found.Evidence) == 0 {
		return nil
	}
	return a.owners.of(l.found.Evidence[0])
}

// reclaim gives the packages that the layer brought or changed their files, and
// those whose list of files it changed; all of them, when it moved their files by
// making a link of a directory.
func (a *attribution) reclaim(d *delta, renewed []*life) {
	real := &paths{idx: a.idx, layer: d.layer, dirs: map[string]string{}, known: a.owners.spelled}
	moved := real.moved(d.links)
	again := map[*life]bool{}
	for _, l := range renewed {
		again[l] = true
		a.see(d.layer, l)
	}
	for _, l := range a.lives {
		if !l.alive() {
			continue
		}
		list, ok := listOf(a.idx, d.layer, l)
		if ok && len(l.claimed) > 0 {
			// What dpkg's status says again, with each package that comes or
			// goes, changes nobody's files.
			again[l] = d.changed[list.Path]
		}
		if again[l] || moved {
			owned := l.found.Owned
			if ok {
				if b, kept := a.idx.Content(list); kept {
					owned = parseList(b)
				}
			}
			a.claim(l, owned, real)
		}
	}
}

// see notes where a package is recorded as of a layer.
func (a *attribution) see(layer int, l *life) {
	l.seen = nil
	for _, p := range l.found.Evidence {
		if e, ok := a.idx.Lookup(layer, p); ok {
			l.seen = append(l.seen, packages.Location{Path: p, Layer: e.Layer})
		}
	}
}

// claim gives a package the files that it lists, its directories, and what it was found in.
func (a *attribution) claim(l *life, owned []string, real *paths) {
	a.owners.release(l)
	rank := rankListed
	if l.found.Manager {
		rank = rankManager
	}
	root, _ := rootOf(&l.found)
	for _, p := range owned {
		if root != "" && !strings.HasPrefix(p, root+"/") {
			p = path.Join(root, p) // what the database of a chroot lists is in there
		}
		a.owners.claimFile(real.real(p), l, rank)
	}
	for _, dir := range l.found.Dirs {
		a.owners.claimDir(real.real(dir), l)
	}
	if !l.found.Manager {
		for _, p := range l.found.Evidence {
			a.owners.claimFile(p, l, rankFile)
		}
	}
}

// account gives every content byte of the layer to its owner, the databases or
// nobody.
func (a *attribution) account(d *delta) {
	n := d.layer
	for e := range a.idx.Entries(n) {
		if e.Type != layers.Regular {
			continue
		}
		l, as := a.holder(e, d.names[inodeOf(e)])
		linked := as.Path != e.Path
		delete(a.shared, version{n, e.Path}) // of a file that the layer overwrites itself
		e = as
		switch {
		case l != nil:
			a.bytes[n].Packages += e.Size
			l.count(e, 1)
			if !linked && len(a.owners.under[e.Path]) > 0 {
				a.shared[version{n, e.Path}] = l
			}
		case packages.IsDatabase(e.Path):
			a.bytes[n].Metadata += e.Size
		default:
			a.bytes[n].Unowned += e.Size
			if e.Visible() {
				a.unowned.add(e)
			}
		}
	}
}

// holder returns whose the bytes of a file are, and under which of its names: one that is
// still seen, if there is any, and that somebody owns, if there is any such. Where nobody
// owns such a name, who owns the first one, under which the file came, goes on.
func (a *attribution) holder(e layers.Entry, links []name) (*life, layers.Entry) {
	first := a.owners.of(e.Path)
	if first != nil && e.Visible() {
		return first, e
	}
	for _, link := range links {
		if !link.visible {
			continue
		}
		if o := a.owners.of(link.path); o != nil {
			e.Path, e.Shadow = link.path, layers.None
			return o, e
		}
	}
	if i := slices.IndexFunc(links, func(n name) bool { return n.visible }); i >= 0 && !e.Visible() {
		e.Path, e.Shadow = links[i].path, layers.None
	}
	if first != nil || e.Visible() {
		return first, e
	}
	for _, link := range links {
		if o := a.owners.of(link.path); o != nil {
			return o, e
		}
	}
	return nil, e
}

// inherit counts files that a package leaves behind for those that share them.
func (a *attribution) inherit(n int, from *life, files []string) {
	for _, p := range files {
		e, ok := a.idx.Lookup(n, p)
		if !ok || e.Type != layers.Regular || a.shared[version{e.Layer, p}] != from {
			continue
		}
		to := a.owners.of(p)
		from.count(e, -1)
		to.count(e, 1)
		a.shared[version{e.Layer, p}] = to
	}
}

// count adds a file to those of the package, or takes it away again: times is 1 or -1.
func (l *life) count(e layers.Entry, times int64) {
	if l.bytes.ByLayer == nil {
		l.bytes.ByLayer = map[int]int64{}
	}
	size := times * e.Size
	if l.bytes.ByLayer[e.Layer] += size; l.bytes.ByLayer[e.Layer] == 0 && times < 0 {
		delete(l.bytes.ByLayer, e.Layer)
	}
	if e.Visible() {
		l.bytes.Visible += size
		l.files += int(times)
		return
	}
	l.bytes.Shadowed += size
}
