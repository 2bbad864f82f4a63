package scan

import (
	"slices"

	"github.com/stemma-go/stemma/packages/scan/internal/syft"
)

// homes tells, by a file and what is found in it, the group of the package that was
// found in it before. Syft makes one package of all binaries of one name and version:
// with one more in a layer, or one less, it is the same package, though another file
// is the first of its evidence.
type homes map[home]group

type home struct{ kind, name, arch, version, file string }

// homes returns nothing where nothing was found by a cataloger that combines files.
func (a *attribution) homes(found []syft.Found) homes {
	together := func(f syft.Found) bool { return f.Together }
	if !slices.ContainsFunc(found, together) {
		return nil
	}
	h := homes{}
	for _, l := range a.lives {
		if !l.alive() || !together(l.found) {
			continue
		}
		for _, p := range l.found.Evidence {
			h[home{l.group.kind, l.group.name, l.group.arch, l.version(), p}] = l.group
			h[home{l.group.kind, l.group.name, l.group.arch, "", p}] = l.group
		}
	}
	return h
}

// groupOf prefers the package of the same version, where two were found that now are one.
func (h homes) groupOf(f *syft.Found) group {
	if f.Together {
		for _, version := range []string{f.Version, ""} {
			for _, p := range f.Evidence {
				if g, ok := h[home{f.Type, f.Name, f.Arch, version, p}]; ok {
					return g
				}
			}
		}
	}
	return groupOf(f)
}
