package rules

import (
	"fmt"

	"github.com/stemma-go/stemma/ancestry"
	"github.com/stemma-go/stemma/report"
)

// Donor returns the rule "donor", about software that was copied out of other images.
func Donor() report.Rule {
	return report.Rule{
		Name:     "donor",
		Severity: report.Note,
		Doc: "Software that the image's own steps copied from another image: COPY --from=node. " +
			"No package database lists it, so nothing that upgrades packages patches it, and a newer base does not either: " +
			"it is renewed only by a newer image in that COPY. " +
			"Where builders do not record what image that was, it is inferred from the files: a runtime, whole, at the place where a known repository's images have it. " +
			"It is silent about what a base copied, which comes with a newer base; about what was copied out of a build stage and may be the stage's own work; " +
			"and where neither the history, nor the files, nor a Dockerfile at hand tells an image. " +
			"It may be wrong where the COPY took the same files, at the same place, from a stage that had installed them or from the build context.",
		Run: func(r *report.Report) []report.Finding {
			var found []report.Finding
			for _, d := range r.Donors {
				if d.Ancestor != 0 || d.Indirect || d.Stage != "" && d.Version == "" {
					continue
				}
				f := r.AtAncestor(0)
				if len(d.Steps) > 0 {
					f = r.AtStep(d.Steps[0])
				}
				sure := ""
				if d.Confidence <= ancestry.Inferred {
					sure = " (inferred)"
				}
				f.Subject, f.Items = d.String(), d.Paths
				f.Message = fmt.Sprintf("nothing patches the files that were copied from the image %s%s: no package database lists them", d, sure)
				if d.Version != "" {
					f.Message = fmt.Sprintf("nothing patches %s: it was copied from the image %s%s, and no package database lists it", d.Software(), d, sure)
				}
				f.Remedy = fmt.Sprintf("keep the image of COPY --from current (%s): raise its tag or digest, and build again", d.Name.Repository)
				f.By = report.OwnSteps
				found = append(found, f)
			}
			return found
		},
	}
}
