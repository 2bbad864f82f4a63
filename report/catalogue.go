package report

import "time"

// maxCatalogueAge is how old a catalogue may be before what it says of the present has to be
// doubted.
const maxCatalogueAge = 30 * 24 * time.Hour

// OldCatalogue returns the day of the oldest catalogue that judged how an ancestor stands,
// and the youngest ancestor that it judged, if that was more than 30 days before
// AsOf: newer builds may be there since. ok is false if there is none.
func (r *Report) OldCatalogue() (day time.Time, ancestor int, ok bool) {
	for i, a := range r.Ancestors {
		if s := a.Standing; s != nil && !s.AsOf.IsZero() && r.AsOf.Sub(s.AsOf) > maxCatalogueAge && (!ok || s.AsOf.Before(day)) {
			day, ancestor, ok = s.AsOf, i, true
		}
	}
	return day, ancestor, ok
}
