package packages

import (
	"github.com/stemma-go/stemma/layers"
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
	}
	for _, l := range a.lives {
		if !l.alive() {
			continue
		}
		if !again[l] && !moved {
			if l.group.kind != "deb" {
				continue
			}
			if e, ok := listOf(a.idx, d.layer, l); !ok || !d.changed[e.Path] {
				continue
			}
		}
		a.claim(d, l, real)
	}
}

func (a *attribution) claim(d *delta, l *life, real *paths) {
	a.owners.release(l)
	l.seen = nil
	for _, p := range l.found.Evidence {
		if e, ok := a.idx.Lookup(d.layer, p); ok {
			l.seen = append(l.seen, Location{Path: p, Layer: e.Layer})
		}
	}
	rank := rankListed
	if l.found.Manager {
		rank = rankManager
	}
	owned := l.found.Owned
	if e, ok := listOf(a.idx, d.layer, l); ok {
		if b, ok := a.idx.Content(e); ok {
			owned = parseList(b)
		}
	}
	for _, p := range owned {
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
func (a *attribution) account(n int) {
	for e := range a.idx.Entries(n) {
		if e.Type != layers.Regular {
			continue
		}
		l := a.owners.of(e.Path)
		switch {
		case l != nil:
			a.bytes[n].Packages += e.Size
			l.count(e)
		case metadataFile(e.Path):
			a.bytes[n].Metadata += e.Size
		default:
			a.bytes[n].Unowned += e.Size
			if e.Visible() {
				a.unowned.add(e)
			}
		}
	}
}

func (l *life) count(e layers.Entry) {
	if l.bytes.ByLayer == nil {
		l.bytes.ByLayer = map[int]int64{}
	}
	l.bytes.ByLayer[e.Layer] += e.Size
	if e.Visible() {
		l.bytes.Visible += e.Size
		l.files++
		return
	}
	l.bytes.Shadowed += e.Size
}
