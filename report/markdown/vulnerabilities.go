package markdown

import (
	"fmt"
	"strings"
	"time"

	"github.com/dustin/go-humanize"
	"github.com/dustin/go-humanize/english"

	"github.com/stemma-go/stemma/packages"
	"github.com/stemma-go/stemma/report"
)

// vulnerabilities writes what scanners found: an ancestor a row, and what the numbers rest on.
func (p *page) vulnerabilities(r *report.Report, share int) {
	v := r.Vulnerabilities
	if v == nil {
		return
	}
	p.para("#### Vulnerabilities")
	all := v.Count(nil)
	heads := []string{"image"}
	for rating := report.Critical; rating >= report.Unrated; rating-- {
		heads = append(heads, " "+rating.String())
	}
	heads = append(heads, " all", " fixable", " excused")
	var rows []string
	for i := range r.Ancestors {
		rows = append(rows, row(append([]string{title(r, i)}, ratingCells(v.Of(i))...)...))
	}
	if c := v.Of(-1); c.Ratings.Total()+c.Excused > 0 {
		rows = append(rows, row(append([]string{"ancestor not known"}, ratingCells(c)...)...))
	}
	rows = append(rows, row(append([]string{"**all**"}, ratingCells(all)...)...))
	p.list(columns(heads...), rows, "ancestor", share)
	p.list(nil, scanNotes(v, all), "line", share)
}

func ratingCells(c report.VulnerabilityCounts) []string {
	number := func(n int) string { return humanize.Comma(int64(n)) }
	var cells []string
	for rating := report.Critical; rating >= report.Unrated; rating-- {
		cells = append(cells, number(c.Ratings[rating]))
	}
	return append(cells, number(c.Ratings.Total()), number(c.Fixable), number(c.Excused))
}

// scanNotes say what the numbers rest on.
func scanNotes(v *report.Vulnerabilities, all report.VulnerabilityCounts) []string {
	var notes []string
	note := func(format string, args ...any) { notes = append(notes, "- "+fmt.Sprintf(format, args...)) }
	if all.Absent > 0 {
		note("%s of these in packages that a later layer removed or replaced: shipped, but not visible.", humanize.Comma(int64(all.Absent)))
	}
	if all.Hidden > 0 {
		note("%s of these in packages whose database was deleted: their files may be there.", humanize.Comma(int64(all.Hidden)))
	}
	for _, s := range v.Scans {
		say := text(strings.TrimSpace(s.Scanner+" "+s.Version)) + " (" + name(s.File) + ")"
		if !s.Made.IsZero() {
			say += ", " + s.Made.UTC().Format(time.DateOnly)
		}
		say += ": " + plural(s.Findings, "finding")
		if s.Suppressed > 0 {
			say += fmt.Sprintf(", %d more that it leaves out", s.Suppressed)
		}
		if s.Again > 0 {
			say += fmt.Sprintf(", %d of them the same as others", s.Again)
		}
		switch {
		case s.Other != "":
			say += ". **Of another image:** " + text(s.Other)
		case s.Same == "":
			say += ". Whether it is of this image is not known"
		}
		note("%s.", say)
	}
	for _, x := range v.Exceptions {
		author := x.Author
		if author == "" {
			author = "an unknown author"
		}
		note("VEX of %s (%s): %s, %d about this image.", text(author), name(x.File), plural(x.Statements, "statement"), x.Used)
	}
	return notes
}

// vulnerablePackages lists the packages, folded: those of the youngest ancestor first.
func (p *page) vulnerablePackages(r *report.Report) {
	v := r.Vulnerabilities
	if v == nil {
		return
	}
	var rows, excused []string
	for i := range r.Ancestors {
		rows = append(rows, vulnerableRows(r, i)...)
	}
	rows = append(rows, vulnerableRows(r, -1)...)
	for i := range v.List {
		w := &v.List[i]
		if e := w.Excuse; e != nil {
			var why []string
			for _, s := range []string{e.Status, e.Justification, e.Says} {
				if s != "" {
					why = append(why, strings.ReplaceAll(s, "_", " "))
				}
			}
			excused = append(excused, row(name(w.ID), name(strings.TrimSpace(w.Name+" "+w.Version)), text(strings.Join(why, "; ")), text(e.By), name(e.File)))
		}
	}
	p.fold(plural(len(rows), "package")+" with vulnerabilities", columns("package", "from", "vulnerabilities", "fixed in", "note"), rows, "package", p.room/2)
	p.fold(english.Plural(len(excused), "excused vulnerability", "excused vulnerabilities"), columns("vulnerability", "package", "why", "who says so", "where"), excused, "excused one", p.room/2)
}

// mostIDs is how many identifiers are listed of one package.
const mostIDs = 8

func vulnerableRows(r *report.Report, ancestor int) []string {
	v := r.Vulnerabilities
	from := "not known"
	switch {
	case ancestor == 0:
		from = "this image"
	case ancestor > 0:
		from = name(r.NameOf(ancestor))
	}
	var rows []string
	for _, g := range v.ByPackage(ancestor) {
		w := &v.List[g.Vulnerabilities[0]]
		var ids, fixed []string
		for _, j := range g.Vulnerabilities {
			if v.List[j].Excuse != nil {
				continue
			}
			ids = append(ids, name(v.List[j].ID)+" "+v.List[j].Rating.String())
			for _, s := range v.List[j].Fixed {
				if s = name(s); len(fixed) < 3 && (len(fixed) == 0 || fixed[len(fixed)-1] != s) {
					fixed = append(fixed, s)
				}
			}
		}
		if ids == nil {
			continue
		}
		if n := len(ids) - mostIDs; n > 1 {
			ids = append(ids[:mostIDs], humanize.Comma(int64(n))+" more")
		}
		note := ""
		switch {
		case w.Why != "":
			note = text(w.Why)
		case w.State != "" && w.State != packages.Present:
			note = "the package is " + string(w.State)
		case w.Join == report.JoinScanner:
			note = "its layer is the scanner's word"
		}
		rows = append(rows, row(name(strings.TrimSpace(w.Name+" "+w.Version)), from, strings.Join(ids, ", "), strings.Join(fixed, ", "), note))
	}
	return rows
}
