package rules

import (
	"fmt"
	"time"

	"github.com/dustin/go-humanize/english"

	"github.com/stemma-go/stemma/report"
)

// stale is the age at which a parent was stale when its child was built. The
// bases that most images stand on are rebuilt every few weeks, and Debian and
// Alpine release a new point release about every two months: after 90 days, one
// of those was missed for certain, and its security fixes with it.
const stale = 90 * 24 * time.Hour

// BornOld returns the rule "born-old".
func BornOld() report.Rule {
	return report.Rule{
		Name:     "born-old",
		Severity: report.Warning,
		Doc: "An ancestor that was built more than 90 days after its parent: it was out of date on the day of its birth, " +
			"because its builder kept an old base. Dates at the epoch or in 1980, as reproducible builds write them, are unknown, not old.",
		Run: func(r *report.Report) []report.Finding {
			var found []report.Finding
			for i := 0; i+1 < len(r.Ancestors); i++ {
				child, parent := r.Ancestors[i].Created, r.Ancestors[i+1].Created
				if !dated(child) || !dated(parent) || child.Sub(parent) <= stale {
					continue
				}
				days := int(child.Sub(parent).Hours() / 24)
				f := atAncestor(r, i)
				f.Severity = report.Warning
				f.Subject = who(r, i+1)
				f.Message = fmt.Sprintf("%s was built on %s, on a build of %s that was then %s old", who(r, i),
					child.Format(time.DateOnly), who(r, i+1), english.Plural(days, "day", ""))
				f.Remedy = fmt.Sprintf("build on a current build of %s: docker build --pull, or a pinned digest that is kept up to date", who(r, i+1))
				if !own(i) {
					f.Remedy = fmt.Sprintf("inherited from %s: take a build of it that stands on a current %s", who(r, i), who(r, i+1))
				}
				found = append(found, f)
			}
			return found
		},
	}
}

// dated reports whether a build date can be meant: reproducible builds write the
// epoch, or 1980, the first year that a zip archive can hold.
func dated(t time.Time) bool { return !t.IsZero() && t.UTC().Year() > 1980 }
