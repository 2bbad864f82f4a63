package patch_test

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/stemma-go/stemma/packages"
	"github.com/stemma-go/stemma/report"
	"github.com/stemma-go/stemma/report/patch"
)

// Packages of today's base tell only where they can be compared, and absence only where
// something lists what is there.
func TestNewerBase(t *testing.T) {
	const old, fixed = "2.36-9+deb12u4", "2.36-9+deb12u7"
	for name, tt := range map[string]struct {
		version string // of libc6 in today's base
		change  func(base *report.Report, p *packages.Package)
		want    report.PatchState
		why     string
	}{
		"hidden, old": {old, func(_ *report.Report, p *packages.Package) { p.State = packages.Hidden },
			report.PatchNotKnown, "still has " + old},
		"another is hidden": {old, func(_ *report.Report, p *packages.Package) { p.State, p.Name = packages.Hidden, "other" },
			report.PatchNotKnown, "nothing that is known here"},
		"removed, and nothing is listed": {old, func(_ *report.Report, p *packages.Package) { p.State = packages.Gone },
			report.PatchNotKnown, "nothing that is known here"},
		"listed, and not there": {old, func(_ *report.Report, p *packages.Package) { p.Name = "other" },
			report.PatchPull, "does not have the package"},
		"another distribution": {fixed, func(b *report.Report, _ *packages.Package) { b.Ancestors[debian].Distro.ID = "ubuntu" },
			report.PatchNotKnown, "today's python:3.8-bookworm is ubuntu 12 and the image debian 12"},
		"another release": {fixed, func(b *report.Report, _ *packages.Package) { b.Ancestors[debian].Distro.VersionID = "13" },
			report.PatchNotKnown, "versions of two releases are not compared"},
		"no distribution": {fixed, func(b *report.Report, _ *packages.Package) { b.Ancestors[debian].Distro.ID = "" },
			report.PatchNotKnown, "is not known"},
		"another name, old": {old, func(_ *report.Report, p *packages.Package) { p.Name, p.Source = "libc6t64", "libc6" },
			report.PatchNotKnown, "still has libc6t64 " + old},
		"another name, fixed": {fixed, func(_ *report.Report, p *packages.Package) { p.Name, p.Source = "libc6t64", "libc6" },
			report.PatchPull, "has libc6t64 " + fixed},
		"another platform": {fixed, func(_ *report.Report, p *packages.Package) { p.Arch = "arm64" },
			report.PatchNotKnown, "for another platform"},
	} {
		t.Run(name, func(t *testing.T) {
			r := oldChain(t)
			vulnerable(r, "libc6", fixed)
			n := newer(t, "2024-05-01", "", "", tt.version)
			base := n["python:3.8-bookworm"]
			tt.change(base, &base.Inventory.Packages[0])
			tr := patch.Trace(r, &patch.Options{Rebuilds: n}).Traces[0]
			assert.Equal(t, tt.want.String(), tr.State.String(), tr.Why)
			assert.Contains(t, tr.Why, tt.why)
		})
	}
}
