package rules

import (
	"fmt"
	"time"

	"github.com/stemma-go/stemma/report"
)

// OldCatalogue returns the rule "old-catalogue", about what was judged by a catalogue that is
// no longer young.
func OldCatalogue() report.Rule {
	return report.Rule{
		Name:     "old-catalogue",
		Severity: report.Note,
		Doc: "A catalogue of more than 30 days ago, which says whether ancestors are out of date. " +
			"What was published since it does not know: an image that it calls current may be superseded or abandoned by now. " +
			"It is silent where no catalogue says how an ancestor stands. " +
			"It may be wrong where the report is made for a day in the past.",
		Run: func(r *report.Report) []report.Finding {
			day, i, ok := r.OldCatalogue()
			if !ok {
				return nil
			}
			f := r.AtAncestor(i)
			f.Subject = "catalogue"
			f.Message = fmt.Sprintf("whether there is a newer build of %s is known up to %s alone, %d days ago", r.Ancestors[i], day.Format(time.DateOnly), int(r.AsOf.Sub(day).Hours()/24))
			f.Remedy = "read the image with a newer catalogue"
			f.By = report.OtherBase
			return []report.Finding{f}
		},
	}
}
