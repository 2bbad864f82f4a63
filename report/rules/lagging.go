package rules

import (
	"fmt"
	"time"

	"github.com/stemma-go/stemma/ancestry"
	"github.com/stemma-go/stemma/report"
)

// Lagging returns the rule "lagging".
func Lagging() report.Rule {
	return report.Rule{
		Name:     "lagging",
		Severity: report.Note,
		Doc: "An ancestor whose parent's tag moved on after it was built: a rebuild alone, without a change, would bring the parent's fixes. " +
			"It is told from the days of a catalogue's tags, and says of which day that is.",
		Run: func(r *report.Report) []report.Finding {
			var found []report.Finding
			for i := 0; i+1 < len(r.Ancestors); i++ {
				s, asOf := lag(r, i)
				if s == nil {
					continue
				}
				f := atAncestor(r, i)
				f.Subject = s.Name.String()
				f.Message = fmt.Sprintf("%s was built on %s, and %s", who(r, i), r.Ancestors[i].Created.Format(time.DateOnly), moved(s, asOf))
				f.Remedy = "rebuild it on a current build of " + s.Name.String()
				if !own(i) {
					f.Remedy = fmt.Sprintf("take a current build of %s", who(r, i))
				}
				found = append(found, f)
			}
			return found
		},
	}
}

// lag returns what took the tag of an ancestor's parent after it was built. Of an
// image that no catalogue knows, the parent's own standing tells it, if that is
// recognised.
func lag(r *report.Report, i int) (*ancestry.Succession, time.Time) {
	a, p := r.Ancestors[i], r.Ancestors[i+1]
	if a.Standing != nil {
		return a.Standing.Lagging, a.Standing.AsOf
	}
	if p.Standing == nil || p.Standing.Superseded == nil || !dated(a.Created) || !p.Standing.Superseded.On.After(a.Created) {
		return nil, time.Time{}
	}
	return p.Standing.Superseded, p.Standing.AsOf
}
