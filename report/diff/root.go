package diff

import (
	"slices"
	"strings"

	"github.com/stemma-go/stemma/packages"
	"github.com/stemma-go/stemma/report"
)

// RootPackages counts the packages in which the root of an image's chain differs from another
// image, such as the one to which the root's tag points today: those that one of the two alone
// has, and those of another version. What younger ancestors changed does not count. It is
// not known, and false, unless all layers of both were read, and packages found in both.
func RootPackages(r, other *report.Report) (n int, known bool) {
	if len(r.Ancestors) == 0 || r.Partial || other.Partial || !r.PackagesKnown() || !other.PackagesKnown() {
		return 0, false
	}
	old := versionsAt(r, r.Ancestors[len(r.Ancestors)-1].Layers.To-1)
	now := versionsAt(other, len(other.Index.Layers)-1)
	if len(old) == 0 || len(now) == 0 {
		return 0, false
	}
	for k, was := range old {
		if !slices.Equal(now[k], was) {
			n++
		}
	}
	for k := range now {
		if _, ok := old[k]; !ok {
			n++
		}
	}
	return n, true
}

// versionsAt are the versions of all packages after a layer. Packages of languages can be
// there several times, in places of their own.
func versionsAt(r *report.Report, layer int) map[string][]string {
	out := map[string][]string{}
	for i := range r.Inventory.Packages {
		p := &r.Inventory.Packages[i]
		version, ok := p.At(layer)
		if !ok {
			continue
		}
		place := ""
		if len(p.Locations) > 0 && !ofDistribution(p.Type) {
			place = packages.EcosystemOf(p.Type).Place(p.Locations[0].Path)
		}
		k := strings.Join([]string{p.Type, p.Name, p.Arch, place}, "\x00")
		out[k] = append(out[k], version)
	}
	for _, versions := range out {
		slices.Sort(versions)
	}
	return out
}
