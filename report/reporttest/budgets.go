package reporttest

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/dustin/go-humanize"
	"github.com/dustin/go-humanize/english"

	"github.com/stemma-go/stemma/packages"
	"github.com/stemma-go/stemma/report"
	"github.com/stemma-go/stemma/report/rules"
)

// MaxSize asserts that the image's layers, as stored and transferred, have at most that
// many bytes.
func (i *Image) MaxSize(most int64) bool {
	i.t.Helper()
	return i.maxBytes("stored", most, func(a report.Ancestor) int64 { return a.Size },
		"ship less in the image's own steps, or choose a smaller base", rules.All()...)
}

// MaxWaste asserts that at most that many content bytes are shipped and never seen,
// because a later layer overwrites or deletes them.
func (i *Image) MaxWaste(most int64) bool {
	i.t.Helper()
	return i.maxBytes("shipped and never seen", most, func(a report.Ancestor) int64 { return a.Shadowed },
		"write and delete files in the same RUN", rules.ShippedRemoved(), rules.CopyUp(), rules.PackageCaches())
}

func (i *Image) maxBytes(what string, most int64, of func(report.Ancestor) int64, otherwise string, rs ...report.Rule) bool {
	i.t.Helper()
	if i.Index == nil {
		return i.check(failed("how many bytes are %s is not known: the layers were not read", what))
	}
	size, parts := i.sum(of, func(n int64) string { return humanize.Bytes(uint64(max(n, 0))) })
	if size <= most {
		return i.check(i.unread())
	}
	return i.check([]failure{{
		what:     fmt.Sprintf("the image has %s %s, more than %s", humanize.Bytes(uint64(size)), what, humanize.Bytes(uint64(max(most, 0)))),
		evidence: parts, remedy: i.saving(otherwise, rs...),
	}})
}

// MaxLayers asserts that the image has at most that many layers.
func (i *Image) MaxLayers(most int) bool {
	i.t.Helper()
	if all := i.chainUnknown(); all != nil {
		return i.check(all)
	}
	n, parts := i.sum(func(a report.Ancestor) int64 { return int64(a.Layers.Len()) },
		func(n int64) string { return english.Plural(int(n), "layer", "") })
	if n <= int64(most) {
		return true
	}
	return i.check([]failure{{
		what:     fmt.Sprintf("the image has %s, more than %d", english.Plural(int(n), "layer", ""), most),
		evidence: parts, remedy: "put steps that belong together into one RUN, or choose a base with fewer layers",
	}})
}

// MaxPackages asserts that the finished image has at most that many packages.
func (i *Image) MaxPackages(most int) bool {
	i.t.Helper()
	if all := i.packagesUnknown(); all != nil {
		return i.check(all)
	}
	n := 0
	for _, p := range i.Inventory.Packages {
		if p.State == packages.Present {
			n++
		}
	}
	if n <= most {
		return i.check(i.unread())
	}
	_, parts := i.sum(func(a report.Ancestor) int64 { return int64(a.Packages.Present) },
		func(n int64) string { return english.Plural(int(n), "package", "") })
	return i.check([]failure{{
		what:     fmt.Sprintf("the image has %s, more than %d", english.Plural(n, "package", ""), most),
		evidence: parts, remedy: i.saving("install fewer packages, or choose a smaller base", rules.BuildTools()),
	}})
}

// sum adds up something of all ancestors, and says which has how much, those with the
// most first.
func (i *Image) sum(of func(report.Ancestor) int64, say func(int64) string) (all int64, parts []string) {
	order := make([]int, len(i.Ancestors))
	for n, a := range i.Ancestors {
		order[n] = n
		all += of(a)
	}
	slices.SortStableFunc(order, func(x, y int) int { return cmp.Compare(of(i.Ancestors[y]), of(i.Ancestors[x])) })
	var each []string
	for _, n := range order {
		each = append(each, i.NameOf(n)+" "+say(of(i.Ancestors[n])))
	}
	return all, []string{strings.Join(each, ", ")}
}
