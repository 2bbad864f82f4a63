package diff

import (
	"bytes"
	"cmp"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/charmbracelet/x/ansi"
	"github.com/dustin/go-humanize"
	"github.com/dustin/go-humanize/english"

	"github.com/stemma-go/stemma/layers/needs"
	"github.com/stemma-go/stemma/layers/printable"
)

// TextOptions say how to write. nil and the zero value are the defaults.
type TextOptions struct {
	// Width is the columns of the output; 0 is 80.
	Width int
	// All lists every package that differs; without, at most 15 of each change are named.
	All bool
}

// WriteText writes the comparison for people: what would be lost first, then ancestors, bytes,
// packages and findings. Its error is w's.
func WriteText(w io.Writer, d *Diff, opts *TextOptions) error {
	p := &page{width: 80, most: 15}
	if opts != nil {
		p.width = cmp.Or(max(opts.Width, 0), p.width)
		if opts.All {
			p.most = len(d.Packages)
		}
	}
	p.images(d)
	p.losses(d)
	p.ancestors(d)
	p.packages(d)
	p.findings(d)
	p.vulnerabilities(d)
	p.unknown(d)
	_, err := w.Write(p.buf.Bytes())
	return err
}

// A page gathers the lines.
type page struct {
	buf   bytes.Buffer
	width int
	most  int // packages of one change
}

// para writes a paragraph: its first line begins with first, the others are indented as far. It is
// broken at spaces alone, so that names and dates stay whole.
func (p *page) para(first, text string) {
	indent := min(ansi.StringWidth(first), 12)
	line, words := first, 0 // of the line
	for word := range strings.FieldsSeq(printable.Line(text)) {
		if words > 0 && ansi.StringWidth(line)+1+ansi.StringWidth(word) > p.width {
			p.buf.WriteString(line + "\n")
			line, words = strings.Repeat(" ", indent), 0
		}
		if words > 0 {
			line += " "
		}
		line += word
		words++
	}
	p.buf.WriteString(line + "\n")
}

func (p *page) heading(s string) { p.buf.WriteString("\n" + s + "\n") }

func (p *page) images(d *Diff) {
	for _, side := range []struct {
		word string
		im   Image
	}{{"old  ", d.Old}, {"new  ", d.New}} {
		facts := []string{cmp.Or(side.im.Reference, "an image without a name")}
		if d.Base && side.word == "old  " {
			facts[0] += ", without its own layers"
		}
		if side.im.Distro != "" {
			facts = append(facts, side.im.Distro)
		}
		if side.im.LayersRead {
			facts = append(facts, humanize.Bytes(uint64(side.im.Size))+" stored, "+humanize.Bytes(uint64(side.im.Content))+" in files")
		}
		if side.im.PackagesKnown {
			facts = append(facts, plural(side.im.Packages, "package"))
		}
		p.para(side.word, strings.Join(facts, " · "))
	}
}

// losses writes what programs would not find.
func (p *page) losses(d *Diff) {
	switch {
	case !d.LossesKnown:
		return
	case d.Base && len(d.Losses) == 0:
		p.heading("On the new image as its base, the old one's own programs find all that they need")
		return
	case len(d.Losses) == 0:
		p.heading("The new image's own programs find all that they found before")
		return
	case d.Base:
		p.heading("What the old image's own programs need, and would not find on the new one as their base")
	default:
		p.heading("What the new image's own programs need, and do not find as they did before")
	}
	for _, l := range d.Losses {
		p.para("  ✗ ", LossText(l))
	}
}

// LossText says in a sentence, without a full stop, what is lost and who needs it.
func LossText(l Loss) string {
	what := map[needs.Kind]string{
		needs.Interpreter: "the interpreter ", needs.Command: "the command ", needs.Library: "the library ", needs.Version: "the version ",
	}[l.Kind] + l.Name
	if l.Kind == needs.Version {
		lib, v, _ := strings.Cut(l.Name, " ")
		what = "version " + v + " of " + lib
	}
	files := make([]string, 0, len(l.Files))
	for _, f := range l.Files {
		if f == "" {
			f = "the container's start"
		}
		files = append(files, f)
	}
	if more := l.Count - len(files); more > 0 {
		files = append(files, plural(more, "more file"))
	}
	say := what + ", for " + english.WordSeries(files, "and")
	if l.At != "" && l.Ancestor != "" {
		say += "; the old image has it from " + l.Ancestor + ": " + l.At
	}
	return say
}

func (p *page) ancestors(d *Diff) {
	p.heading("Ancestors, the youngest first")
	words := map[Change]string{Kept: "= ", Moved: "~ ", Replaced: "~ ", Added: "+ ", Removed: "- "}
	for _, a := range d.Ancestors {
		p.para("  "+words[a.Change], ancestorText(a))
	}
}

func ancestorText(a Ancestor) string {
	switch a.Change {
	case Added:
		return sideText(a.New) + ": added"
	case Removed:
		return sideText(a.Old) + ": removed"
	case Kept:
		if a.Old.Name != a.New.Name {
			return sideText(a.Old) + " is the same as " + sideText(a.New)
		}
		return sideText(a.New) + ": kept"
	case Replaced:
		return sideText(a.Old) + " is replaced by " + sideText(a.New)
	}
	word := " moved on to "
	if !a.Old.Built.IsZero() && a.New.Built.Before(a.Old.Built) && !a.New.Built.IsZero() {
		word = " went back to "
	}
	return sideText(a.Old) + word + sideText(a.New)
}

func sideText(s *Side) string {
	if s.Built.IsZero() {
		return s.Name
	}
	return s.Name + " (" + s.Built.UTC().Format(time.DateOnly) + ")"
}

// packages writes what became of packages, a change at a time.
func (p *page) packages(d *Diff) {
	if len(d.Packages) == 0 {
		if d.Old.PackagesKnown && d.New.PackagesKnown {
			p.heading("Packages: all the same")
		}
		return
	}
	p.heading("Packages")
	heads := map[Change]string{Added: "added", Removed: "removed", Up: "newer", Down: "older", Other: "of another version", Moved: "brought by another ancestor"}
	for _, c := range order {
		var names []string
		for _, pk := range d.Packages {
			if pk.Change == c {
				names = append(names, packageText(pk))
			}
		}
		if n := len(names); n > 0 {
			if n > p.most {
				names = append(names[:p.most], fmt.Sprintf("and %d more", n-p.most))
			}
			p.para(fmt.Sprintf("  %d %s: ", n, heads[c]), strings.Join(names, ", "))
		}
	}
}

func packageText(p Package) string {
	switch p.Change {
	case Added:
		return p.Name + " " + strings.Join(distinct(p.New), " ")
	case Removed:
		return p.Name + " " + strings.Join(distinct(p.Old), " ")
	case Moved:
		return p.Name
	}
	return p.Name + " " + versionsText(p.Old) + " → " + versionsText(p.New)
}

// versionsText writes the versions of one side, with the names of packages where they are others.
func versionsText(list []Version) string {
	all := distinct(list)
	if len(all) > 3 {
		all = append(all[:3], "…")
	}
	return strings.Join(all, " and ")
}

func (p *page) findings(d *Diff) {
	if len(d.Findings) == 0 {
		p.heading("Findings: none is new, and none is gone")
		return
	}
	p.heading("Findings")
	for _, f := range d.Findings {
		switch f.Change {
		case Added:
			p.para("  + ", fmt.Sprintf("%s, %s: %s", f.Rule, f.Severity, f.Message))
		case Removed:
			p.para("  - ", fmt.Sprintf("%s, %s, is gone: %s", f.Rule, f.Severity, f.Message))
		default:
			p.para("  ~ ", fmt.Sprintf("%s, %s, was %s: %s", f.Rule, f.Severity, f.Was, f.Message))
		}
	}
}

func (p *page) vulnerabilities(d *Diff) {
	switch {
	case !d.VulnerabilitiesKnown:
		return
	case len(d.Vulnerabilities) == 0:
		p.heading("Vulnerabilities: none is gained, and none is lost")
		return
	}
	p.heading("Vulnerabilities")
	heads := map[Change]string{Added: "gained", Removed: "lost", Other: "rated otherwise"}
	for _, c := range order {
		var all []string
		for _, v := range d.Vulnerabilities {
			if v.Change == c {
				all = append(all, vulnerabilityText(v))
			}
		}
		if n := len(all); n > 0 {
			if n > p.most {
				all = append(all[:p.most], fmt.Sprintf("and %d more", n-p.most))
			}
			p.para(fmt.Sprintf("  %d %s: ", n, heads[c]), strings.Join(all, ", "))
		}
	}
}

func vulnerabilityText(v Vulnerability) string {
	rating := v.Rating.String()
	if v.Change == Other {
		rating += ", was " + v.Was.String()
	}
	return fmt.Sprintf("%s (%s) of %s %s", v.ID, rating, v.Package, v.Version)
}

func (p *page) unknown(d *Diff) {
	if len(d.NotKnown) == 0 {
		return
	}
	p.heading("Not known")
	for _, s := range d.NotKnown {
		p.para("  ? ", s)
	}
}

func plural(n int, what string) string { return english.Plural(n, what, "") }
