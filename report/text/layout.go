package text

import (
	"bytes"
	"strings"

	"github.com/charmbracelet/lipgloss"
	"github.com/charmbracelet/x/ansi"
	"github.com/muesli/termenv"

	"github.com/stemma-go/stemma/layers/printable"
)

// A page gathers the lines of a report.
type page struct {
	buf   bytes.Buffer
	width int // columns of the output
	ascii bool
	style styles
	sign  signs
}

// styles are the looks of the parts.
type styles struct {
	name, dim, line, good, fair, poor lipgloss.Style
	serious, warning, note            lipgloss.Style
}

// signs are the characters that draw the tree.
type signs struct {
	node, root, trunk, sep, arrow, dots, dash string
	serious, warning, note                    string
	times, least                              string
	bar                                       []string // parts of a column, the smallest first
}

func newPage(width int, ascii bool, profile termenv.Profile) *page {
	r := lipgloss.NewRenderer(nil, termenv.WithProfile(profile))
	r.SetColorProfile(profile)
	r.SetHasDarkBackground(true) // no style depends on it, and finding it out would write to the terminal
	color := func(n string) lipgloss.Style { return r.NewStyle().Foreground(lipgloss.Color(n)) }
	p := &page{width: width, ascii: ascii}
	p.style = styles{
		name: r.NewStyle().Bold(true), dim: r.NewStyle().Faint(true), line: color("6"),
		good: color("2"), fair: color("3"), poor: color("1"),
		serious: color("1").Bold(true), warning: color("3").Bold(true), note: color("4"),
	}
	p.sign = signs{"●", "○", "│", " · ", "→", "…", "–", "✗", "▲", "•", "×", "≥ ", []string{"▏", "▎", "▍", "▌", "▋", "▊", "▉", "█"}}
	if ascii {
		p.sign = signs{"*", "o", "|", ", ", "->", "...", "-", "x", "!", "i", "x", ">= ", []string{"#"}}
	}
	return p
}

// clean makes text from the image fit for the page: one line, without control
// characters, in ASCII where the page is.
func (p *page) clean(s string) string {
	if p.ascii {
		return printable.ASCII(s)
	}
	return printable.Line(s)
}

// line writes one line as it is.
func (p *page) line(s string) {
	p.buf.WriteString(strings.TrimRight(s, " "))
	p.buf.WriteByte('\n')
}

// para writes a paragraph: label, in a style of its own, and text. Every line begins
// with prefix, and those after the first are indented by hang more columns. A word
// that is longer than a line is broken.
func (p *page) para(prefix string, label, text part, hang int) {
	p.headed(prefix, prefix, label, text, hang)
}

// headed is para with another prefix of the same width on the first line.
func (p *page) headed(first, prefix string, label, text part, hang int) {
	room := min(p.width, proseWidth) - ansi.StringWidth(prefix)
	hang = min(hang, max(room/4, 0))
	plain := text.text
	if label.text != "" {
		plain = strings.TrimRight(label.text+" "+text.text, " ")
	}
	for i, l := range wrap(plain, max(room-hang, 1)) {
		switch rest, ok := strings.CutPrefix(l, label.text); {
		case i > 0:
			l = strings.Repeat(" ", hang) + text.render(l)
		case ok && label.text != "":
			l = label.render(label.text) + text.render(rest)
		default:
			l = text.render(l)
		}
		if i == 0 {
			p.line(first + l)
		} else {
			p.line(prefix + l)
		}
	}
}

// wrap breaks text into lines at its spaces. The library also breaks after hyphens,
// which would split options and package names, and between a number and its unit.
// So these are replaced by the hyphen and the space that do not break, and restored
// afterwards.
func wrap(text string, width int) []string {
	swap := strings.NewReplacer("-", "\u2011", "\u2011", "-", " ×", "\u00a0×", " kB", "\u00a0kB", " MB", "\u00a0MB", " GB", "\u00a0GB")
	back := strings.NewReplacer("-", "\u2011", "\u2011", "-", "\u00a0", " ")
	lines := strings.Split(ansi.Wrap(swap.Replace(text), width, ""), "\n")
	for i, l := range lines {
		lines[i] = strings.TrimRight(back.Replace(l), " ")
	}
	return lines
}

// A part is text and its style; the zero style is none.
type part struct {
	style lipgloss.Style
	text  string
}

func (t part) render(s string) string {
	if s == "" {
		return ""
	}
	return t.style.Render(s)
}
