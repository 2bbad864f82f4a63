package ancestry

import (
	"time"

	"github.com/stemma-go/stemma/layers/history"
)

// Dated reports whether a date of a history can be meant. Reproducible builds write the
// epoch, or 1980, the first year that a zip archive can hold.
func Dated(t time.Time) bool { return !t.IsZero() && t.UTC().Year() > 1980 }

// clockSkew is how far apart the clocks of two build machines may be.
const clockSkew = time.Hour

// DateDoubt says why an image was not built on the date that its history has, in words
// that follow the date: "is older than its base's". It is "" if it may have been.
//
// created is the date of the image's youngest step, base the youngest date of what it
// stands on (zero if none is known), and steps the whole history. Reproducible builds
// write a date of their choice: that of a commit (SOURCE_DATE_EPOCH), which may be
// older than the base, or one date over the base's steps as well as their own. Such
// dates say nothing of the day of the build.
func DateDoubt(created, base time.Time, steps []history.Step) string {
	switch {
	case created.IsZero():
		return "is not recorded"
	case !Dated(created):
		return "is what reproducible builds write"
	case Dated(base) && created.Before(base.Add(-clockSkew)):
		return "is older than its base's"
	case oneDate(steps):
		return "is the same for the whole history"
	}
	return ""
}

// oneDate reports whether all steps have the same date, though they made several
// layers. Steps without a date say nothing.
func oneDate(steps []history.Step) bool {
	made := 0
	var date time.Time
	for _, s := range steps {
		if s.Created.IsZero() {
			continue
		}
		if !date.IsZero() && !s.Created.Equal(date) {
			return false
		}
		date = s.Created
		if s.Layer != history.None {
			made++
		}
	}
	return made > 1
}
