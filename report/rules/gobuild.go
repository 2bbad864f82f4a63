package rules

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/dustin/go-humanize/english"

	"github.com/stemma-go/stemma/packages"
	"github.com/stemma-go/stemma/report"
	"github.com/stemma-go/stemma/report/lifecycle"
)

// goBuildEnds finds the programs whose standard library is of a Go release that
// gets no more fixes. The distribution's own programs are left to it.
func goBuildEnds(r *report.Report) []report.Finding {
	if r.Inventory == nil {
		return nil
	}
	type group struct {
		cycle    lifecycle.Cycle
		layer    int
		programs []string
	}
	groups := map[string]*group{}
	for i := range r.Inventory.Packages {
		p := &r.Inventory.Packages[i]
		if p.Type != "go-module" || p.Name != "stdlib" || p.State != packages.Present || len(p.Locations) == 0 || ofDistro(p.Locations[0].Path) {
			continue
		}
		c, ok := lifecycle.Find("go", strings.TrimPrefix(p.Version, "go"))
		if !ok || c.Status(r.AsOf) != lifecycle.Ended {
			continue
		}
		key := fmt.Sprintf("%d %s", r.AncestorOf(p.Layer()), c.Name)
		if groups[key] == nil {
			groups[key] = &group{cycle: c, layer: p.Layer()}
		}
		groups[key].programs = append(groups[key].programs, p.Locations[0].Path)
	}
	var found []report.Finding
	for _, key := range slices.Sorted(maps.Keys(groups)) {
		g := groups[key]
		slices.Sort(g.programs)
		f := atLayer(r, g.layer)
		f.Severity = report.Warning
		f.Subject = "programs built with " + g.cycle.String()
		f.Items = slices.Compact(g.programs)
		f.Message = fmt.Sprintf("%s built with %s, whose standard library gets no more fixes since %s",
			english.Plural(len(f.Items), "program was", "programs were"), g.cycle, g.cycle.EOL.Format("2006-01-02"))
		f.Remedy = "build with a maintained Go release"
		if !own(f.Ancestor) {
			f.Remedy = fmt.Sprintf("inherited from %s: take a newer build of it, or replace the programs by newer releases", who(r, f.Ancestor))
		}
		found = append(found, f)
	}
	return found
}

// ofDistro reports whether a path lies where the distribution's packages install
// programs.
func ofDistro(path string) bool {
	for _, dir := range []string{"usr/bin/", "usr/sbin/", "usr/lib/", "usr/libexec/", "bin/", "sbin/"} {
		if strings.HasPrefix(path, dir) {
			return true
		}
	}
	return false
}
