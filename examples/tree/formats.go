package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"

	"github.com/moby/sys/atomicwriter"

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

// A format is a way to write a report.
type format struct {
	name, says string
	write      func(io.Writer, *report.Report, *flags) error
}

// formats is the table of them; a new one is a line.
func formats() []format {
	return []format{
		{"text", "the first screen; the whole tree with -v or -steps", func(w io.Writer, r *report.Report, f *flags) error {
			return text.Write(w, r, &text.Options{Steps: f.steps, Verbose: f.all, Width: f.width, More: "tree -v"})
		}},
		{"json", "all that is known; see package report/json", func(w io.Writer, r *report.Report, _ *flags) error { return json.Write(w, r, nil) }},
		{"sarif", "findings for code scanning, at the lines of -dockerfile", func(w io.Writer, r *report.Report, f *flags) error {
			return sarif.Write(w, r, &sarif.Options{Dockerfile: f.lines, Rules: rules.All()})
		}},
		{"cyclonedx", "an SBOM, CycloneDX 1.6", func(w io.Writer, r *report.Report, _ *flags) error { return cyclonedx.Write(w, r, nil) }},
		{"spdx", "an SBOM, SPDX 2.3", func(w io.Writer, r *report.Report, _ *flags) error { return spdx.Write(w, r, nil) }},
		{"markdown", "a comment on a pull request", func(w io.Writer, r *report.Report, _ *flags) error { return markdown.Write(w, r, nil) }},
		{"mermaid", "the chain as a picture in a README", func(w io.Writer, r *report.Report, _ *flags) error { return graph.WriteMermaid(w, r) }},
		{"dot", "the chain for Graphviz", func(w io.Writer, r *report.Report, _ *flags) error { return graph.WriteDOT(w, r) }},
		{"html", "a page for a browser, in one file", func(w io.Writer, r *report.Report, _ *flags) error { return html.Write(w, r) }},
	}
}

// formatList says which formats there are, a line for each.
func formatList() string {
	var b strings.Builder
	for _, f := range formats() {
		fmt.Fprintf(&b, "  %-10s %s\n", f.name, f.says)
	}
	return b.String()
}

// An output is a format that was asked for, and where it goes.
type output struct {
	format format
	file   string // "" is the standard output
	temp   io.WriteCloser
}

// addOutput takes the value of -format: NAME or NAME=FILE.
func (f *flags) addOutput(value string) error {
	name, file, named := strings.Cut(value, "=")
	if named && file == "" {
		return errors.New("no file after =")
	}
	all := formats()
	i := slices.IndexFunc(all, func(x format) bool { return x.name == name })
	if i < 0 {
		var names []string
		for _, x := range all {
			names = append(names, x.name)
		}
		return fmt.Errorf("unknown format %q: one of %s", name, strings.Join(names, ", "))
	}
	f.outputs = append(f.outputs, output{format: all[i], file: file})
	return nil
}

// writes reports whether one of the formats was asked for.
func (f *flags) writes(names ...string) bool {
	return slices.ContainsFunc(f.outputs, func(o output) bool { return slices.Contains(names, o.format.name) })
}

// settleOutputs gives -o to the one format that names no file. Without any format, that is
// text.
func (f *flags) settleOutputs(out string) error {
	if f.json {
		if err := f.addOutput("json"); err != nil {
			return err
		}
	}
	if len(f.outputs) == 0 {
		if err := f.addOutput("text"); err != nil {
			return err
		}
	}
	files := map[string]string{}
	for i := range f.outputs {
		o := &f.outputs[i]
		if o.file == "" {
			o.file, out = out, ""
		}
		if o.file != "" {
			o.file = filepath.Clean(o.file)
		}
		if other, taken := files[o.file]; taken {
			where := o.file
			if where == "" {
				where = "the standard output"
			}
			return fmt.Errorf("%s and %s both go to %s: -format NAME=FILE gives one a file", other, o.format.name, where)
		}
		files[o.file] = o.format.name
	}
	if out != "" {
		return fmt.Errorf("-o %s: every format has a file of its own", out)
	}
	return nil
}

// openFiles makes a temporary file beside each file to write, so that one that cannot be
// written is told before the image is read.
func (f *flags) openFiles() error {
	for i := range f.outputs {
		o := &f.outputs[i]
		if o.file == "" {
			continue
		}
		if target, err := filepath.EvalSymlinks(o.file); err == nil {
			o.file = target
		}
		var err error
		if o.temp, err = atomicwriter.New(o.file, 0o644); err != nil {
			return fmt.Errorf("%s: %w", o.file, err)
		}
	}
	return nil
}

// closeFiles removes the temporary files of what was not written.
func (f *flags) closeFiles() {
	for _, o := range f.outputs {
		if o.temp != nil {
			_ = o.temp.Close() // nothing was written to it
		}
	}
}

// write writes the report in every format. A file is there in full, or as it was before;
// the standard output comes last.
func (f *flags) write(stdout io.Writer, r *report.Report) error {
	texts := make([][]byte, len(f.outputs))
	for i, o := range f.outputs {
		if o.temp == nil {
			continue
		}
		var b bytes.Buffer
		if err := o.format.write(&b, r, f); err != nil {
			return fmt.Errorf("%s: %s: %w", o.file, o.format.name, err)
		}
		texts[i] = b.Bytes()
	}
	for i := range f.outputs {
		o := &f.outputs[i]
		if o.temp == nil {
			continue
		}
		temp := o.temp
		o.temp = nil
		_, err := temp.Write(texts[i])
		if err = errors.Join(err, temp.Close()); err != nil {
			return fmt.Errorf("%s: %w", o.file, err)
		}
	}
	for _, o := range f.outputs {
		if o.file == "" {
			if err := o.format.write(stdout, r, f); err != nil {
				return fmt.Errorf("%s: %w", o.format.name, err)
			}
		}
	}
	return nil
}
