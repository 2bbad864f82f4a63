package packages

import (
	"slices"
	"strings"

	"github.com/stemma-go/stemma/layers"
)

// losses marks evidence that is gone. A directory that no entry writes out may have
// taken its place.
func (a *attribution) losses(d *delta) {
	for file, names := range d.names {
		if i := slices.IndexFunc(names, func(n name) bool { return n.visible }); i >= 0 {
			a.linked[version{d.layer, file}] = names[i].path
		}
	}
	if !d.hides && a.idx.Layers[d.layer].Hides == 0 {
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
// alone, else the name of a hard link to it.
func (a *attribution) called(layer int, p string) string {
	e, ok := a.idx.Lookup(layer, p)
	if ok && (e.Type != layers.Directory || strings.Contains(p, "nix/store/")) {
		return p
	}
	was, ok := a.idx.Lookup(layer-1, p)
	if !ok {
		return ""
	}
	file := version{was.Layer, p}
	name := a.linked[file]
	if len(a.alone[file]) == 0 || name == "" {
		return ""
	}
	if _, ok := a.idx.Lookup(layer, name); !ok {
		return ""
	}
	return name
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
	a.owners.claimFile(to, l, rankFile)
}
