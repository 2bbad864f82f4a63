package rules

import (
	"fmt"
	"slices"
	"time"

	"github.com/dustin/go-humanize/english"

	"github.com/stemma-go/stemma/ancestry"
	"github.com/stemma-go/stemma/report"
)

// The three rules of this file look at where an ancestor stands among the images of
// its tags. A catalogue that follows tags tells it, and says as of which day.

// Abandoned returns the rule "abandoned", about ancestors of which no tag is built
// any more.
func Abandoned() report.Rule {
	return report.Rule{
		Name:     "abandoned",
		Severity: report.Warning,
		Doc: "An ancestor of which no tag is built any more. " +
			"It gets no fixes, whatever is pulled or rebuilt. " +
			"It is silent about ancestors that no catalogue of tags and days names, and where the tags that it had are not known, which the rule unknown tells. " +
			"It may be wrong where its publisher goes on in another repository.",
		Run: func(r *report.Report) []report.Finding {
			var found []report.Finding
			for i, a := range r.Ancestors {
				s := a.Standing
				if s == nil || s.Abandoned.IsZero() {
					continue
				}
				f := r.AtAncestor(i)
				f.Severity = report.Warning
				f.Subject = a.String()
				f.Message = fmt.Sprintf("%s gets no more fixes: none of its tags is built any more since %s (as of %s)", a,
					s.Abandoned.Format(time.DateOnly), s.AsOf.Format(time.DateOnly))
				f.By = report.OtherBase
				f.Remedy = report.MoveOn(a.Repository)
				if i > 1 && (r.Ancestors[1].Standing == nil || !r.Ancestors[1].Standing.Gone()) {
					f.Remedy = "move to a base that stands on something still built"
				} else if i > 1 {
					f.Remedy = report.MoveOn(r.Ancestors[1].Repository)
				}
				found = append(found, f)
			}
			return found
		},
	}
}

// Superseded returns the rule "superseded", about ancestors whose tag points to a
// newer image.
func Superseded() report.Rule {
	return report.Rule{
		Name:     "superseded",
		Severity: report.Note,
		Doc: "An ancestor of which a newer build is published under the same tag. " +
			"A build on that tag today gets the newer one, with the fixes that this one lacks. " +
			"It is silent about ancestors that no catalogue of tags and days names, that are newer than the catalogue, or that are abandoned. " +
			"It may be wrong where the image stands on an old one on purpose.",
		Run: func(r *report.Report) []report.Finding {
			var found []report.Finding
			for i, a := range r.Ancestors {
				s := a.Standing
				if s == nil || s.Superseded == nil || !s.Abandoned.IsZero() {
					continue
				}
				n := s.Superseded
				f := r.AtAncestor(i)
				f.Subject = a.String()
				f.Message = fmt.Sprintf("%s is out of date: %s", a, builtAnew(n, s.AsOf))
				switch {
				case i > 0:
					renew(&f, r, i)
				case n.Now == "":
					f.By, f.Remedy = report.OtherBase, report.MoveOn(n.Name.Repository)
				default:
					f.By, f.Remedy = report.OtherBase, fmt.Sprintf("pull %s, or build it again", n.Name)
				}
				found = append(found, f)
			}
			return found
		},
	}
}

// Lagging returns the rule "lagging", about ancestors that were not rebuilt since
// their parent was.
func Lagging() report.Rule {
	return report.Rule{
		Name:     "lagging",
		Severity: report.Note,
		Doc: "An ancestor that was not rebuilt since a newer build of its base was published. " +
			"A rebuild alone, without a change, would bring the parent's fixes. " +
			"It is silent where no catalogue of tags and days names the ancestor or its parent, and where the day of the build is not known. " +
			"It may be wrong where the newer parent changed nothing that matters here.",
		Run: func(r *report.Report) []report.Finding {
			var found []report.Finding
			for i := 0; i+1 < len(r.Ancestors); i++ {
				s, asOf := parentWentOn(r, i)
				if s == nil {
					continue
				}
				f := r.AtAncestor(i)
				f.Subject = s.Name.String()
				f.Message = fmt.Sprintf("%s, built on %s, stands on an old base: %s", r.NameOf(i), r.Ancestors[i].Created.Format(time.DateOnly), builtAnew(s, asOf))
				renew(&f, r, i+1)
				found = append(found, f)
			}
			return found
		},
	}
}

// parentWentOn returns what took the tag of an ancestor's parent after the ancestor
// was built. Where no catalogue knows the ancestor itself, its parent's standing
// tells.
func parentWentOn(r *report.Report, i int) (*ancestry.Succession, time.Time) {
	a, p := r.Ancestors[i], r.Ancestors[i+1]
	built, why := r.Built(i)
	if a.Standing != nil && why == "" {
		return a.Standing.Lagging, a.Standing.AsOf
	}
	if a.Standing != nil || p.Standing == nil || p.Standing.Superseded == nil || why != "" || !p.Standing.Superseded.On.After(built) {
		return nil, time.Time{}
	}
	return p.Standing.Superseded, p.Standing.AsOf
}

// builtAnew says what became of a tag since.
func builtAnew(s *ancestry.Succession, asOf time.Time) string {
	as := func(tag string) string {
		if slices.Contains(s.Name.Tags, tag) { // says nothing new
			return ""
		}
		return " as " + tag
	}
	text := fmt.Sprintf("%s was built anew on %s%s", s.Name, s.On.Format(time.DateOnly), as(s.First))
	if s.Times > 1 {
		text = fmt.Sprintf("%s was built anew %s since %s", s.Name, english.Plural(s.Times, "time", ""), s.On.Format(time.DateOnly))
		if s.Now != "" && as(s.Now) != "" {
			text += ", now" + as(s.Now)
		}
	}
	if !s.Until.IsZero() {
		text += fmt.Sprintf(", and not after %s", s.Until.Format(time.DateOnly))
	}
	return text + fmt.Sprintf(" (as of %s)", asOf.Format(time.DateOnly))
}
