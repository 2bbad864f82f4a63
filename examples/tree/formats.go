package main

import (
	"fmt"
	"io"
	"strings"

	"github.com/stemma-go/stemma/examples/internal/outputs"
	"github.com/stemma-go/stemma/report"
	"github.com/stemma-go/stemma/report/cyclonedx"
	"github.com/stemma-go/stemma/report/graph"
	"github.com/stemma-go/stemma/report/html"
	"github.com/stemma-go/stemma/report/json"
	"github.com/stemma-go/stemma/report/markdown"
	"github.com/stemma-go/stemma/report/rules"
	"github.com/stemma-go/stemma/report/sarif"
	"github.com/stemma-go/stemma/report/spdx"
	"github.com/stemma-go/stemma/report/text"
)

// A result is a report, and the flags that say how to write it.
type result struct {
	*report.Report
	flags *flags
}

// formats is the table of formats; a new one is a line.
func formats() []outputs.Format[result] {
	return []outputs.Format[result]{
		{Name: "text", Says: "the first screen; the whole tree with -v or -steps", Write: func(w io.Writer, r result) error {
			return text.Write(w, r.Report, &text.Options{Steps: r.flags.steps, Verbose: r.flags.all, Width: r.flags.width, More: "tree -v"})
		}},
		{Name: "json", Says: "all that is known; see package report/json", Write: func(w io.Writer, r result) error { return json.Write(w, r.Report, nil) }},
		{Name: "sarif", Says: "findings for code scanning, at the lines of -dockerfile", Write: func(w io.Writer, r result) error {
			return sarif.Write(w, r.Report, &sarif.Options{Dockerfile: r.flags.lines, Rules: rules.All()})
		}},
		{Name: "cyclonedx", Says: "an SBOM, CycloneDX 1.6", Write: func(w io.Writer, r result) error { return cyclonedx.Write(w, r.Report, nil) }},
		{Name: "spdx", Says: "an SBOM, SPDX 2.3", Write: func(w io.Writer, r result) error { return spdx.Write(w, r.Report, nil) }},
		{Name: "markdown", Says: "a comment on a pull request", Write: func(w io.Writer, r result) error { return markdown.Write(w, r.Report, nil) }},
		{Name: "mermaid", Says: "the chain as a picture in a README", Write: func(w io.Writer, r result) error { return graph.WriteMermaid(w, r.Report) }},
		{Name: "dot", Says: "the chain for Graphviz", Write: func(w io.Writer, r result) error { return graph.WriteDOT(w, r.Report) }},
		{Name: "html", Says: "a page for a browser, in one file", Write: func(w io.Writer, r result) error { return html.Write(w, r.Report) }},
	}
}

// formatList says which formats there are, a line for each.
func formatList() string {
	var b strings.Builder
	for _, f := range formats() {
		fmt.Fprintf(&b, "  %-10s %s\n", f.Name, f.Says)
	}
	return b.String()
}
