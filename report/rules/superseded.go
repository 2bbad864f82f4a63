package rules

import (
	"fmt"
	"time"

	"github.com/dustin/go-humanize/english"

	"github.com/stemma-go/stemma/ancestry"
	"github.com/stemma-go/stemma/report"
)

// Superseded returns the rule "superseded".
func Superseded() report.Rule {
	return report.Rule{
		Name:     "superseded",
		Severity: report.Note,
		Doc: "An ancestor whose tag has moved on: who builds on that tag today gets a newer image, with the fixes that this one has not. " +
			"It is told from the days of a catalogue's tags, and says of which day that is; what was built after that day it passes over.",
		Run: func(r *report.Report) []report.Finding {
			var found []report.Finding
			for i, a := range r.Ancestors {
				s := a.Standing
				if s == nil || s.Superseded == nil || !s.Abandoned.IsZero() {
					continue
				}
				n := s.Superseded
				f := atAncestor(r, i)
				f.Subject = a.String()
				f.Message = fmt.Sprintf("%s: %s", a, moved(n, s.AsOf))
				take := n.Name.String()
				if n.Now == "" {
					take = "a tag of " + n.Name.Repository + " that is still built"
				}
				switch {
				case own(i):
					f.Remedy = "pull " + take
				case own(i - 1):
					f.Remedy = "rebuild on " + take
				default:
					f.Remedy = fmt.Sprintf("take a build of %s that stands on %s", who(r, i-1), take)
				}
				found = append(found, f)
			}
			return found
		},
	}
}

// moved says what became of a tag.
func moved(s *ancestry.Succession, asOf time.Time) string {
	text := fmt.Sprintf("%s went on to %s on %s", s.Name, s.First, s.On.Format(time.DateOnly))
	switch {
	case s.Times > 1 && s.Now != "":
		text += fmt.Sprintf(", %s in all, now to %s", english.Plural(s.Times, "time", ""), s.Now)
	case s.Times > 1:
		text += fmt.Sprintf(", %s in all", english.Plural(s.Times, "time", ""))
	}
	if !s.Until.IsZero() {
		text += fmt.Sprintf(", and is not built since %s", s.Until.Format(time.DateOnly))
	}
	return text + fmt.Sprintf(" (as of %s)", asOf.Format(time.DateOnly))
}
