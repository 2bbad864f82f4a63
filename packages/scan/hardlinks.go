package scan

import (
	"fmt"
	"slices"

	"github.com/stemma-go/stemma/layers"
	"github.com/stemma-go/stemma/packages/scan/internal/syft"
)

// A link is a hard link.
type link struct {
	path    string
	visible bool // in the finished image
}

// An inode tells a file from others that had its path in the same layer.
type inode struct {
	path   string
	size   int64
	sum    uint64
	shadow int
}

func inodeOf(e layers.Entry) inode { return inode{e.Path, e.Size, e.Sum, e.Shadow} }

// The limits of what is parsed again under the names of hard links, which cost an image
// nothing: so many names of a file, or so many bytes of it, whichever is more.
const (
	maxLinks      = 16
	maxLinksBytes = 64 << 20
)

// tooManyLinks reports whether a file of that size has been parsed under enough names
// before the n-th. The error is not nil for the first name that is too many.
func tooManyLinks(n int, size int64) (bool, error) {
	over := func(n int) bool { return n > maxLinks && int64(n) > maxLinksBytes/max(size, 1) }
	if over(n) && !over(n-1) {
		return true, fmt.Errorf("file of %d bytes not parsed under this name: it was under %d other hard links", size, n-1)
	}
	return over(n), nil
}

// followEvidence looks for the files that prove packages, after a layer that may have
// removed some. A package whose file is gone under one name goes on under another, if
// there is a hard link to it; otherwise the file counts as changed.
func (a *attribution) followEvidence(d *delta) {
	for file, links := range d.links {
		if v := (version{d.layer, file.path}); file.shadow != d.layer && len(a.learned.found[v]) > 0 {
			a.namesOf[v] = append(slices.Clip(links), link{file.path, file.shadow == layers.None})
		}
	}
	if !d.hides {
		return
	}
	now := map[string]string{} // what a path is called as of this layer, "" if it is gone
	for _, l := range a.lives {
		if !l.alive() {
			continue
		}
		for _, p := range l.found.Evidence {
			name, known := now[p]
			if !known {
				name = a.currentName(d.layer, p)
				now[p] = name
			}
			switch name {
			case p:
			case "":
				d.changed[p] = true
			default:
				a.renameEvidence(d.layer, l, p, name)
			}
		}
	}
}

// currentName returns p while it is there, else the name of a hard link to the file, one
// that stays to the end if possible. Only files that were parsed in the pass, where only
// their first name counts, have other names.
func (a *attribution) currentName(layer int, p string) string {
	if isEvidence(a.idx, layer, p) {
		return p
	}
	was, ok := a.idx.Resolve(layer-1, p)
	if !ok {
		return ""
	}
	other := ""
	for _, n := range a.namesOf[version{was.Layer, was.Path}] {
		switch e, ok := a.idx.Resolve(layer, n.path); {
		case !ok || e.Type != layers.Regular || e.Size != was.Size || e.Sum != was.Sum:
		case n.visible:
			return n.path
		case other == "":
			other = n.path
		}
	}
	return other
}

// underKnownName gives what was found in a new file at p another name of the file, if
// packages were found under that name in the layers below, and none at p.
func (a *attribution) underKnownName(d *delta, p string, found []syft.Found) []syft.Found {
	names := a.namesOf[version{d.layer, p}]
	if len(names) == 0 {
		return found
	}
	if d.evidence == nil {
		d.evidence = a.evidence()
	}
	if d.evidence[p] {
		return found
	}
	for _, n := range names {
		if d.changed[n.path] && d.evidence[n.path] && len(a.learned.found[version{d.layer, n.path}]) == 0 {
			return withEvidence(found, n.path)
		}
	}
	return found
}

// evidence returns the files in which the packages that are there were found.
func (a *attribution) evidence() map[string]bool {
	files := map[string]bool{}
	for _, l := range a.lives {
		if l.alive() {
			for _, p := range l.found.Evidence {
				files[p] = true
			}
		}
	}
	return files
}

// renameEvidence has a package go on under another name of the file that proves it.
func (a *attribution) renameEvidence(layer int, l *life, from, to string) {
	l.found.Evidence = slices.Clone(l.found.Evidence)
	l.found.Evidence[slices.Index(l.found.Evidence, from)] = to
	slices.Sort(l.found.Evidence)
	a.groups[l.group] = slices.DeleteFunc(a.groups[l.group], func(x *life) bool { return x == l })
	l.group = groupOf(&l.found)
	a.groups[l.group] = append(a.groups[l.group], l)
	a.recordLocations(layer, l)
	if a.owners.files[from].life == l {
		delete(a.owners.files, from) // what comes there is another file
	}
	a.owners.claimFile(to, l, rankFile)
}
