package reporttest

import (
	"fmt"
	"path"
	"strings"

	"github.com/dustin/go-humanize"

	"github.com/stemma-go/stemma/packages"
)

// HasPackage asserts that the finished image has a package of that type ("deb",
// "npm", "" for any) whose name matches the pattern, as path.Match does: a * stops
// at a slash, and "@types/*" or "github.com/*/*" are needed where names have some.
func (i *Image) HasPackage(kind, pattern string) bool {
	i.t.Helper()
	ps, all := i.find(kind, pattern)
	if all != nil {
		return i.check(all)
	}
	f := failure{what: "the image has no package " + label(kind, pattern), remedy: "install it"}
	for _, p := range ps {
		if p.State == packages.Present {
			return true
		}
		last := p.Events[len(p.Events)-1]
		f.evidence = append(f.evidence, fmt.Sprintf("%s was %s by %s", named(p), last.Kind, i.placeOf(last.Layer)))
		f.remedy = "keep the step from doing that, or install it again"
	}
	return i.check(append(i.unread(), f))
}

// NoPackage asserts that the finished image has no such package. One that no database
// lists any more may still be there.
func (i *Image) NoPackage(kind, pattern string) bool {
	i.t.Helper()
	ps, all := i.find(kind, pattern)
	if all != nil {
		return i.check(all)
	}
	all = i.unread()
	for _, p := range ps {
		by := i.AncestorOf(p.Introduced())
		f := failure{
			what:     "the image has the package " + named(p),
			evidence: []string{"introduced by " + i.placeOf(p.Introduced())},
			remedy: i.Remedy(by, "do not install it, or do in a build stage what needs it",
				"choose a base without it: to remove it in a later step saves no byte"),
		}
		switch p.State {
		case packages.Gone:
			continue
		case packages.Hidden:
			last := p.Events[len(p.Events)-1]
			f.what = "the image may have the package " + named(p) + ": its files may be there, but nothing lists it any more"
			f.evidence = append(f.evidence, "unlisted by "+i.placeOf(last.Layer))
		}
		all = append(all, f)
	}
	return i.check(all)
}

// NoPackageWas asserts that no layer ever did that to such a package, whatever became of
// it later. packages.Removed finds what the image ships and does not show;
// packages.Upgraded, what it ships twice; packages.Introduced, what was ever there.
func (i *Image) NoPackageWas(did packages.EventKind, kind, pattern string) bool {
	i.t.Helper()
	ps, all := i.find(kind, pattern)
	if all != nil {
		return i.check(all)
	}
	all = i.unread()
	for _, p := range ps {
		for _, e := range p.Events {
			if e.Kind != did {
				continue
			}
			f := failure{what: fmt.Sprintf("the package %s was %s%s", label(p.Type, p.Name), did, versions(e)),
				evidence: []string{i.placeOf(e.Layer)}, remedy: "leave the step out"}
			if first := p.Introduced(); first != e.Layer {
				f.evidence = append(f.evidence, "introduced by "+i.placeOf(first))
				f.remedy = i.Remedy(i.AncestorOf(first), "install it once, as it is to stay",
					"choose a base that has it as it is to stay, or a newer build of it")
			}
			if p.Bytes.Shadowed > 0 {
				f.evidence = append(f.evidence, humanize.Bytes(uint64(p.Bytes.Shadowed))+" of it are shipped and never seen")
			}
			all = append(all, f)
		}
	}
	return i.check(all)
}

// PackagesFrom asserts that the finished image has such packages, and that all of them
// were introduced by an ancestor of that name, as in DescendsFrom.
func (i *Image) PackagesFrom(ancestor, kind, pattern string) bool {
	i.t.Helper()
	ps, all := i.find(kind, pattern)
	if all != nil {
		return i.check(all)
	}
	all = i.unread()
	n := 0
	for _, p := range ps {
		if p.State != packages.Present {
			continue
		}
		n++
		by := i.AncestorOf(p.Introduced())
		if by >= 0 {
			if surely, _ := fits(i.Ancestors[by], ancestor); surely {
				continue
			}
		}
		all = append(all, failure{
			what:     fmt.Sprintf("the package %s is not from %s", named(p), ancestor),
			evidence: []string{"introduced by " + i.placeOf(p.Introduced())},
			remedy:   fmt.Sprintf("let %s install it, or expect it from %s", ancestor, i.NameOf(by)),
		})
	}
	if n == 0 {
		all = append(all, failed("the image has no package %s", label(kind, pattern))...)
	}
	return i.check(all)
}

// MinVersion asserts that the finished image has a package, and that every such package
// has at least that version, in the order of its package system.
func (i *Image) MinVersion(kind, pattern, version string) bool {
	i.t.Helper()
	ps, all := i.find(kind, pattern)
	if all != nil {
		return i.check(all)
	}
	all = i.unread()
	n := 0
	for _, p := range ps {
		if p.State != packages.Present {
			continue
		}
		n++
		by := p.Layer()
		f := failure{evidence: []string{"brought by " + i.placeOf(by)}}
		switch order, ok := packages.EcosystemOf(p.Type).Compare(p.Version, version); {
		case !ok:
			f.what = fmt.Sprintf("whether the package %s is at least %s is not known: its package system has no order for them", named(p), version)
		case order < 0:
			f.what = fmt.Sprintf("the package %s is older than %s", named(p), version)
			f.remedy = i.Remedy(i.AncestorOf(by), "install a newer version", "build on a newer base, or upgrade this package by its name")
		default:
			continue
		}
		all = append(all, f)
	}
	if n == 0 {
		all = append(all, failed("the image has no package %s", label(kind, pattern))...)
	}
	return i.check(all)
}

// find returns the packages of any state that match, or why they are not known.
func (i *Image) find(kind, pattern string) ([]*packages.Package, []failure) {
	if all := i.packagesUnknown(); all != nil {
		return nil, all
	}
	if _, err := path.Match(pattern, ""); err != nil {
		return nil, failed("%q: %v", pattern, err)
	}
	var found []*packages.Package
	for n := range i.Inventory.Packages {
		p := &i.Inventory.Packages[n]
		if (kind == "" || kind == p.Type) && matches([]string{pattern}, p.Name) {
			found = append(found, p)
		}
	}
	return found, nil
}

// packagesUnknown is the failure of an assertion on packages that are not known.
func (i *Image) packagesUnknown() []failure {
	switch {
	case i.Inventory == nil:
		return failed("the report was made without packages, so which are there is not known")
	case !i.PackagesKnown():
		return failed("no list of packages was found in the image, so which are there is not known")
	}
	return nil
}

func label(kind, name string) string { return strings.TrimSpace(kind + " " + name) }

func named(p *packages.Package) string { return label(p.Type, p.Name) + " " + p.Version }

// versions says which versions an event was about.
func versions(e packages.Event) string {
	switch {
	case e.From != "" && e.To != "":
		return fmt.Sprintf(" from %s to %s", e.From, e.To)
	case e.From != "":
		return " with version " + e.From
	default:
		return " with version " + e.To
	}
}
