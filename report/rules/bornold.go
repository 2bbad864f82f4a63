package rules

import (
	"fmt"
	"time"

	"github.com/dustin/go-humanize/english"

	"github.com/stemma-go/stemma/report"
)

// staleAfter is the age from which a parent was stale when its child was built. The
// bases that most images stand on are rebuilt every few weeks, and Debian and
// Alpine publish a point release about every two months: after 90 days, at least
// one of those was missed, with its security fixes.
const staleAfter = 90 * 24 * time.Hour

// BornOld returns the rule "born-old", about ancestors that were built on an old
// parent.
func BornOld() report.Rule {
	return report.Rule{
		Name:     "born-old",
		Severity: report.Warning,
		Doc: "An ancestor that was built more than 90 days after its parent. " +
			"It was out of date when it was new, because its builder kept an old base. " +
			"It is silent where one of the two days is not known: the epoch, 1980, a day before the parent's and one day for all are of reproducible builds, and no build's. " +
			"It may be wrong where the base was the newest that there was: some publishers build seldom.",
		Run: func(r *report.Report) []report.Finding {
			var found []report.Finding
			for i := 0; i+1 < len(r.Ancestors); i++ {
				child, why := r.Built(i)
				parent, whyNot := r.Built(i + 1)
				if why != "" || whyNot != "" || child.Sub(parent) <= staleAfter {
					continue
				}
				days := int(child.Sub(parent).Hours() / 24)
				f := r.AtAncestor(i)
				f.Severity = report.Warning
				base := r.NameOf(i + 1)
				f.Subject = base
				f.Message = fmt.Sprintf("%s was out of date when it was built on %s: its base, %s, was %s old", r.NameOf(i),
					child.Format(time.DateOnly), base, english.Plural(days, "day", ""))
				renew(&f, r, i+1)
				found = append(found, f)
			}
			return found
		},
	}
}
