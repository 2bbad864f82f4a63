package scan

import (
	"cmp"
	"path"
	"slices"
	"strings"

	"github.com/stemma-go/stemma/layers"
	"github.com/stemma-go/stemma/packages"
	"github.com/stemma-go/stemma/packages/scan/internal/syft"
)

// inventory makes the result, after the last layer.
func (a *attribution) inventory() *packages.Inventory {
	inv := &packages.Inventory{Layers: a.bytes, Problems: a.sortedProblems()}
	for _, l := range a.lives {
		if l.alive() {
			l.owner = a.ownerOf(l)
		}
	}
	named := a.selfNamed()
	for _, l := range a.lives {
		if !l.isDisplaced(named) {
			p := l.finish()
			if names := a.copyright(l, p.Layer()); len(names) > 0 {
				p.Licenses = syft.Licenses(names)
			}
			inv.Packages = append(inv.Packages, p)
			continue
		}
		for n, b := range l.bytes.ByLayer { // of another of its files, which nobody owns
			a.bytes[n].Packages -= b
			a.bytes[n].Unowned += b
		}
		a.disown(l)
	}
	inv.Unowned = a.unowned.rows()
	slices.SortStableFunc(inv.Packages, func(x, y packages.Package) int {
		return cmp.Or(strings.Compare(x.Type, y.Type), strings.Compare(x.Name, y.Name),
			strings.Compare(x.Arch, y.Arch), strings.Compare(location(x), location(y)), strings.Compare(x.Version, y.Version))
	})
	return inv
}

// copyright returns the names of licences in the copyright file of a Debian package: that
// of the finished image, or else that of the layer that brought the package's version.
func (a *attribution) copyright(l *life, layer int) []string {
	root, ok := rootOf(&l.found)
	if !ok || l.group.kind != "deb" {
		return nil
	}
	file := path.Join(root, "usr/share/doc", l.found.Name, "copyright")
	for _, layer := range []int{a.idx.Top(), layer} {
		if e, ok := a.idx.Resolve(layer, file); ok {
			return a.learned.copyrights[version{e.Layer, e.Path}]
		}
	}
	return nil
}

// disown makes the files that a package had nobody's.
func (a *attribution) disown(l *life) {
	for _, p := range l.claimed {
		if a.owners.of(p) != l {
			continue
		}
		e, ok := a.idx.Lookup(a.idx.Top(), p)
		if ok && e.Type == layers.Regular && l.bytes.ByLayer[e.Layer] >= e.Size {
			a.unowned.add(e)
		}
	}
}

func location(p packages.Package) string {
	if len(p.Locations) == 0 {
		return ""
	}
	return p.Locations[0].Path
}

// selfNamed returns the binaries that name their package themselves.
func (a *attribution) selfNamed() map[string]bool {
	named := map[string]bool{}
	for _, l := range a.lives {
		if l.found.Note {
			for _, p := range l.found.Evidence {
				named[p] = true
			}
		}
	}
	return named
}

// isDisplaced reports whether Syft, too, would drop the package for a better one: a
// guess from a binary that a package of the distribution, a Java runtime or a
// Bitnami component owns, or that has a note of its own.
func (l *life) isDisplaced(named map[string]bool) bool {
	if !l.found.Binary {
		return false
	}
	if o := l.owner; o != nil && o != l {
		if o.found.Manager || o.group.kind == "bitnami" || o.found.FoundBy == "java-jvm-cataloger" {
			return true
		}
	}
	return l.group.kind == "binary" && !l.found.Note && slices.ContainsFunc(l.found.Evidence, func(p string) bool { return named[p] })
}

// finish makes the package of a life.
func (l *life) finish() packages.Package {
	f := &l.found
	p := packages.Package{
		Type: f.Type, Name: f.Name, Version: f.Version, Arch: f.Arch, PURL: f.PURL, Language: f.Language,
		Source: f.Source, FoundBy: f.FoundBy, Locations: l.locations, Events: l.events, State: l.state,
		Files: l.files, Bytes: l.bytes, Licenses: f.Licenses, CPEs: f.CPEs,
	}
	if o := l.owner; o != nil && o != l {
		if o.found.Manager {
			p.Owner = o.found.Name
		} else if slices.Equal(o.found.Evidence, f.Evidence) {
			p.Bundled = f.Evidence[0]
		}
	}
	return p
}

// sortedProblems returns the problems, each once.
func (a *attribution) sortedProblems() []layers.Problem {
	slices.SortStableFunc(a.problems.list, func(x, y layers.Problem) int {
		return cmp.Or(cmp.Compare(x.Layer, y.Layer), strings.Compare(x.Path, y.Path), strings.Compare(x.Err.Error(), y.Err.Error()))
	})
	return slices.CompactFunc(a.problems.list, func(x, y layers.Problem) bool { return x.Error() == y.Error() })
}
