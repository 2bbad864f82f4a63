package json

import (
	"time"

	"github.com/stemma-go/stemma/report"
)

// A Patch says how far the fix of a vulnerability has come.
type Patch struct {
	State    string `json:"state"`    // no-fix (none is known), unpublished (the distribution has not got it), installer (the ancestor that installed the package was not rebuilt since), next-link (that was, a younger one was not), pull (all have it: rebuild on today's base), own-step (mend it in a step of your own), not-known
	Ancestor *int   `json:"ancestor"` // the link that holds it, or of which nothing is known; null if none does
	Step     *int   `json:"step"`     // the image's own step to mend, with own-step
	Why      string `json:"why"`      // what the state rests on, or what is not known
	Act      *int   `json:"act"`      // what releases it, index in acts; null if nothing that is known does
}

// An Act brings fixes into the image, or is what they wait for.
type Act struct {
	Do       string `json:"do"`       // what to do, in one sentence; the same words as a remedy's where it is the same
	By       string `json:"by"`       // who can do it: own-steps, other-base, publisher
	Ancestor *int   `json:"ancestor"` // the one to be rebuilt; null for a distribution
	Rating   string `json:"rating"`   // the highest of its vulnerabilities: critical, high, medium, low, negligible, unknown
	Releases []int  `json:"releases"` // vulnerabilities that go by it, with a publisher's once the image is rebuilt on that
	Perhaps  []int  `json:"perhaps"`  // vulnerabilities that may go by it: that is not known
}

// A PackageIndex is an index of a distribution's packages.
type PackageIndex struct {
	Name    string     `json:"name"`    // distribution, release and parts of the archive; "" if none was read
	Day     *time.Time `json:"day"`     // of its newest part; null if it does not say
	Problem string     `json:"problem"` // why no outdated packages are counted; "" if they are
}

// Outdated counts an ancestor's packages by what the index has of them. Packages of languages
// are not counted.
type Outdated struct {
	Outdated int               `json:"outdated"` // the index has a newer version
	Current  int               `json:"current"`  // the index has that version, or an older one
	Unlisted int               `json:"unlisted"` // the index does not have the package
	NotKnown int               `json:"notKnown"` // the versions cannot be compared
	Packages []OutdatedPackage `json:"packages"` // the outdated ones
}

// An OutdatedPackage is one of which the index has a newer version.
type OutdatedPackage struct {
	Package int    `json:"package"` // index in packages
	Newest  string `json:"newest"`  // what the index has
}

func (d *Document) addPatches(p *report.Patches) {
	if p == nil {
		return
	}
	for i, t := range p.Traces {
		if i < len(d.Vulnerabilities) && d.Vulnerabilities[i].Excuse == nil {
			d.Vulnerabilities[i].Patch = &Patch{t.State.String(), index(t.Ancestor), index(t.Step), t.Why, index(t.Act)}
		}
	}
	d.Acts = each(p.Acts, func(a report.Act) Act {
		return Act{Do: a.Do, By: mender(a.By), Ancestor: index(a.Ancestor), Rating: a.Rating.String(),
			Releases: append([]int{}, a.Releases...), Perhaps: append([]int{}, a.Perhaps...)}
	})
}

func newPackageIndexes(p *report.Patches) []PackageIndex {
	if p == nil || p.Index == "" && p.NoIndex == "" {
		return []PackageIndex{}
	}
	return []PackageIndex{{Name: p.Index, Day: date(p.IndexDay), Problem: p.NoIndex}}
}

func newOutdated(o report.Outdated) *Outdated {
	out := &Outdated{Outdated: o.Outdated, Current: o.Current, Unlisted: o.Unlisted, NotKnown: o.NotKnown, Packages: []OutdatedPackage{}}
	for i, p := range o.Packages {
		out.Packages = append(out.Packages, OutdatedPackage{p, o.Newest[i]})
	}
	return out
}
