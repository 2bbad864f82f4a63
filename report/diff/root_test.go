package diff_test

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/stemma-go/stemma/packages"
	"github.com/stemma-go/stemma/report"
	"github.com/stemma-go/stemma/report/diff"
	"github.com/stemma-go/stemma/testdata/handmade"
)

// The root of the sample has dash and the older libc6; what younger ancestors brought or
// upgraded does not count.
func TestRootPackages(t *testing.T) {
	count := func(change func(sample, today *report.Report)) (int, bool) {
		r, today := handmade.Sample(t, nil), handmade.Sample(t, nil)
		today.Index.Layers = today.Index.Layers[:1] // the image that the tag points to is a root alone
		change(r, today)
		return diff.RootPackages(r, today)
	}
	set := func(name, version string) func(*report.Report, *report.Report) {
		return func(_, today *report.Report) {
			for i := range today.Inventory.Packages {
				if p := &today.Inventory.Packages[i]; p.Name == name {
					p.Events[0].To = version
				}
			}
		}
	}
	for name, test := range map[string]struct {
		change func(sample, today *report.Report)
		n      int
		known  bool
	}{
		"the same":         {func(_, _ *report.Report) {}, 0, true},
		"another version":  {set("libc6", "2.31-13+deb11u11"), 1, true},
		"a younger's":      {set("gcc-10", "12"), 0, true},
		"one less":         {func(_, today *report.Report) { today.Inventory.Packages[0].Events[0].Kind = packages.Removed }, 1, true},
		"one more":         {func(_, today *report.Report) { today.Inventory.Packages[1].Events[0].Layer = 0 }, 1, true},
		"read in part":     {func(_, today *report.Report) { today.Partial = true }, 0, false},
		"ours in part":     {func(r, _ *report.Report) { r.Partial = true }, 0, false},
		"not looked for":   {func(r, _ *report.Report) { r.Inventory = nil }, 0, false},
		"none in the root": {func(r, _ *report.Report) { r.Inventory.Packages = r.Inventory.Packages[1:3] }, 0, false},
		"no chain":         {func(r, _ *report.Report) { r.Ancestors = nil }, 0, false},
	} {
		t.Run(name, func(t *testing.T) {
			n, known := count(test.change)
			assert.Equal(t, test.n, n)
			assert.Equal(t, test.known, known)
		})
	}
}
