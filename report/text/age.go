package text

import (
	"time"

	"github.com/dustin/go-humanize/english"
)

// age says how many days from is before to, in years and months, or days: "2 years
// 3 months ago", "12 days ago", "today". Hours do not count: dates are all that is printed.
func age(from, to time.Time) string {
	from, to = day(from), day(to)
	if to.Before(from) {
		return "in the future"
	}
	months := 12*(to.Year()-from.Year()) + int(to.Month()-from.Month())
	if months > 0 && from.AddDate(0, months, 0).After(to) {
		months--
	}
	if months == 0 {
		days := int(to.Sub(from).Hours() / 24)
		if days == 0 {
			return "today"
		}
		return english.Plural(days, "day", "") + " ago"
	}
	s := ""
	if years := months / 12; years > 0 {
		s = english.Plural(years, "year", "")
	}
	if months %= 12; months > 0 {
		if s != "" {
			s += " "
		}
		s += english.Plural(months, "month", "")
	}
	return s + " ago"
}

// day is the midnight at which a day of UTC begins.
func day(t time.Time) time.Time { return t.UTC().Truncate(24 * time.Hour) }

// built says when, and how long before asOf; reproducible builds write dates
// that mean nothing.
func built(t, asOf time.Time) string {
	switch {
	case t.IsZero():
		return "build date not recorded"
	case t.UTC().Year() <= 1980:
		return "build date not recorded (" + t.UTC().Format(time.DateOnly) + ")"
	}
	return "built " + t.UTC().Format(time.DateOnly) + ", " + age(t, asOf)
}
