package scan

import (
	"cmp"
	"slices"
	"strings"

	"github.com/stemma-go/stemma/layers"
	"github.com/stemma-go/stemma/packages"
)

// inventory makes the result of what the layers said.
func (a *attribution) inventory() *packages.Inventory {
	inv := &packages.Inventory{Layers: a.bytes, Problems: a.finishedProblems()}
	for _, l := range a.lives {
		if l.alive() {
			l.owner = a.ownerOf(l)
		}
	}
	noted := a.noted()
	for _, l := range a.lives {
		if !l.displaced(noted) {
			inv.Packages = append(inv.Packages, l.finish())
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

// noted returns the binaries that name their package themselves.
func (a *attribution) noted() map[string]bool {
	noted := map[string]bool{}
	for _, l := range a.lives {
		if l.found.Note {
			for _, p := range l.found.Evidence {
				noted[p] = true
			}
		}
	}
	return noted
}

// displaced reports whether Syft, too, would drop the package for a better one: a
// guess from a binary that a package of the distribution, a Java runtime or a
// Bitnami component owns, or that has a note of its own.
func (l *life) displaced(noted map[string]bool) bool {
	if !l.found.Binary {
		return false
	}
	if o := l.owner; o != nil && o != l {
		if o.found.Manager || o.group.kind == "bitnami" || o.found.FoundBy == "java-jvm-cataloger" {
			return true
		}
	}
	return l.group.kind == "binary" && !l.found.Note && slices.ContainsFunc(l.found.Evidence, func(p string) bool { return noted[p] })
}

func (l *life) finish() packages.Package {
	f := &l.found
	p := packages.Package{
		Type: f.Type, Name: f.Name, Version: f.Version, Arch: f.Arch, PURL: f.PURL, Language: f.Language,
		Source: f.Source, FoundBy: f.FoundBy, Locations: l.seen, Events: l.events, State: l.state,
		Files: l.files, Bytes: l.bytes,
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

// finishedProblems are sorted, without repetitions.
func (a *attribution) finishedProblems() []layers.Problem {
	slices.SortStableFunc(a.problems, func(x, y layers.Problem) int {
		return cmp.Or(cmp.Compare(x.Layer, y.Layer), strings.Compare(x.Path, y.Path), strings.Compare(x.Err.Error(), y.Err.Error()))
	})
	return slices.CompactFunc(a.problems, func(x, y layers.Problem) bool { return x.Error() == y.Error() })
}
