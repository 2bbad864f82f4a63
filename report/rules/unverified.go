package rules

import (
	"fmt"

	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/stemma-go/stemma/report"
)

// Unverified returns the rule "unverified", about layers whose bytes are not those
// that were promised.
func Unverified() report.Rule {
	return report.Rule{
		Name:     "unverified",
		Severity: report.Serious,
		Doc: "A layer that is not what the image claims, or that could not be read to its end. " +
			"Nothing that is said about such a layer can be relied on. " +
			"It is silent where the layers were not read at all. " +
			"It may be wrong where a tool changed a layer after the build and left the configuration as it was, and meant no harm.",
		Run: func(r *report.Report) []report.Finding {
			if r.Index == nil {
				return nil
			}
			var found []report.Finding
			for _, l := range r.Index.Layers {
				if l.Verified {
					continue
				}
				f := r.AtLayer(l.Index)
				f.Severity = report.Serious
				f.Subject = fmt.Sprintf("layer %d", l.Index)
				f.By = report.OtherBase // whose layer it is: another copy of it
				f.Remedy = "fetch or build the image again; if it stays so, do not run it"
				switch {
				case l.Partial || l.DiffID == (v1.Hash{}):
					f.Message = fmt.Sprintf("layer %d could not be read to its end, so nothing proves what it holds", l.Index)
				case l.Claimed == (v1.Hash{}):
					f.Message = fmt.Sprintf("layer %d cannot be verified: its diffID is %s, and the configuration claims none for it", l.Index, l.DiffID)
				case l.DiffID != l.Claimed:
					f.Message = fmt.Sprintf("layer %d is not what the configuration claims: its diffID is %s, not %s", l.Index, l.DiffID, l.Claimed)
				default:
					f.Message = fmt.Sprintf("layer %d is not what the manifest claims: the digest of its blob is %s", l.Index, l.Digest)
				}
				found = append(found, f)
			}
			return found
		},
	}
}
