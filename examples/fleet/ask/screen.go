package ask

import (
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"github.com/charmbracelet/x/ansi"
	"golang.org/x/term"

	"github.com/stemma-go/stemma/layers/printable"
)

// A screen gathers lines of text for a terminal. All text that it is given is made
// printable, and no line is longer than the screen is wide.
type screen struct {
	width int
	ascii bool
	buf   strings.Builder
}

const (
	defaultWidth = 100 // where the output is no terminal
	leastWidth   = 40
)

// newScreen returns an empty screen for an output. width 0 is that of the terminal.
func newScreen(w io.Writer, width int, env func(string) string) *screen {
	if f, ok := w.(*os.File); ok && width == 0 {
		width, _, _ = term.GetSize(int(f.Fd()))
	}
	if width <= 0 {
		width = defaultWidth
	}
	return &screen{width: max(width, leastWidth), ascii: !unicode(env)}
}

// unicode reports whether the locale of the environment shows more than ASCII.
func unicode(env func(string) string) bool {
	if env("TERM") == "dumb" {
		return false
	}
	for _, name := range []string{"LC_ALL", "LC_CTYPE", "LANG"} { // the first that is set counts
		if v := strings.ToLower(env(name)); v != "" {
			return strings.Contains(v, "utf-8") || strings.Contains(v, "utf8")
		}
	}
	return false
}

// clean makes text from an image fit for the screen.
func (s *screen) clean(text string) string {
	if !s.ascii {
		return printable.Line(text)
	}
	return printable.ASCII(signs.Replace(text))
}

// signs are the characters of the screens that ASCII lacks.
var signs = strings.NewReplacer("├─ ", "|- ", "└─ ", "`- ", "│  ", "|  ", " · ", ", ", "–", "-", "…", "...", "≥ ", ">= ")

// line writes one line: text is cleaned, and what does not fit is cut. Spaces before it stay.
func (s *screen) line(text string) {
	indent := len(text) - len(strings.TrimLeft(text, " "))
	s.raw(text[:indent] + s.clean(text[indent:]))
}

func (s *screen) linef(format string, args ...any) { s.line(fmt.Sprintf(format, args...)) }

// raw writes a line whose parts are clean.
func (s *screen) raw(text string) {
	s.buf.WriteString(strings.TrimRight(s.cut(text, s.width), " "))
	s.buf.WriteByte('\n')
}

// gap writes an empty line.
func (s *screen) gap() { s.buf.WriteByte('\n') }

func (s *screen) cut(text string, width int) string {
	dots := "…"
	if s.ascii {
		dots = "..."
	}
	return ansi.Truncate(text, width, dots)
}

// cell cuts what stands in a table: names in the middle, since their beginnings are often the same;
// sentences at their end, and digests, of which other screens have the beginning.
func (s *screen) cell(text string, width int) string {
	over := ansi.StringWidth(text) - width
	if over <= 0 || strings.HasPrefix(text, "sha256:") || strings.Contains(strings.ReplaceAll(text, ", ", ""), " ") {
		return s.cut(text, width)
	}
	head := s.cut(text, width/3)
	return head + ansi.TruncateLeft(text, ansi.StringWidth(text)-(width-ansi.StringWidth(head)), "")
}

// para writes a sentence or two, on as many lines as they take.
func (s *screen) para(text string) {
	for _, l := range strings.Split(ansi.Wordwrap(s.clean(text), s.width, ""), "\n") {
		s.raw(l)
	}
}

// A column of a table.
type column struct {
	title string
	right bool // numbers stand at the right
	cut   bool // what does not fit on the screen is cut here
	// optional is left out if it is empty in all rows.
	optional bool
}

// A row of a table: the first cell stands behind the branch, which is ours and drawn as it is.
type row struct {
	branch string
	cells  []string
}

// cells is a row without a branch.
func cells(c ...string) row { return row{cells: c} }

// table writes rows, indented by two, below their titles. Titles that are all empty are left out.
func (s *screen) table(cols []column, rows []row) {
	if len(rows) == 0 {
		return
	}
	cols, rows = needed(cols, rows)
	lines, titled := s.lines(cols, rows)
	widths, _ := s.fit(cols, lines)
	for n, line := range lines {
		var b strings.Builder
		for i, text := range line {
			width := widths[i]
			if i == 0 && n == 0 && titled { // it is not indented
				width += 2
			} else {
				b.WriteString("  ")
			}
			branch := ""
			if first := len(lines) - len(rows); i == 0 && n >= first {
				branch = s.branch(rows[n-first])
			}
			text = branch + s.cell(strings.TrimPrefix(text, branch), max(1, width-ansi.StringWidth(branch)))
			pad := strings.Repeat(" ", max(0, width-ansi.StringWidth(text)))
			if cols[i].right {
				b.WriteString(pad + text)
			} else {
				b.WriteString(text + pad)
			}
		}
		s.raw(b.String())
	}
}

// needed leaves out optional columns that are empty.
func needed(cols []column, rows []row) ([]column, []row) {
	for i := len(cols) - 1; i >= 0; i-- {
		if !cols[i].optional || slices.ContainsFunc(rows, func(r row) bool { return r.cells[i] != "" }) {
			continue
		}
		cols = slices.Delete(slices.Clone(cols), i, i+1)
		less := make([]row, len(rows))
		for k, r := range rows {
			less[k] = row{r.branch, slices.Delete(slices.Clone(r.cells), i, i+1)}
		}
		rows = less
	}
	return cols, rows
}

// lines returns the cells of a table as they are printed, that of its titles first, if there are any.
func (s *screen) lines(cols []column, rows []row) (lines [][]string, titled bool) {
	titles := make([]string, len(cols))
	for i, c := range cols {
		titles[i] = s.clean(c.title)
	}
	titled = strings.Join(titles, "") != ""
	if titled {
		lines = append(lines, titles)
	}
	for _, r := range rows {
		line := make([]string, len(cols))
		for i := range min(len(cols), len(r.cells)) {
			line[i] = s.clean(r.cells[i])
		}
		line[0] = s.branch(r) + line[0]
		lines = append(lines, line)
	}
	return lines, titled
}

// branch is what stands before the first cell of a row.
func (s *screen) branch(r row) string {
	if s.ascii {
		return signs.Replace(r.branch)
	}
	return r.branch
}

// fits reports whether a table has room on the screen.
func (s *screen) fits(cols []column, rows []row) bool {
	lines, _ := s.lines(cols, rows)
	_, ok := s.fit(cols, lines)
	return ok
}

// fit returns the widths of columns: what they need, and where that is too much for the screen,
// the widest of those that may be cut gives way. ok is false if that is not enough.
func (s *screen) fit(cols []column, lines [][]string) (widths []int, ok bool) {
	const least = 20
	widths, over := make([]int, len(cols)), -s.width
	for i := range cols {
		for _, line := range lines {
			widths[i] = max(widths[i], ansi.StringWidth(line[i]))
		}
		over += widths[i] + 2
	}
	for ; over > 0; over-- {
		widest := -1
		for i, c := range cols {
			if c.cut && widths[i] > least && (widest < 0 || widths[i] > widths[widest]) {
				widest = i
			}
		}
		if widest < 0 {
			break
		}
		widths[widest]--
	}
	return widths, over <= 0
}
