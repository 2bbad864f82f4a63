package patch

import (
	"github.com/stemma-go/stemma/packages"
	"github.com/stemma-go/stemma/report"
)

// countOutdated counts, for each ancestor, what the index has newer versions of.
func (t *tracer) countOutdated() {
	r := t.report
	if !r.PackagesKnown() {
		t.out.NoIndex = "the image's packages are not known"
		return
	}
	t.out.Outdated = make([]report.Outdated, len(r.Ancestors))
	for i := range r.Inventory.Packages {
		p := &r.Inventory.Packages[i]
		a := r.AncestorOf(p.Layer())
		if p.State != packages.Present || a < 0 || !isSystem(p.Type) {
			continue
		}
		t.countPackage(&t.out.Outdated[a], i, p)
	}
}

func (t *tracer) countPackage(o *report.Outdated, i int, p *packages.Package) {
	e := packages.EcosystemOf(p.Type)
	newest, listed, doubt := p.Version, false, false
	for _, offer := range t.index.Versions(p) {
		if offer.Version == "" {
			continue // other packages of the same source
		}
		listed = true
		c, ok := e.Compare(offer.Version, newest)
		switch {
		case !ok:
			doubt = true
		case c > 0:
			newest = offer.Version
		}
	}
	switch {
	case newest != p.Version:
		o.Outdated++
		o.Packages, o.Newest = append(o.Packages, i), append(o.Newest, newest)
	case !listed:
		o.Unlisted++
	case doubt:
		o.NotKnown++
	default:
		o.Current++
	}
}
