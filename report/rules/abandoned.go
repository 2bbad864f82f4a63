package rules

import (
	"fmt"
	"time"

	"github.com/stemma-go/stemma/report"
)

// Abandoned returns the rule "abandoned".
func Abandoned() report.Rule {
	return report.Rule{
		Name:     "abandoned",
		Severity: report.Warning,
		Doc: "An ancestor of which no tag is built any more: it gets no fixes, whatever is pulled or rebuilt. " +
			"It is told from the days of a catalogue's tags, and says of which day that is.",
		Run: func(r *report.Report) []report.Finding {
			var found []report.Finding
			for i, a := range r.Ancestors {
				s := a.Standing
				if s == nil || s.Abandoned.IsZero() {
					continue
				}
				f := atAncestor(r, i)
				f.Severity = report.Warning
				f.Subject = a.String()
				f.Message = fmt.Sprintf("%s: no tag that it was built for is built since %s (as of %s)", a,
					s.Abandoned.Format(time.DateOnly), s.AsOf.Format(time.DateOnly))
				f.Remedy = fmt.Sprintf("move to a tag of %s that is still built, or to another image if none is", a.Repository)
				if i > 1 {
					f.Remedy = fmt.Sprintf("inherited from %s: move to a tag of it that stands on something still built, or to another image if none does", who(r, i-1))
				}
				found = append(found, f)
			}
			return found
		},
	}
}
