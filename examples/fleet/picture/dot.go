package picture

import (
	"fmt"
	"io"
	"strings"
)

// WriteDOT writes the forest as a directed graph in Graphviz' language: an arrow leads from each
// ancestor to what it is built on. Its error is w's.
func WriteDOT(w io.Writer, f Forest) error {
	title := "fleet of " + f.says()
	for _, more := range []string{f.missing(), f.leftOut()} {
		if more != "" {
			title += "; " + more
		}
	}
	lines := []string{"digraph fleet {", "    rankdir=RL;", fmt.Sprintf("    label=\"%s\";", dot.Replace(title)), `    node [shape=box, fontname="Helvetica, Arial, sans-serif"];`}
	nodes, _ := f.drawn()
	for _, n := range nodes {
		style := ""
		if !n.Sure {
			style = ", style=dashed"
		}
		if n.Note != "" {
			style += ", color=firebrick"
		}
		lines = append(lines, fmt.Sprintf(`    a%d [label="%s\n%s\n%s"%s];`, n.ID, dot.Replace(n.Name), n.images(), dot.Replace(n.facts()), style))
		if n.Parent != 0 {
			lines = append(lines, fmt.Sprintf("    a%d -> a%d;", n.ID, n.Parent))
		}
	}
	_, err := io.WriteString(w, strings.Join(append(lines, "}"), "\n")+"\n")
	return err
}

// dot escapes what has a meaning in a quoted label: quotes, escapes such as \N, and HTML's
// entities, which Graphviz reads in any label.
var dot = strings.NewReplacer(`\`, `\\`, `"`, `\"`, "&", "&amp;")

func (f Forest) leftOut() string {
	if _, left := f.drawn(); left > 0 {
		return fmt.Sprintf("%d ancestors with fewer images are left out", left)
	}
	return ""
}
