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
// its tags. A catalogue that follows tags tells it, and says as of which day; so does its
// registry, if that was asked (live.go).

// Abandoned returns the rule "abandoned", about ancestors of which no tag is built
// any more.
func Abandoned() report.Rule {
	return report.Rule{
		Name:     "abandoned",
		Severity: report.Warning,
		Doc: "An ancestor of which no tag is built any more. " +
			"It gets no fixes, whatever is pulled or rebuilt. " +
			"If registries were asked, a tag that is gone is told here, too. " +
			"It is silent about ancestors that no catalogue of tags and days names, and where the tags that it had are not known, which the rule unknown tells. " +
			"It may be wrong where its publisher goes on in another repository.",
		Run: func(r *report.Report) []report.Finding {
			var found []report.Finding
			for i, a := range r.Ancestors {
				s := a.Standing
				if s == nil || s.Abandoned.IsZero() {
					found = append(found, tagGone(r, i)...)
					continue
				}
				f := r.AtAncestor(i)
				f.Severity = report.Warning
				f.Subject = a.String()
				f.Message = fmt.Sprintf("%s gets no more fixes: none of its tags is built any more since %s (as of %s)", a,
					s.Abandoned.Format(time.DateOnly), s.AsOf.Format(time.DateOnly))
				f.By = report.OtherBase
				f.Remedy = moveOff(r, i)
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
			"It is silent about ancestors that no catalogue of tags and days names and whose registry was not asked, that are newer than the catalogue, or that are abandoned. " +
			"It may be wrong where the image stands on an old one on purpose.",
		Run: func(r *report.Report) []report.Finding {
			var found []report.Finding
			for i, a := range r.Ancestors {
				n, asOf := wentOn(r, i)
				if n == nil {
					found = append(found, tagMoved(r, i)...)
					continue
				}
				f := r.AtAncestor(i)
				f.Subject = a.String()
				f.Message = fmt.Sprintf("%s is out of date: %s", a, rebuilt(n, asOf))
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
			"It is silent where no catalogue of tags and days names the ancestor or its parent and no registry was asked, and where the day of the build is not known. " +
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
				f.Message = fmt.Sprintf("%s, built on %s, stands on an old base: %s", r.NameOf(i), r.Ancestors[i].Created.Format(time.DateOnly), rebuilt(s, asOf))
				renew(&f, r, i+1)
				found = append(found, f)
			}
			return found
		},
	}
}

// parentWentOn returns what took the tag of an ancestor's parent after the ancestor
// was built. Where no catalogue knows the ancestor itself, its parent's standing
// tells, or the registry that has the parent's tag.
func parentWentOn(r *report.Report, i int) (*ancestry.Succession, time.Time) {
	a, p := r.Ancestors[i], r.Ancestors[i+1]
	built, why := r.Built(i)
	after := func(s *ancestry.Succession) bool { return s != nil && why == "" && s.On.After(built) }
	switch s, asOf := moved(r, i+1); {
	case a.Standing != nil && a.Standing.Lagging != nil && why == "":
		return a.Standing.Lagging, a.Standing.AsOf
	case a.Standing == nil && p.Standing != nil && after(p.Standing.Superseded):
		return p.Standing.Superseded, p.Standing.AsOf
	case (p.Standing == nil || p.Standing.Superseded == nil) && after(s):
		return s, asOf
	}
	return nil, time.Time{}
}

// wentOn returns what took the tag of an ancestor that is not abandoned, as a catalogue knows
// it, or else as a registry says; nil if nothing did.
func wentOn(r *report.Report, i int) (*ancestry.Succession, time.Time) {
	s := r.Ancestors[i].Standing
	switch {
	case s != nil && !s.Abandoned.IsZero():
		return nil, time.Time{}
	case s != nil && s.Superseded != nil:
		return s.Superseded, s.AsOf
	}
	return moved(r, i)
}

// moveOff is the remedy where the tag of an ancestor is built no more.
func moveOff(r *report.Report, i int) string {
	switch {
	case i <= 1:
		return report.MoveOn(r.Ancestors[i].Repository)
	case r.Ancestors[1].Standing == nil || !r.Ancestors[1].Standing.Gone():
		return "move to a base that stands on something still built"
	}
	return report.MoveOn(r.Ancestors[1].Repository)
}

// rebuilt says what became of a tag since.
func rebuilt(s *ancestry.Succession, asOf time.Time) string {
	as := func(tag string) string {
		if slices.Contains(s.Name.Tags, tag) { // says nothing new
			return ""
		}
		return " as " + tag
	}
	text := fmt.Sprintf("%s was rebuilt on %s%s", s.Name, s.On.Format(time.DateOnly), as(s.First))
	if s.Times > 1 {
		text = fmt.Sprintf("%s was rebuilt %s since %s", s.Name, english.Plural(s.Times, "time", ""), s.On.Format(time.DateOnly))
		if s.Now != "" && as(s.Now) != "" {
			text += ", now" + as(s.Now)
		}
	}
	if !s.Until.IsZero() {
		text += fmt.Sprintf(", and not after %s", s.Until.Format(time.DateOnly))
	}
	return text + fmt.Sprintf(" (as of %s)", asOf.Format(time.DateOnly))
}
