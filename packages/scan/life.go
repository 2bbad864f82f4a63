package scan

import (
	"cmp"
	"slices"
	"strings"

	"github.com/stemma-go/stemma/packages"
	"github.com/stemma-go/stemma/packages/scan/internal/syft"
)

// group is what makes two findings the same package: all of its versions, in
// one place.
type group struct{ kind, name, arch, place string }

func groupOf(f *syft.Found) group {
	return group{f.Type, f.Name, f.Arch, place(f)}
}

func compareGroups(x, y group) int {
	return cmp.Or(strings.Compare(x.kind, y.kind), strings.Compare(x.name, y.name),
		strings.Compare(x.arch, y.arch), strings.Compare(x.place, y.place))
}

// place is where a package is installed. A database is one place, whichever of
// its files lists the package, so that a package may move from status.d to status.
// Its place is the root that it belongs to, so that a root inside the image (a chroot, a
// sysroot) is another one.
func place(f *syft.Found) string {
	if len(f.Evidence) == 0 {
		return ""
	}
	if root, ok := rootOf(f); ok {
		return root
	}
	return packages.EcosystemOf(f.Type).Place(f.Evidence[0])
}

// rootOf returns the root that the database of a distribution's package is the
// database of, "" for that of the image.
func rootOf(f *syft.Found) (root string, ok bool) {
	if !f.Manager || len(f.Evidence) == 0 {
		return "", false
	}
	return packages.EcosystemOf(f.Type).Root(f.Database())
}

// combinedGroups tells, by a file and what is found in it, the group of the package that
// was found in it before. Syft makes one package of all binaries of one name and version:
// with one more in a layer, or one less, it is the same package, though another file
// is the first of its evidence.
type combinedGroups map[findingIn]group

type findingIn struct{ kind, name, arch, version, file string }

// combinedGroups returns nothing where nothing was found by a cataloger that combines files.
func (a *attribution) combinedGroups(found []syft.Found) combinedGroups {
	if !slices.ContainsFunc(found, func(f syft.Found) bool { return f.Together }) {
		return nil
	}
	c := combinedGroups{}
	for _, l := range a.lives {
		if !l.alive() || !l.found.Together {
			continue
		}
		for _, p := range l.found.Evidence {
			c[findingIn{l.group.kind, l.group.name, l.group.arch, l.version(), p}] = l.group
			c[findingIn{l.group.kind, l.group.name, l.group.arch, "", p}] = l.group
		}
	}
	return c
}

// groupOf prefers the package of the same version, where two were found that now are one.
func (c combinedGroups) groupOf(f *syft.Found) group {
	if f.Together {
		for _, version := range []string{f.Version, ""} {
			for _, p := range f.Evidence {
				if g, ok := c[findingIn{f.Type, f.Name, f.Arch, version, p}]; ok {
					return g
				}
			}
		}
	}
	return groupOf(f)
}

// A life is a package and what the layers did to it.
type life struct {
	group     group
	found     syft.Found // as last found
	events    []packages.Event
	state     packages.State
	locations []packages.Location
	bytes     packages.Bytes
	files     int
	claimed   []string // the paths it owns, links of directories resolved
	owner     *life    // who owned its evidence when it ended
}

func (l *life) alive() bool { return l.state == packages.Present }

func (l *life) version() string { return l.found.Version }

// lastLayer is the layer of the last event.
func (l *life) lastLayer() int { return l.events[len(l.events)-1].Layer }

// end closes the life.
func (l *life) end(layer int, kind packages.EventKind, state packages.State) {
	l.events = append(l.events, packages.Event{Kind: kind, Layer: layer, From: l.version()})
	l.state = state
}

// update makes f what the package is now, and reports whether that changed what it
// owns: its version, or its place.
func (l *life) update(layer int, f syft.Found) bool {
	from := l.version()
	moved := !slices.Equal(l.found.Evidence, f.Evidence) || l.found.Via != f.Via
	l.found = f
	if from == f.Version {
		return moved
	}
	l.events = append(l.events, packages.Event{Kind: change(f.Type, from, f.Version), Layer: layer, From: from, To: f.Version})
	return true
}

// change names the step from one version to another.
func change(kind, from, to string) packages.EventKind {
	c, ok := packages.EcosystemOf(kind).Compare(from, to)
	switch {
	case !ok || c == 0:
		return packages.Changed
	case c < 0:
		return packages.Upgraded
	}
	return packages.Downgraded
}

// order orders all versions: as the package system does, or else as text.
func order(kind, a, b string) int {
	if c, ok := packages.EcosystemOf(kind).Compare(a, b); ok && c != 0 {
		return c
	}
	return strings.Compare(a, b)
}

// A comparison is what one layer says of one group: the packages whose evidence it
// changed or deleted, and what is found there now.
type comparison struct {
	old   []*life
	found []syft.Found
}

// match joins old packages and new findings of one group: the same evidence and
// version first, then the same version elsewhere in the place, then the same
// evidence, then what is left, version by version in their order. It returns the
// packages whose version or place changed, and the packages and findings left over.
func (c *comparison) match(layer int) (changed, gone []*life, fresh []syft.Found) {
	evidence := func(f *syft.Found) string { return strings.Join(f.Evidence, "\x00") }
	version := func(f *syft.Found) string { return f.Version }
	changed = c.matchBy(layer, changed, func(f *syft.Found) string { return version(f) + "\x00" + evidence(f) })
	changed = c.matchBy(layer, changed, version)
	slices.SortStableFunc(c.old, func(a, b *life) int { return order(a.group.kind, a.version(), b.version()) })
	slices.SortStableFunc(c.found, func(a, b syft.Found) int { return order(a.Type, a.Version, b.Version) })
	changed = c.matchBy(layer, changed, evidence)
	changed = c.matchBy(layer, changed, func(*syft.Found) string { return "" })
	return changed, c.old, c.found
}

// matchBy joins those that agree in key, in their order, and leaves the others.
func (c *comparison) matchBy(layer int, changed []*life, key func(*syft.Found) string) []*life {
	at := map[string][]int{}
	for i := range c.found {
		k := key(&c.found[i])
		at[k] = append(at[k], i)
	}
	taken := make([]bool, len(c.found))
	var old []*life
	for _, l := range c.old {
		k := key(&l.found)
		if len(at[k]) == 0 {
			old = append(old, l)
			continue
		}
		i := at[k][0]
		at[k], taken[i] = at[k][1:], true
		if l.update(layer, c.found[i]) {
			changed = append(changed, l)
		}
	}
	var found []syft.Found
	for i := range c.found {
		if !taken[i] {
			found = append(found, c.found[i])
		}
	}
	c.old, c.found = old, found
	return changed
}
