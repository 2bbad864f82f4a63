package scan

import (
	"slices"
	"strings"

	"github.com/stemma-go/stemma/packages"
	"github.com/stemma-go/stemma/packages/scan/internal/syft"
)

// group is what makes two sightings the same package: all of its versions, in
// one place.
type group struct{ kind, name, arch, place string }

func groupOf(f *syft.Found) group {
	return group{f.Type, f.Name, f.Arch, place(f)}
}

// place is where a package is installed. A database is one place, whichever of
// its files lists the package, so that a package may move from status.d to status;
// it is told by the directory above, so that a root inside the image (a chroot, a
// sysroot) is another place. Packages whose file name holds their version are at
// home in the directory, so that an upgrade is one; the rest in their file.
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
	return packages.EcosystemOf(f.Type).Root(f.Evidence[0])
}

// A life is a package and what the layers did to it.
type life struct {
	group   group
	found   syft.Found // as last seen
	events  []packages.Event
	state   packages.State
	seen    []packages.Location
	bytes   packages.Bytes
	files   int
	claimed []string // the paths it owns, links of directories resolved
	owner   *life    // who owned its evidence when it ended
}

func (l *life) alive() bool { return l.state == packages.Present }

func (l *life) version() string { return l.found.Version }

// end closes its life.
func (l *life) end(layer int, kind packages.EventKind, state packages.State) {
	l.events = append(l.events, packages.Event{Kind: kind, Layer: layer, From: l.version()})
	l.state = state
}

// sighting is what one layer says of one group: lives whose evidence it changed
// or deleted, and what is found there now.
type sighting struct {
	old   []*life
	found []syft.Found
}

// settle joins old lives and new findings of one group: the same evidence and
// version first, then the same version elsewhere in the place, then the same
// evidence, then what is left, version by version in their order. It returns the
// lives whose version or place changed, and the lives and findings left over.
func (s *sighting) settle(layer int) (changed, gone []*life, fresh []syft.Found) {
	evidence := func(f *syft.Found) string { return strings.Join(f.Evidence, "\x00") }
	version := func(f *syft.Found) string { return f.Version }
	changed = s.join(layer, changed, func(f *syft.Found) string { return version(f) + "\x00" + evidence(f) })
	changed = s.join(layer, changed, version)
	slices.SortStableFunc(s.old, func(a, b *life) int { return order(a.group.kind, a.version(), b.version()) })
	slices.SortStableFunc(s.found, func(a, b syft.Found) int { return order(a.Type, a.Version, b.Version) })
	changed = s.join(layer, changed, evidence)
	changed = s.join(layer, changed, func(*syft.Found) string { return "" })
	return changed, s.old, s.found
}

// join joins those that agree in key, in their order, and leaves the others.
func (s *sighting) join(layer int, changed []*life, key func(*syft.Found) string) []*life {
	at := map[string][]int{}
	for i := range s.found {
		k := key(&s.found[i])
		at[k] = append(at[k], i)
	}
	taken := make([]bool, len(s.found))
	var old []*life
	for _, l := range s.old {
		k := key(&l.found)
		if len(at[k]) == 0 {
			old = append(old, l)
			continue
		}
		i := at[k][0]
		at[k], taken[i] = at[k][1:], true
		if l.become(layer, s.found[i]) {
			changed = append(changed, l)
		}
	}
	var found []syft.Found
	for i := range s.found {
		if !taken[i] {
			found = append(found, s.found[i])
		}
	}
	s.old, s.found = old, found
	return changed
}

// become makes f what the life is now, and reports whether that changed what it
// owns: its version, or its place.
func (l *life) become(layer int, f syft.Found) bool {
	from := l.version()
	moved := !slices.Equal(l.found.Evidence, f.Evidence)
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

// order is Compare with an order for everything.
func order(kind, a, b string) int {
	if c, ok := packages.EcosystemOf(kind).Compare(a, b); ok && c != 0 {
		return c
	}
	return strings.Compare(a, b)
}
