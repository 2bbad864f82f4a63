package store

import (
	"time"

	"github.com/stemma-go/stemma/ancestry"
	"github.com/stemma-go/stemma/report"
)

// fate returns whether an ancestor's tag points to another image, since when, and when that was
// so: what a registry said if one was asked, or else what a catalogue knows. asOf is zero if
// neither knows.
func fate(r *report.Report, a ancestry.Ancestor) (moved bool, since, asOf time.Time) {
	if a.Live != nil && (a.Live.State == ancestry.StateMoved || a.Live.State == ancestry.StateCurrent) {
		return a.Live.State == ancestry.StateMoved, a.Live.Since, r.AsOf
	}
	s := a.Standing
	switch {
	case s == nil || s.Newer || s.NotKnown.Superseded != "":
		return false, time.Time{}, time.Time{}
	case s.Superseded != nil:
		return true, s.Superseded.On, s.AsOf
	}
	return false, time.Time{}, s.AsOf
}
