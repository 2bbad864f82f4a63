package html

import (
	"strconv"
	"strings"
	"time"

	"github.com/stemma-go/stemma/packages"
	"github.com/stemma-go/stemma/report"
)

// vulnerabilities are what scanners found.
type vulnerabilities struct {
	Heads    []string
	Rows     []vulnerabilityRow // of the table: the ancestors, those without one, and all
	Packages list[vulnerable]
	Menders  []choice
	Notes    []string // what the numbers rest on
}

// A vulnerabilityRow is an ancestor in the table.
type vulnerabilityRow struct {
	Name, Class string
	Cells       []string
}

// A vulnerable is a package that has vulnerabilities.
type vulnerable struct {
	Name, Version, Notes            string
	Counts                          []severityCount
	Fixable                         string
	Ancestor, Tint, By              string
	AncestorValue, Level, MenderKey string // by which it is filtered
	Fix                             string // "1" if one of them has a fix
	Each                            list[vulnerability]
}

// A vulnerability is one of a package's.
type vulnerability struct{ ID, Class, Rating, Says string }

// newVulnerabilities is nil if no scanner's report was read.
func newVulnerabilities(r *report.Report) *vulnerabilities {
	v := r.Vulnerabilities
	if v == nil {
		return nil
	}
	all := v.Count(nil)
	out := &vulnerabilities{Heads: []string{}, Notes: scanNotes(v, all)}
	for rating := report.Critical; rating >= report.Unrated; rating-- {
		out.Heads = append(out.Heads, rating.String())
	}
	out.Heads = append(out.Heads, "all", "fixable", "excused")
	add := func(name, class string, c report.VulnerabilityCounts) {
		row := vulnerabilityRow{Name: name, Class: class}
		for rating := report.Critical; rating >= report.Unrated; rating-- {
			row.Cells = append(row.Cells, number(c.Ratings[rating]))
		}
		row.Cells = append(row.Cells, number(c.Ratings.Total()), number(c.Fixable), number(c.Excused))
		out.Rows = append(out.Rows, row)
	}
	var groups []vulnerable
	for i := range r.Ancestors {
		add(title(r, i), colour(i), v.Of(i))
		groups = append(groups, newVulnerables(r, i)...)
	}
	if c := v.Of(-1); c.Ratings.Total()+c.Excused > 0 {
		add("ancestor not known", colour(-1), c)
		groups = append(groups, newVulnerables(r, -1)...)
	}
	add("all", "", all)
	out.Packages = first(groups, mostPackages, func(_ int, g vulnerable) vulnerable { return g })
	if p := r.Patches; p != nil {
		for _, a := range p.Acts {
			out.Notes = append(out.Notes, actNote(p, a))
		}
	}
	seen := map[report.Mender]bool{}
	for i := range v.List {
		seen[v.List[i].By()] = true
	}
	for _, m := range []report.Mender{report.OwnSteps, report.OtherBase} {
		if seen[m] {
			out.Menders = append(out.Menders, choice{menderKey(m), m.String()})
		}
	}
	return out
}

// actNote says what an act brings: "rebuild on a current python:3.8: brings 47 of 61 fixes".
func actNote(p *report.Patches, a report.Act) string {
	var facts []string
	if n := len(a.Releases); n > 0 && a.By == report.Publisher {
		facts = append(facts, "holds "+number(n))
	} else if n > 0 {
		facts = append(facts, "brings "+number(n))
	}
	if n := len(a.Perhaps); n > 0 {
		facts = append(facts, "may bring "+number(n))
	}
	return show(a.Do) + ": " + strings.Join(facts, ", ") + " of " + number(p.Fixable) + " fixes"
}

// newVulnerables are the packages of an ancestor.
func newVulnerables(r *report.Report, ancestor int) []vulnerable {
	var all []vulnerable
	for _, g := range r.Vulnerabilities.ByPackage(ancestor) {
		w := &r.Vulnerabilities.List[g.Vulnerabilities[0]]
		out := vulnerable{Name: brief(w.Name), Version: brief(w.Version), Counts: ratingCounts(g.Counts), Tint: colour(ancestor), AncestorValue: strconv.Itoa(ancestor),
			Level: strconv.Itoa(int(w.Rating)), By: w.By().String(), MenderKey: menderKey(w.By()), Fix: "0"}
		if ancestor >= 0 {
			out.Ancestor = title(r, ancestor)
		}
		if g.Counts.Fixable > 0 {
			out.Fix, out.Fixable = "1", number(g.Counts.Fixable)+" fixable"
		}
		var notes []string
		if w.State != "" && w.State != packages.Present {
			notes = append(notes, "the package is "+string(w.State))
		}
		if w.Why != "" {
			notes = append(notes, show(w.Why))
		}
		switch w.Join {
		case report.JoinFile:
			notes = append(notes, "its layer is that of "+brief(w.Path))
		case report.JoinScanner:
			notes = append(notes, "its layer is the scanner's word")
		}
		out.Notes = strings.Join(notes, "; ")
		out.Each = first(g.Vulnerabilities, mostItems, func(_, j int) vulnerability { return newVulnerability(r, j) })
		all = append(all, out)
	}
	return all
}

func newVulnerability(r *report.Report, i int) vulnerability {
	v := &r.Vulnerabilities.List[i]
	out := vulnerability{ID: brief(v.ID), Class: ratingClass(v.Rating), Rating: v.Rating.String()}
	var says []string
	if v.Title != "" {
		says = append(says, show(v.Title))
	}
	if v.Fixable() {
		says = append(says, "fixed in "+brief(strings.Join(v.Fixed, " or ")))
	} else if v.Status != report.FixNotKnown {
		says = append(says, "fix: "+brief(strings.ReplaceAll(string(v.Status), "_", " ")))
	}
	if e := v.Excuse; e != nil {
		out.Class, out.Rating = "note", "excused, "+out.Rating
		for _, s := range []string{e.Status, e.Justification, e.Says} {
			if s != "" {
				says = append(says, show(strings.ReplaceAll(s, "_", " ")))
			}
		}
		says = append(says, "says "+brief(e.By+" ("+e.File+")"))
	}
	if len(v.Aliases) > 0 {
		says = append(says, "also "+brief(strings.Join(v.Aliases, ", ")))
	}
	if p := r.Patches; p != nil && i < len(p.Traces) && v.Excuse == nil && v.Fixable() {
		says = append(says, p.Traces[i].State.Says()+": "+brief(p.Traces[i].Why))
	}
	out.Says = strings.Join(says, "; ")
	return out
}

// ratingCounts are the counts that are not 0.
func ratingCounts(c report.VulnerabilityCounts) []severityCount {
	var all []severityCount
	for rating := report.Critical; rating >= report.Unrated; rating-- {
		if n := c.Ratings[rating]; n > 0 {
			all = append(all, severityCount{ratingClass(rating), number(n) + " " + rating.String(), n})
		}
	}
	if c.Excused > 0 {
		all = append(all, severityCount{"note", number(c.Excused) + " excused", c.Excused})
	}
	return all
}

// ratingClass is the class of the findings that are as bad.
func ratingClass(r report.Rating) string {
	switch {
	case r >= report.High:
		return "serious"
	case r == report.Medium:
		return "warning"
	}
	return "note"
}

// scanNotes say what the numbers rest on.
func scanNotes(v *report.Vulnerabilities, all report.VulnerabilityCounts) []string {
	var notes []string
	if all.Absent > 0 {
		notes = append(notes, number(all.Absent)+" of these are in packages that a later layer removed or replaced: shipped, but not visible.")
	}
	if all.Hidden > 0 {
		notes = append(notes, number(all.Hidden)+" of these are in packages whose database was deleted: their files may be there.")
	}
	for _, s := range v.Scans {
		say := brief(strings.TrimSpace(s.Scanner+" "+s.Version)) + " (" + brief(s.File) + ")"
		if !s.Made.IsZero() {
			say += ", " + s.Made.UTC().Format(time.DateOnly)
		}
		say += ": " + count(s.Findings, "finding", "findings")
		if s.Suppressed > 0 {
			say += ", " + number(s.Suppressed) + " more that it leaves out"
		}
		if s.Again > 0 {
			say += ", " + number(s.Again) + " of them the same as others"
		}
		switch {
		case s.Other != "":
			say += ". It is of another image: " + show(s.Other)
		case s.Same == "":
			say += ". Whether it is of this image is not known: it says nothing that could be compared"
		}
		notes = append(notes, say+".")
	}
	for _, x := range v.Exceptions {
		author := x.Author
		if author == "" {
			author = "an unknown author"
		}
		notes = append(notes, "VEX of "+brief(author)+" ("+brief(x.File)+"): "+count(x.Statements, "statement", "statements")+", "+number(x.Used)+" about this image.")
	}
	return notes
}
