package markdown

import (
	"fmt"
	"strings"
	"time"

	"github.com/stemma-go/stemma/report/diff"
	"github.com/stemma-go/stemma/report/internal/words"
)

// changes writes what differs: in a few lines what matters, and lists to unfold.
func (p *page) changes(d *diff.Diff, share int) {
	part := share / 4
	var say []string
	for _, s := range []string{lossSummary(d), ancestorSummary(d), bytesSummary(d), packageSummary(d), findingSummary(d), vulnerabilitySummary(d)} {
		if s != "" {
			say = append(say, "- "+s)
		}
	}
	for _, s := range d.NotKnown {
		say = append(say, "- Not known: "+s+".")
	}
	p.list(nil, say, "line", p.room)
	p.losses(d, part)
	var rows []string
	for _, a := range d.Ancestors {
		if a.Change != diff.Kept {
			rows = append(rows, row(ancestorChange(a.Change), sideOf(a.Old), sideOf(a.New)))
		}
	}
	p.list(columns("ancestor", "before", "now"), rows, "ancestor", part)
	p.findingChanges(d, part)
	p.vulnerabilityChanges(d, part)
	rows = nil
	for _, pk := range d.Packages {
		what := map[diff.Change]string{diff.Other: "other version", diff.Moved: "other ancestor"}[pk.Change]
		if what == "" {
			what = string(pk.Change)
		}
		if pk.Moved && pk.Change != diff.Moved {
			what += ", other ancestor"
		}
		rows = append(rows, row(what, name(pk.Name), versions(pk.Old), versions(pk.New)))
	}
	p.fold(plural(len(rows), "package")+" that differ", columns("change", "package", "before", "now"), rows, "package", part)
}

// lossSummary says whether programs would miss something.
func lossSummary(d *diff.Diff) string {
	on := ""
	if d.Base {
		on = " on this image as their base"
	}
	switch {
	case !d.LossesKnown:
		return ""
	case len(d.Losses) == 0:
		return "The program's own files find all that they need" + on + "."
	}
	return fmt.Sprintf("**%s** that the program's own files need would be missing%s.", plural(len(d.Losses), "thing"), on)
}

// losses writes what programs would miss.
func (p *page) losses(d *diff.Diff, share int) {
	var rows []string
	for _, l := range d.Losses {
		rows = append(rows, "- "+text(words.Capital(diff.LossText(l))))
	}
	p.list(nil, rows, "thing that would be missing", share)
}

func ancestorChange(c diff.Change) string {
	if c == diff.Moved {
		return "moved on"
	}
	return string(c)
}

func ancestorSummary(d *diff.Diff) string {
	n := map[diff.Change]int{}
	for _, a := range d.Ancestors {
		n[a.Change]++
	}
	if n[diff.Kept] == len(d.Ancestors) {
		return "Ancestors: all the same."
	}
	return "Ancestors: " + tally(n, diff.Kept, diff.Moved, diff.Replaced, diff.Added, diff.Removed) + "."
}

// tally writes counts by change, leaving out those of none.
func tally(n map[diff.Change]int, changes ...diff.Change) string {
	words := map[diff.Change]string{diff.Moved: "moved on", diff.Up: "went up", diff.Down: "went down", diff.Other: "of another version"}
	var say []string
	for _, c := range changes {
		word := words[c]
		if word == "" {
			word = string(c)
		}
		if n[c] > 0 {
			say = append(say, fmt.Sprintf("%d %s", n[c], word))
		}
	}
	return strings.Join(say, ", ")
}

func bytesSummary(d *diff.Diff) string {
	if !d.Old.LayersRead || !d.New.LayersRead {
		return ""
	}
	without := ""
	if d.Base {
		without = ", without the program's own layers"
	}
	return fmt.Sprintf("Stored%s: %s → %s (%s). In files: %s → %s (%s).", without, words.Bytes(d.Old.Size), words.Bytes(d.New.Size), delta(d.Old.Size, d.New.Size),
		words.Bytes(d.Old.Content), words.Bytes(d.New.Content), delta(d.Old.Content, d.New.Content))
}

// delta says by how much a number of bytes grew or shrank.
func delta(old, new int64) string {
	switch {
	case new > old:
		return "+" + words.Bytes(new-old)
	case new < old:
		return "−" + words.Bytes(old-new)
	}
	return "the same"
}

func packageSummary(d *diff.Diff) string {
	if !d.Old.PackagesKnown || !d.New.PackagesKnown {
		return ""
	}
	n := map[diff.Change]int{}
	for _, p := range d.Packages {
		n[p.Change]++
	}
	say := fmt.Sprintf("Packages: %d → %d", d.Old.Packages, d.New.Packages)
	if len(d.Packages) == 0 {
		return say + ", all the same."
	}
	s := tally(n, diff.Added, diff.Removed, diff.Up, diff.Down, diff.Other)
	if n[diff.Moved] > 0 {
		if s != "" {
			s += ", "
		}
		s += fmt.Sprintf("%d brought by another ancestor", n[diff.Moved])
	}
	return say + ": " + s + "."
}

func findingSummary(d *diff.Diff) string {
	n := map[diff.Change]int{}
	for _, f := range d.Findings {
		n[f.Change]++
	}
	if len(d.Findings) == 0 {
		return "Findings: none is new, and none is gone."
	}
	s := fmt.Sprintf("Findings: **%d new**, %d gone", n[diff.Added], n[diff.Removed])
	if n[diff.Other] > 0 {
		s += fmt.Sprintf(", %d of another severity", n[diff.Other])
	}
	return s + "."
}

// findingChanges writes the findings that are new, and folded those that are gone.
func (p *page) findingChanges(d *diff.Diff, share int) {
	var come, gone []string
	for _, f := range d.Findings {
		severity := f.Severity.String()
		if f.Change == diff.Other {
			severity += ", was " + f.Was.String()
		}
		r := row(severity, name(f.Rule), text(words.Capital(f.Message)), nameOf(f.Ancestor))
		if f.Change == diff.Removed {
			gone = append(gone, r)
		} else {
			come = append(come, r)
		}
	}
	p.fold(plural(len(come), "finding")+" new or of another severity", columns("severity", "rule", "what was found", "from"), come, "finding", share)
	p.fold(plural(len(gone), "finding")+" gone", columns("severity", "rule", "what was found", "from"), gone, "finding", share)
}

func vulnerabilitySummary(d *diff.Diff) string {
	n := map[diff.Change]int{}
	for _, v := range d.Vulnerabilities {
		n[v.Change]++
	}
	switch {
	case !d.VulnerabilitiesKnown:
		return ""
	case len(d.Vulnerabilities) == 0:
		return "Vulnerabilities: none is gained, and none is lost."
	}
	s := fmt.Sprintf("Vulnerabilities: **%d gained**, %d lost", n[diff.Added], n[diff.Removed])
	if n[diff.Other] > 0 {
		s += fmt.Sprintf(", %d rated otherwise", n[diff.Other])
	}
	return s + "."
}

// vulnerabilityChanges writes, folded, the vulnerabilities that are gained, and those that are lost.
func (p *page) vulnerabilityChanges(d *diff.Diff, share int) {
	var gained, lost []string
	for _, v := range d.Vulnerabilities {
		rating := v.Rating.String()
		if v.Change == diff.Other {
			rating += ", was " + v.Was.String()
		}
		r := row(rating, name(v.ID), name(v.Package+" "+v.Version), nameOf(v.Ancestor))
		if v.Change == diff.Removed {
			lost = append(lost, r)
		} else {
			gained = append(gained, r)
		}
	}
	head := columns("rating", "vulnerability", "package", "from")
	p.fold(plural(len(gained), "vulnerability")+" gained or rated otherwise", head, gained, "vulnerability", share)
	p.fold(plural(len(lost), "vulnerability")+" lost", head, lost, "vulnerability", share)
}

func nameOf(ancestor string) string {
	if ancestor == "" || ancestor == "this image" {
		return ancestor
	}
	return name(ancestor)
}

// sideOf says which image an ancestor was, and from when.
func sideOf(s *diff.Side) string {
	if s == nil {
		return ""
	}
	say := s.Name
	if s.Known {
		say = name(s.Name)
	}
	if !s.Built.IsZero() {
		say += ", built " + s.Built.UTC().Format(time.DateOnly)
	}
	return say
}

// versions writes the packages of one side.
func versions(list []diff.Version) string {
	const most = 4
	var say []string
	several := len(list) > 1
	for i, v := range list {
		if i == most {
			say = append(say, fmt.Sprintf("%d more", len(list)-i))
			break
		}
		s := v.Version
		if several {
			s = v.Name + " " + s
		}
		say = append(say, name(s))
	}
	return strings.Join(say, ", ")
}
