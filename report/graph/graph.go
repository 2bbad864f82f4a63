package graph

import (
	"fmt"
	"io"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/dustin/go-humanize/english"

	"github.com/stemma-go/stemma/ancestry"
	"github.com/stemma-go/stemma/layers/printable"
	"github.com/stemma-go/stemma/report"
	"github.com/stemma-go/stemma/report/internal/words"
)

// Most is how many boxes are drawn. Mermaid refuses texts of more than 50,000 characters.
const Most = 50

// A box is what is drawn for an ancestor.
type box struct {
	lines []string // the name first; not yet escaped
	sure  bool     // the name rests on more than habits
}

// boxes returns what is drawn, the youngest first.
func boxes(r *report.Report) []box {
	var all []box
	left := len(r.Ancestors) - Most + 1 // and a box says so
	for i := range r.Ancestors {
		switch {
		case left > 1 && i == Most/2:
			all = append(all, box{lines: []string{fmt.Sprintf("%d more", left)}})
		case left > 1 && i > Most/2 && i < Most/2+left:
		default:
			all = append(all, boxOf(r, i))
		}
	}
	return all
}

func boxOf(r *report.Report, i int) box {
	a := r.Ancestors[i]
	facts := []string{a.Confidence.String(), "build date not known"}
	if a.Repository == "" {
		facts[0] = "name not known"
	}
	if t, _ := r.Built(i); !t.IsZero() {
		facts[1] = "built " + t.UTC().Format(time.DateOnly)
	}
	var has []string
	if r.Index != nil {
		has = append(has, words.Bytes(a.Size)+" stored")
	}
	if r.PackagesKnown() {
		has = append(has, english.Plural(a.Packages.Present, "package", ""))
	}
	b := box{lines: []string{title(r, i), strings.Join(facts, ", ")}, sure: a.Confidence > ancestry.Inferred}
	for _, line := range []string{strings.Join(has, ", "), live(r, i), donors(r, i), findings(r, i)} {
		if line != "" {
			b.lines = append(b.lines, line)
		}
	}
	return b
}

// live says what became of an ancestor's tag, if its registry was asked.
func live(r *report.Report, i int) string {
	var facts []string
	for _, brief := range words.InBrief(r.Ancestors[i].Live, r.AsOf) {
		facts = append(facts, clip(brief.Say))
	}
	return strings.Join(facts, ", ")
}

// donors says from which images an ancestor copied files.
func donors(r *report.Report, i int) string {
	var names []string
	for _, d := range r.Donors {
		if d.Ancestor == i && !d.Indirect {
			names = append(names, clip(d.String()))
		}
	}
	if len(names) > mostDonors {
		names = append(names[:mostDonors], fmt.Sprintf("%d more", len(names)-mostDonors))
	}
	if names == nil {
		return ""
	}
	return "files from " + english.WordSeries(names, "and")
}

const mostDonors = 3

// title names an ancestor, or says what it is.
func title(r *report.Report, i int) string {
	a := r.Ancestors[i]
	switch {
	case a.Repository != "":
		return clip(a.String())
	case i == 0 && r.Reference != "":
		return clip(r.Reference)
	case a.Distro.PrettyName != "" && i > 0:
		return clip("unknown, " + a.Distro.PrettyName)
	}
	return r.NameOf(i)
}

// findings says how many findings of each severity an ancestor has.
func findings(r *report.Report, i int) string {
	var n [report.Serious + 1]int
	for _, f := range r.Findings {
		if f.Ancestor == i && f.Severity >= 0 && f.Severity <= report.Serious {
			n[f.Severity]++
		}
	}
	var say []string
	if n[report.Serious] > 0 {
		say = append(say, fmt.Sprintf("%d serious", n[report.Serious]))
	}
	if n[report.Warning] > 0 {
		say = append(say, english.Plural(n[report.Warning], "warning", ""))
	}
	if n[report.Note] > 0 {
		say = append(say, english.Plural(n[report.Note], "note", ""))
	}
	return strings.Join(say, ", ")
}

// clip puts text from the image on one line, and cuts it after a hundred bytes.
func clip(s string) string {
	const most, dots = 100, "…"
	s = printable.Line(s[:min(len(s), 4*most)])
	if len(s) <= most {
		return s
	}
	end := most - len(dots)
	for end > 0 && !utf8.RuneStart(s[end]) {
		end--
	}
	return s[:end] + dots
}

func write(w io.Writer, lines []string) error {
	_, err := io.WriteString(w, strings.Join(lines, "\n")+"\n")
	return err
}
