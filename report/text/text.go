package text

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/dustin/go-humanize/english"

	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/stemma-go/stemma/layers"
	"github.com/stemma-go/stemma/layers/printable"
	"github.com/stemma-go/stemma/report"
	"github.com/stemma-go/stemma/report/internal/words"
)

// Write writes the report. Its error is w's.
func Write(w io.Writer, r *report.Report, opts *Options) error {
	p := opts.newPage(w)
	var o Options
	if opts != nil {
		o = *opts
	}
	p.head(r)
	if o.Verbose || o.Steps {
		p.tree(r, o)
	} else {
		p.screen(r, o.More)
	}
	_, err := w.Write(p.buf.Bytes())
	return err
}

// tree writes all that is known of every ancestor.
func (p *page) tree(r *report.Report, o Options) {
	if from := words.Source(r.Lineage); from != "" {
		p.para("", part{}, part{p.style.dim, p.clean("built from " + from + ", as its build attestation says")}, 2)
	}
	for i := range r.Ancestors {
		between := ""
		if i > 0 {
			between = p.style.line.Render(p.sign.trunk)
		}
		p.line(between)
		p.ancestor(r, i, o)
	}
	p.tail(r)
	p.vulnerabilityTail(r)
	p.patchTail(r)
	p.totals(r)
}

// WriteRules writes what rules there are, a paragraph for each: its name, the
// highest severity of its findings, and its Doc. Its error is w's.
func WriteRules(w io.Writer, rules []report.Rule, opts *Options) error {
	p := opts.newPage(w)
	for i, rule := range rules {
		if i > 0 {
			p.line("")
		}
		p.line(p.style.name.Render(p.clean(rule.Name)) + p.sign.sep + rule.Severity.String())
		p.para("  ", part{}, part{text: p.clean(rule.Doc)}, 0)
	}
	_, err := w.Write(p.buf.Bytes())
	return err
}

// head writes what the image is as a whole.
func (p *page) head(r *report.Report) {
	name := r.Reference
	if name == "" {
		name = "image"
	}
	p.para("", part{p.style.name, p.clean(name)}, part{text: platform(r)}, 2)
	var facts []string
	if r.Digest != (v1.Hash{}) {
		facts = append(facts, shortDigest(r.Digest))
	}
	if r.Index != nil {
		var size, unpacked int64
		short := false
		for _, l := range r.Index.Layers {
			short = short || l.Partial
			size += l.Size
			unpacked += l.Uncompressed
		}
		facts = append(facts, atLeast(short)+sizes(size, unpacked), english.Plural(len(r.Index.Layers), "layer", ""))
	}
	switch {
	case r.PackagesKnown():
		facts = append(facts, atLeast(r.Partial)+english.Plural(present(r), "package", ""))
	case r.Inventory != nil:
		facts = append(facts, "packages not known")
	}
	facts = append(facts, "as of "+r.AsOf.Format("2006-01-02"))
	p.para("", part{}, part{p.style.dim, p.clean(strings.Join(facts, p.sign.sep))}, 2)
	if day, _, ok := r.OldCatalogue(); ok {
		p.para("", part{p.style.warning, p.sign.warning + " old catalogue:"}, part{text: fmt.Sprintf("newer builds are known up to %s alone, %d days before; there may be newer ones",
			day.Format("2006-01-02"), report.Days(day, r.AsOf))}, 2)
	}
	if r.Partial {
		p.para("", part{p.style.serious, p.sign.serious + " partial:"}, part{text: "some of the image could not be read; what follows is true, and not all"}, 2)
	}
}

// tail writes the findings that blame no ancestor, and the problems.
func (p *page) tail(r *report.Report) {
	blameless := func(f report.Finding) bool { return f.Ancestor < 0 || f.Ancestor >= len(r.Ancestors) }
	if slices.ContainsFunc(r.Findings, blameless) {
		p.line("")
		p.line(p.style.name.Render("findings about no ancestor in particular"))
		p.findings("  ", r, blameless)
	}
	if len(r.Problems) == 0 {
		return
	}
	p.line("")
	p.problems(r.Problems)
}

// problems writes what is wrong with the image, or could not be read.
func (p *page) problems(problems []layers.Problem) {
	p.line(p.style.name.Render("problems"))
	for _, pr := range problems {
		p.para("  ", part{p.style.warning, p.sign.warning}, part{text: p.clean(pr.Error())}, 2)
	}
}

// totals writes the last line.
func (p *page) totals(r *report.Report) {
	say := []string{english.Plural(len(r.Ancestors), "ancestor", ""), p.severities(r.Findings)}
	if n := len(r.Problems); n > 0 {
		say = append(say, english.Plural(n, "problem", ""))
	}
	if r.Lineage != nil && r.Lineage.Asked != nil {
		say = append(say, "registries ("+words.Asked(*r.Lineage.Asked)+")")
	}
	p.line("")
	p.para("", part{}, part{p.style.name, p.clean(strings.Join(say, p.sign.sep))}, 0)
}

// severities counts findings: "✗ 0 serious · ▲ 2 warnings · • 1 note".
func (p *page) severities(findings []report.Finding) string {
	count := countSeverities(findings, func(report.Finding) bool { return true })
	return strings.Join([]string{
		fmt.Sprintf("%s %d serious", p.sign.serious, count[report.Serious]),
		p.sign.warning + " " + english.Plural(count[report.Warning], "warning", ""),
		p.sign.note + " " + english.Plural(count[report.Note], "note", ""),
	}, p.sign.sep)
}

func countSeverities(findings []report.Finding, chosen func(report.Finding) bool) (count [report.Serious + 1]int) {
	for _, f := range findings {
		if f.Severity >= 0 && int(f.Severity) < len(count) && chosen(f) {
			count[f.Severity]++
		}
	}
	return count
}

// platform says what the image runs on, "" if it does not say.
func platform(r *report.Report) string {
	if r.Index == nil || r.Index.Config == nil {
		return ""
	}
	c := r.Index.Config
	pl := v1.Platform{OS: c.OS, Architecture: c.Architecture, Variant: c.Variant}
	return printable.ASCII(pl.String())
}

// shortDigest is the beginning of a digest, long enough to tell images apart.
func shortDigest(h v1.Hash) string {
	return h.Algorithm + ":" + h.Hex[:min(12, len(h.Hex))]
}

// sizes says how many bytes are stored, and how many there are once unpacked.
func sizes(stored, unpacked int64) string {
	if stored == unpacked {
		return words.Bytes(stored)
	}
	return words.Bytes(stored) + " stored, " + words.Bytes(unpacked) + " unpacked"
}

// present counts the packages that the finished image has.
func present(r *report.Report) int {
	n := 0
	for _, a := range r.Ancestors {
		n += a.Packages.Present
	}
	return n
}

// layerSpan says which layers an ancestor has.
func layerSpan(a report.Ancestor, dash string) string {
	switch n := a.Layers.Len(); n {
	case 0:
		return "no layer"
	case 1:
		return fmt.Sprintf("layer %d", a.Layers.From)
	default:
		return fmt.Sprintf("layers %d%s%d", a.Layers.From, dash, a.Layers.To-1)
	}
}
