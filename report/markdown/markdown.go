package markdown

import (
	"cmp"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/dustin/go-humanize/english"

	"github.com/stemma-go/stemma/report"
	"github.com/stemma-go/stemma/report/diff"
	"github.com/stemma-go/stemma/report/internal/words"
)

// Options say what to write. nil and the zero value are the defaults.
type Options struct {
	// Before is the report of another image, such as that of the branch into which a pull
	// request goes: what changed since is told. nil leaves that out.
	Before *report.Report
	// Diff is what changed, where the caller has compared already. It takes the place of Before.
	Diff *diff.Diff
	// Limit is the most bytes to write; 0 is 65,000, which fits a comment on GitHub. Less than
	// 4,000 is taken for 4,000.
	Limit int
}

const (
	githubLimit = 65_000 // GitHub takes 65,536 characters
	leastLimit  = 4_000
)

// Write writes the report. Its error is w's.
func Write(w io.Writer, r *report.Report, opts *Options) error {
	var o Options
	if opts != nil {
		o = *opts
	}
	if o.Diff == nil && o.Before != nil {
		o.Diff = diff.New(o.Before, r, nil)
	}
	p := o.page()
	quarter := p.room / 4
	p.head(r)
	p.chain(r, quarter)
	p.live(r, quarter/2)
	p.vulnerabilities(r, quarter/2)
	if o.Diff != nil {
		p.para("#### What changed since " + reference(o.Diff.Old))
		p.changes(o.Diff, quarter)
	}
	p.fixes(r, quarter)
	p.remedies(r, quarter)
	p.findings(r)
	p.vulnerablePackages(r)
	p.problems(r)
	_, err := w.Write(p.buf.Bytes())
	return err
}

// WriteDiff writes what differs between two images. Of opts only Limit counts. Its error is w's.
func WriteDiff(w io.Writer, d *diff.Diff, opts *Options) error {
	var o Options
	if opts != nil {
		o = *opts
	}
	p := o.page()
	p.para("### " + reference(d.New) + " compared with " + reference(d.Old))
	p.changes(d, p.room)
	_, err := w.Write(p.buf.Bytes())
	return err
}

func (o *Options) page() *page {
	return &page{room: max(cmp.Or(o.Limit, githubLimit), leastLimit)}
}

func reference(im diff.Image) string {
	if im.Reference == "" {
		return "an image without a name"
	}
	return name(im.Reference)
}

// head writes what the image is as a whole.
func (p *page) head(r *report.Report) {
	p.para("### " + cmp.Or(name(r.Reference), "The image"))
	facts := []string{plural(len(r.Ancestors), "ancestor")}
	least := ""
	if r.Partial {
		least = "at least "
	}
	if r.Index != nil {
		var size, content int64
		for _, l := range r.Index.Layers {
			size += l.Size
			content += l.Content
		}
		facts = append(facts, least+words.Bytes(size)+" stored, "+words.Bytes(content)+" in files", plural(len(r.Index.Layers), "layer"))
	} else {
		facts = append(facts, "layers not read")
	}
	switch {
	case r.PackagesKnown():
		n := 0
		for _, a := range r.Ancestors {
			n += a.Packages.Present
		}
		facts = append(facts, least+plural(n, "package"))
	default:
		facts = append(facts, "packages not known")
	}
	p.para(strings.Join(append(facts, "as of "+r.AsOf.UTC().Format(time.DateOnly)), " · "))
	if r.Partial {
		p.para("**Some of the image could not be read.** What follows is true, and not all.")
	}
}

// chain writes the ancestors, the youngest first.
func (p *page) chain(r *report.Report, share int) {
	var rows []string
	for i, a := range r.Ancestors {
		rows = append(rows, row(
			title(r, i), sure(a), built(r, i),
			known(r.Index != nil, words.Bytes(a.Size)), known(r.PackagesKnown(), fmt.Sprint(a.Packages.Present)), counts(r, i)))
	}
	p.list(columns("image", "name", "built", " stored", " packages", "findings"), rows, "ancestor", share)
}

// title names an ancestor, with other names that are as good.
func title(r *report.Report, i int) string {
	a := r.Ancestors[i]
	switch {
	case a.Repository == "" && i == 0:
		return "**this image**"
	case a.Repository == "" && a.Distro.PrettyName != "":
		return "unknown, " + text(a.Distro.PrettyName)
	case a.Repository == "":
		return "unknown"
	}
	s := name(a.String())
	if i == 0 {
		s = "**" + s + "**"
	}
	var others []string
	for _, t := range a.Ties {
		if len(others) < 3 && t.String() != a.String() {
			others = append(others, name(t.String()))
		}
	}
	if len(others) > 0 {
		s += " or " + english.OxfordWordSeries(others, "or")
	}
	return s
}

// sure says how sure a name is.
func sure(a report.Ancestor) string {
	if a.Repository == "" {
		return "not known"
	}
	return a.Confidence.String()
}

// built says when an ancestor was built, and how long ago that was.
func built(r *report.Report, i int) string {
	t, _ := r.Built(i)
	if t.IsZero() {
		return "not known"
	}
	return t.UTC().Format(time.DateOnly) + age(t, r.AsOf)
}

// age says how long t is before now, in days, months or years.
func age(t, now time.Time) string {
	months, days := words.Span(t, now)
	switch {
	case days < 0:
		return ""
	case days == 0:
		return ", today"
	case days < 60:
		return ", " + plural(days, "day") + " ago"
	case months < 24:
		return ", " + plural(months, "month") + " ago"
	}
	return ", " + plural(months/12, "year") + " ago"
}

// known returns s, or says that it is not known.
func known(yes bool, s string) string {
	if yes {
		return s
	}
	return "not known"
}

// counts says how many findings of each severity an ancestor has.
func counts(r *report.Report, ancestor int) string {
	var n [report.Serious + 1]int
	for _, f := range r.Findings {
		if f.Ancestor == ancestor && f.Severity >= 0 && f.Severity <= report.Serious {
			n[f.Severity]++
		}
	}
	var say []string
	if n[report.Serious] > 0 {
		say = append(say, fmt.Sprintf("**%d serious**", n[report.Serious]))
	}
	if n[report.Warning] > 0 {
		say = append(say, plural(n[report.Warning], "warning"))
	}
	if n[report.Note] > 0 {
		say = append(say, plural(n[report.Note], "note"))
	}
	return strings.Join(say, ", ")
}
