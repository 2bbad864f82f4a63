package scan

import (
	"slices"

	"github.com/stemma-go/stemma/layers"
	"github.com/stemma-go/stemma/packages/scan/internal/syft"
)

// losses marks evidence that is gone.
func (a *attribution) losses(d *delta) {
	for file, names := range d.names {
		if v := (version{d.layer, file.path}); file.shadow != d.layer && len(a.alone[v]) > 0 {
			a.linked[v] = append(slices.Clip(names), name{file.path, file.shadow == layers.None})
		}
	}
	if !a.hides(d) {
		return
	}
	now := map[string]string{} // what a path is called as of this layer, "" if it is gone
	for _, l := range a.lives {
		if !l.alive() {
			continue
		}
		for _, p := range l.found.Evidence {
			name, looked := now[p]
			if !looked {
				name = a.called(d.layer, p)
				now[p] = name
			}
			switch name {
			case p:
			case "":
				d.changed[p] = true
			default:
				a.rename(d.layer, l, p, name)
			}
		}
	}
}

// called returns p while that is there; of what was judged in the pass, by its first name
// alone, else the name of a hard link to it: one that is there to the end, if there is any.
func (a *attribution) called(layer int, p string) string {
	if a.there(layer, p) {
		return p
	}
	was, ok := a.idx.Resolve(layer-1, p)
	if !ok {
		return ""
	}
	other := ""
	for _, n := range a.linked[version{was.Layer, was.Path}] {
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

// familiar gives what was found in a new file at p another name of the file, if packages
// were found under that in the layers below, and none at p.
func (a *attribution) familiar(d *delta, p string, found []syft.Found) []syft.Found {
	names := a.linked[version{d.layer, p}]
	if len(names) == 0 {
		return found
	}
	if d.evident == nil {
		d.evident = a.evident()
	}
	if d.evident[p] {
		return found
	}
	for _, n := range names {
		if !d.changed[n.path] || !d.evident[n.path] || len(a.alone[version{d.layer, n.path}]) > 0 {
			continue
		}
		found = slices.Clone(found)
		for i := range found {
			found[i].Evidence = []string{n.path}
		}
		return found
	}
	return found
}

// evident returns the files in which the packages that are there were found.
func (a *attribution) evident() map[string]bool {
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

// rename has a package go on under another name of the file that it was found in.
func (a *attribution) rename(layer int, l *life, from, to string) {
	l.found.Evidence = slices.Clone(l.found.Evidence)
	l.found.Evidence[slices.Index(l.found.Evidence, from)] = to
	slices.Sort(l.found.Evidence)
	a.groups[l.group] = slices.DeleteFunc(a.groups[l.group], func(x *life) bool { return x == l })
	l.group = groupOf(&l.found)
	a.groups[l.group] = append(a.groups[l.group], l)
	a.see(layer, l)
	if a.owners.files[from].life == l {
		delete(a.owners.files, from) // what comes there is another file
	}
	a.owners.claimFile(to, l, rankFile)
}
