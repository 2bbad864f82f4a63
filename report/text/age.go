package text

import (
	"time"

	"github.com/dustin/go-humanize/english"

	"github.com/stemma-go/stemma/report"
)

// age says how long from is before to, in years and months, or in days: "2 years 3
// months ago", "12 days ago", "today". It counts dates and not hours, since dates are
// all that is printed.
func age(from, to time.Time) string {
	months, days := span(from, to)
	switch {
	case days < 0:
		return "in the future"
	case days == 0:
		return "today"
	case months == 0:
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

// span returns the whole months from one day to another, and all its days, which are less
// than 0 where to is the earlier.
func span(from, to time.Time) (months, days int) {
	from, to = day(from), day(to)
	months = 12*(to.Year()-from.Year()) + int(to.Month()-from.Month())
	if months > 0 && from.AddDate(0, months, 0).After(to) {
		months--
	}
	return months, int(to.Sub(from).Hours() / 24)
}

// day is the midnight at which a day of UTC begins.
func day(t time.Time) time.Time { return t.UTC().Truncate(24 * time.Hour) }

// builtText says when an ancestor was built, and how long before the report's day. A
// date that is none of a build is shown with the reason.
func builtText(r *report.Report, i int) string {
	created := r.Ancestors[i].Created
	if _, why := r.Built(i); why != "" && report.Dated(created) {
		return "date " + created.UTC().Format(time.DateOnly) + " " + why + ": not a build date"
	}
	return built(created, r.AsOf)
}

// built says when something was built, and how long before asOf. Where a
// reproducible build wrote a date that means nothing, it says that, too.
func built(t, asOf time.Time) string {
	switch {
	case t.IsZero():
		return "build date not recorded"
	case !report.Dated(t):
		return "build date not recorded (" + t.UTC().Format(time.DateOnly) + ")"
	}
	return "built " + t.UTC().Format(time.DateOnly) + ", " + age(t, asOf)
}
