package diff

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"github.com/stemma-go/stemma/packages"
	"github.com/stemma-go/stemma/report"
)

// A Package is a package, or some software, that differs.
type Package struct {
	Name   string `json:"name"` // of the package; of the software where several are meant
	Change Change `json:"change"`
	// Moved is true where another ancestor brings it than before, whatever its version.
	Moved bool `json:"moved,omitempty"`
	// Old and New are the packages that were matched; one each but where they were matched by
	// software, or several places hold the same package. nil for none.
	Old []Version `json:"old,omitempty"`
	New []Version `json:"new,omitempty"`
}

// A Version is a package of one of the images.
type Version struct {
	Type     string `json:"type"` // as packages.Package has it
	Name     string `json:"name"`
	Version  string `json:"version"`
	Arch     string `json:"arch,omitempty"`
	Ancestor int    `json:"ancestor"` // the index in Report.Ancestors of the one that brought this version; -1 if none did
	Bytes    int64  `json:"bytes"`    // content bytes that are seen in the finished image
}

// comparePackages compares the packages that both images have.
func (c *comparison) comparePackages() {
	if !c.old.PackagesKnown() || !c.new.PackagesKnown() {
		return
	}
	m := &matching{c: c, old: present(c.old), new: present(c.new)}
	if c.diff.Base { // what its own layers brought comes along
		m.old = slices.DeleteFunc(m.old, func(p *packages.Package) bool { return c.old.AncestorOf(p.Introduced()) == 0 })
	}
	place := func(p *packages.Package) string {
		if len(p.Locations) == 0 || ofDistribution(p.Type) {
			return ""
		}
		return packages.EcosystemOf(p.Type).Place(p.Locations[0].Path)
	}
	key := func(parts ...string) string { return strings.Join(parts, "\x00") }
	m.pair(func(p *packages.Package) string { return key(p.Type, p.Name, p.Arch, place(p), p.Version) })
	m.pair(func(p *packages.Package) string { return key(p.Type, p.Name, p.Arch, place(p)) })
	m.pair(func(p *packages.Package) string { return key(p.Type, p.Name, p.Arch) })
	m.group(func(p *packages.Package) string { return key(p.Type, p.Name) })
	m.group(func(p *packages.Package) string {
		if !ofDistribution(p.Type) {
			return ""
		}
		return key(p.Type, Software(p), stem(p.Name))
	})
	m.acrossSystems()
	for _, p := range m.old {
		m.add(p.Name, []*packages.Package{p}, nil)
	}
	for _, p := range m.new {
		m.add(p.Name, nil, []*packages.Package{p})
	}
	slices.SortStableFunc(c.diff.Packages, func(a, b Package) int {
		return cmp.Or(
			cmp.Compare(slices.Index(order, a.Change), slices.Index(order, b.Change)),
			cmp.Compare(a.Name, b.Name),
		)
	})
}

// order is that of the constants.
var order = []Change{Added, Removed, Replaced, Up, Down, Other, Moved, Kept}

// A matching is the packages for which no counterpart is found yet.
type matching struct {
	c        *comparison
	old, new []*packages.Package
}

// sets returns the packages by key, and the keys in order. Those of key "" are left out.
func sets(all []*packages.Package, key func(*packages.Package) string) map[string][]*packages.Package {
	byKey := map[string][]*packages.Package{}
	for _, p := range all {
		if k := key(p); k != "" {
			byKey[k] = append(byKey[k], p)
		}
	}
	return byKey
}

// pair matches packages of equal keys one to one, where both images have as many of them.
func (m *matching) pair(key func(*packages.Package) string) {
	m.match(key, func(old, new []*packages.Package) bool {
		if len(old) != len(new) {
			return false
		}
		for i := range old {
			m.add(old[i].Name, old[i:i+1], new[i:i+1])
		}
		return true
	})
}

// group matches all packages of equal keys with each other.
func (m *matching) group(key func(*packages.Package) string) {
	m.match(key, func(old, new []*packages.Package) bool {
		m.add(new[0].Name, old, new)
		return true
	})
}

// acrossSystems matches packages of distributions by software where their package systems differ.
func (m *matching) acrossSystems() {
	m.match(Software, func(old, new []*packages.Package) bool {
		if old[0].Type == new[0].Type {
			return false
		}
		m.add(Software(new[0]), old, new)
		return true
	})
}

// match calls found for each key that both images have, and takes out what it has matched.
func (m *matching) match(key func(*packages.Package) string, found func(old, new []*packages.Package) bool) {
	old, new := sets(m.old, key), sets(m.new, key)
	done := map[*packages.Package]bool{}
	for _, k := range slices.Sorted(maps.Keys(old)) {
		if len(new[k]) == 0 || !found(old[k], new[k]) {
			continue
		}
		for _, p := range slices.Concat(old[k], new[k]) {
			done[p] = true
		}
	}
	is := func(p *packages.Package) bool { return done[p] }
	m.old, m.new = slices.DeleteFunc(m.old, is), slices.DeleteFunc(m.new, is)
}

// add adds a row, if it says anything.
func (m *matching) add(name string, old, new []*packages.Package) {
	row := Package{Name: name, Old: versions(m.c.old, old), New: versions(m.c.new, new)}
	row.Moved = m.moved(row)
	row.Change = row.change()
	if row.Change != Kept {
		m.c.diff.Packages = append(m.c.diff.Packages, row)
	}
}

func versions(r *report.Report, list []*packages.Package) []Version {
	var all []Version
	for _, p := range list {
		all = append(all, Version{Type: p.Type, Name: p.Name, Version: p.Version, Arch: p.Arch, Ancestor: r.AncestorOf(p.Layer()), Bytes: p.Bytes.Visible})
	}
	return all
}

// moved reports whether other ancestors bring what a row is about.
func (m *matching) moved(p Package) bool {
	if len(p.Old) == 0 || len(p.New) == 0 {
		return false
	}
	for _, o := range p.Old {
		if o.Ancestor < 0 {
			return false
		}
		at := m.c.counterpart[o.Ancestor]
		if slices.ContainsFunc(p.New, func(n Version) bool { return n.Ancestor == at || n.Ancestor < 0 }) {
			return false
		}
	}
	return true
}

// change says how the versions of a row differ.
func (p *Package) change() Change {
	switch {
	case len(p.Old) == 0:
		return Added
	case len(p.New) == 0:
		return Removed
	}
	old, new := distinct(p.Old), distinct(p.New)
	switch {
	case !slices.Equal(old, new):
	case p.Moved:
		return Moved
	default:
		return Kept
	}
	if len(old) > 1 || len(new) > 1 || p.Old[0].Type != p.New[0].Type {
		return Other
	}
	n, ok := packages.EcosystemOf(p.Old[0].Type).Compare(p.Old[0].Version, p.New[0].Version)
	switch {
	case !ok:
		return Other
	case n < 0:
		return Up
	case n > 0:
		return Down
	}
	return Kept // two ways to write one version
}

// distinct returns the versions, each once.
func distinct(list []Version) []string {
	var all []string
	for _, v := range list {
		all = append(all, v.Version)
	}
	slices.Sort(all)
	return slices.Compact(all)
}
