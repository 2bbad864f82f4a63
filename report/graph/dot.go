package graph

import (
	"fmt"
	"io"
	"strings"

	"github.com/stemma-go/stemma/report"
)

// WriteDOT writes the chain as a directed graph in Graphviz' language. Its error is w's.
func WriteDOT(w io.Writer, r *report.Report) error {
	lines := []string{"digraph stemma {", `    node [shape=box, fontname="Helvetica, Arial, sans-serif"];`}
	for i, b := range boxes(r) {
		label := make([]string, len(b.lines))
		for j, l := range b.lines {
			label[j] = dot.Replace(l)
		}
		style := ""
		if !b.sure {
			style = ", style=dashed"
		}
		lines = append(lines, fmt.Sprintf(`    a%d [label="%s"%s];`, i, strings.Join(label, `\n`), style))
		if i > 0 {
			lines = append(lines, fmt.Sprintf("    a%d -> a%d;", i-1, i))
		}
	}
	return write(w, append(lines, "}"))
}

// dot escapes what has a meaning in a quoted label: quotes, escapes such as \N, and HTML's
// entities, which Graphviz reads in any label.
var dot = strings.NewReplacer(`\`, `\\`, `"`, `\"`, "&", "&amp;")
