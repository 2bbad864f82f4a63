package text

import (
	"time"

	"github.com/stemma-go/stemma/report"
	"github.com/stemma-go/stemma/report/internal/words"
)

// age says how long from is before to, in years and months, or in days: "2 years 3
// months ago", "12 days ago", "today". It counts dates and not hours, since dates are
// all that is printed.
func age(from, to time.Time) string {
	switch _, days := words.Span(from, to); {
	case days < 0:
		return "in the future"
	case days == 0:
		return "today"
	}
	return words.Age(from, to) + " ago"
}

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
