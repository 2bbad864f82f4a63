package patch

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/stemma-go/stemma/packages"
	"github.com/stemma-go/stemma/report"
)

// An answer to a question that may have none.
type answer int

const (
	unknown answer = iota
	yes
	no
)

// A fix is what is known of the version without a vulnerability.
type fix struct {
	ecosystem packages.Ecosystem
	versions  []string // as Vulnerability.Fixed
	// chosen is true where Dockerfiles choose the version: days say nothing then.
	chosen    bool
	published answer
	// by is a day on which it was there, and notBefore one before which it was not; zero
	// for not known.
	by, notBefore time.Time
	says          string
}

// A fixKey is what fixes depend on.
type fixKey struct {
	pkg             int
	kind, name, ver string
	fixed           string
	on              time.Time
}

// fixOf says whether the distribution has the fixed version, and since when.
func (t *tracer) fixOf(v *report.Vulnerability) fix {
	k := fixKey{pkg: v.Package, fixed: strings.Join(v.Fixed, "\x00"), on: v.FixedOn}
	if v.Package < 0 {
		k.kind, k.name, k.ver = v.Type, v.Name, v.Version
	}
	f, ok := t.fixes[k]
	if !ok {
		f = t.newFix(v)
		t.fixes[k] = f
	}
	return f
}

func (t *tracer) newFix(v *report.Vulnerability) fix {
	p := &packages.Package{Type: v.Type, Name: v.Name, Version: v.Version}
	if v.Package >= 0 && t.report.Inventory != nil && v.Package < len(t.report.Inventory.Packages) {
		p = &t.report.Inventory.Packages[v.Package]
	}
	f := fix{ecosystem: packages.EcosystemOf(p.Type), versions: v.Fixed, chosen: !isSystem(p.Type), published: yes, by: v.FixedOn,
		says: "fixed in " + strings.Join(v.Fixed, " or ") + ", by the scanner's word"}
	if t.index == nil || f.chosen {
		return f
	}
	offers := t.index.Versions(p)
	if len(offers) == 0 {
		f.says += "; the index does not have the package"
		return f
	}
	f.ask(offers, sourceVersion(p, v.Version))
	return f
}

// ask asks an index's offers for the fixed version. A distribution that has nothing but what
// is older than what is installed is not the one that it came from.
func (f *fix) ask(offers []packages.Available, installed string) {
	newest := ""
	found, doubt := false, false
	for _, o := range offers {
		version := cmp.Or(o.SourceVersion, o.Version)
		switch f.in(version) {
		case yes:
			if !found {
				found, f.says = true, "the distribution has "+version
			}
			f.by = earlier(f.by, o.By)
			if slices.Contains(f.versions, version) {
				f.notBefore = earlier(f.notBefore, o.Built)
			}
		case unknown:
			doubt = true
		}
		if newest == "" || f.older(newest, version) {
			newest = version
		}
	}
	switch {
	case found:
	case doubt:
		f.says += "; the index has " + newest + ", which cannot be compared"
	case f.older(newest, installed):
		f.says += "; the index has nothing newer than " + newest + ", so the package is another archive's"
	default:
		f.published = no
		f.says = fmt.Sprintf("fixed in %s; the newest of the distribution is %s", strings.Join(f.versions, " or "), newest)
	}
}

func (f *fix) older(a, b string) bool {
	c, ok := f.ecosystem.Compare(a, b)
	return ok && c < 0
}

// earlier returns the earlier of two days that are known.
func earlier(a, b time.Time) time.Time {
	if a.IsZero() || !b.IsZero() && b.Before(a) {
		return b
	}
	return a
}

// in says whether a version is one with the fix. With several fixed versions, of several
// branches, one between them may be of either.
func (f *fix) in(version string) answer {
	above, below := 0, 0
	for _, fixed := range f.versions {
		c, ok := f.ecosystem.Compare(version, fixed)
		switch {
		case !ok:
			return unknown
		case c >= 0:
			above++
		default:
			below++
		}
	}
	switch {
	case below == 0 && above > 0:
		return yes
	case above == 0 && below > 0:
		return no
	}
	return unknown
}

// isSystem reports whether packages of a type are those of a distribution, of which a build
// takes the newest that there is.
func isSystem(kind string) bool {
	switch kind {
	case "deb", "apk", "rpm", "alpm":
		return true
	}
	return false
}

func day(t time.Time) string { return t.UTC().Format(time.DateOnly) }
