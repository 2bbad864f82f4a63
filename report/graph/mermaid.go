package graph

import (
	"fmt"
	"io"
	"strings"
	"unicode"

	"github.com/stemma-go/stemma/report"
)

// WriteMermaid writes the chain as a flowchart of Mermaid, without the fence that Markdown wants
// around it. Its error is w's.
func WriteMermaid(w io.Writer, r *report.Report) error {
	lines := []string{"flowchart TB"}
	for i, b := range boxes(r) {
		label := make([]string, len(b.lines))
		for j, l := range b.lines {
			label[j] = mermaid(l)
		}
		lines = append(lines, fmt.Sprintf(`    a%d["%s"]`, i, strings.Join(label, "<br>")))
		if !b.sure {
			lines = append(lines, fmt.Sprintf("    style a%d stroke-dasharray: 5 5", i))
		}
		if i > 0 {
			lines = append(lines, fmt.Sprintf("    a%d --> a%d", i-1, i))
		}
	}
	return write(w, lines)
}

// mermaid writes all that Mermaid could read as more than text as the entities that it has, such
// as #35; for a number sign: quotes end a label, %%{ begins a directive wherever it stands, backticks
// and asterisks are Markdown, tags are HTML.
func mermaid(s string) string {
	var b strings.Builder
	for i, c := range s {
		icon := c == ':' && strings.HasPrefix(s[i:], ":fa-") // which Mermaid would draw
		if icon || c < 0x80 && !unicode.IsLetter(c) && !unicode.IsDigit(c) && !strings.ContainsRune(" -.,:/", c) {
			fmt.Fprintf(&b, "#%d;", c)
		} else {
			b.WriteRune(c)
		}
	}
	return b.String()
}
