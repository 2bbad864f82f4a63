package rules

import (
	"fmt"
	"slices"
	"strings"

	"github.com/stemma-go/stemma/ancestry"
	"github.com/stemma-go/stemma/report"
)

// Latest returns the rule "latest", about the tag that says nothing.
func Latest() report.Rule {
	return report.Rule{
		Name:     "latest",
		Severity: report.Warning,
		Doc: "A base by the tag latest or by none, or (a note) an image that is asked for so. " +
			"The tag goes on to a new major version without a word: the next build stands on something else, and nobody can tell on what this one does. " +
			"It is silent where a digest goes with the tag, and where nothing records how the Dockerfile names its base. " +
			"It may be wrong where a publisher has no other tag.",
		Run: func(r *report.Report) []report.Finding {
			var found []report.Finding
			if f, name, ok := baseFinding(r); ok && name.Digest.Hex == "" && isLatest(name) {
				f.Severity = report.Warning
				f.Message = fmt.Sprintf("stands on %s by %s, which is another image every time that one is published (%s)", name.Repository, latestOrNone(name), f.Message)
				f.Remedy = "name the version in FROM, and its digest: " + name.Repository + ":VERSION@sha256:…"
				found = append(found, f)
			}
			if name, ok := ancestry.ParseName(r.Reference); ok && name.Digest.Hex == "" && slices.Equal(name.Tags, []string{"latest"}) && len(r.Ancestors) > 0 {
				f := r.AtAncestor(0)
				f.Severity, f.Subject = report.Note, name.String()
				f.Message = fmt.Sprintf("is asked for as %s: whoever pulls that name tomorrow may get another image", name)
				f.Remedy = "give it a tag that says its version, and use that or the digest"
				found = append(found, f)
			}
			return found
		},
	}
}

// MovingBase returns the rule "moving-base", about a base that the next build may not
// find again.
func MovingBase() report.Rule {
	return report.Rule{
		Name:     "moving-base",
		Severity: report.Note,
		Doc: "A base by a tag without a digest: the next build may stand on another image. " +
			"A build that is repeated gives something else, and what was tested is not what is built. " +
			"How the Dockerfile names its base is read in annotations and labels, in the comments that Buildah leaves, in attested Dockerfiles, in those that a catalogue has, and in the one that is given for the image. " +
			"It is silent about the tag latest, which has a rule of its own, about images that only the builder's own machine has (localhost/…), about the bases of the base, and where nothing records the name. " +
			"It may be wrong where the build is given the digest by other means, or where it is meant to follow the tag for its fixes.",
		Run: func(r *report.Report) []report.Finding {
			f, name, ok := baseFinding(r)
			if !ok || name.Digest.Hex != "" || isLatest(name) || strings.HasPrefix(name.Repository, "localhost/") {
				return nil
			}
			f.Severity = report.Note
			f.Message = fmt.Sprintf("stands on %s by its tag alone, which can go on to another image (%s)", name, f.Message)
			f.Remedy = fmt.Sprintf("add the digest in FROM, %s@sha256:…, and let a bot renew it", name)
			return []report.Finding{f}
		},
	}
}

func isLatest(n ancestry.Name) bool { return len(n.Tags) == 0 || n.Tags[0] == "latest" }

func latestOrNone(n ancestry.Name) string {
	if len(n.Tags) == 0 {
		return "no tag"
	}
	return "the tag latest"
}

// baseFinding starts a finding about how the image's Dockerfile names its base. Its Message is
// where that was read. ok is false if nothing says it. A name with a digest counts before one without:
// annotations may leave it out.
func baseFinding(r *report.Report) (f report.Finding, name ancestry.Name, ok bool) {
	if len(r.Ancestors) < 2 {
		return f, name, false
	}
	base := r.Ancestors[1]
	f = r.AtAncestor(0)
	for _, e := range slices.Concat(base.Evidence, base.Against) {
		n, valid := ancestry.ParseName(e.Name)
		if !valid || e.Kind == ancestry.KindRecipe && !called(base, n) {
			continue
		}
		if pins := name.Digest.Hex == "" && n.Digest.Hex != "" && n.Repository == name.Repository; !ok || pins {
			f.Subject, f.Message, name, ok = strings.TrimSpace(n.String()), e.Where, n, true
		}
	}
	return f, name, ok
}

// called reports whether an ancestor is known by a name. The same steps stand in the
// Dockerfiles of several suites, so that their FROM may be another's.
func called(a report.Ancestor, n ancestry.Name) bool {
	return a.Repository == n.Repository && len(n.Tags) == 1 && slices.Contains(a.Tags, n.Tags[0])
}
