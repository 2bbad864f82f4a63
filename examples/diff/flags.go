package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/stemma-go/stemma/examples/internal/arguments"
	"github.com/stemma-go/stemma/report/diff"
	"github.com/stemma-go/stemma/report/markdown"
)

// flags are the command line, parsed.
type flags struct {
	format, out                string
	all, base, insecure, quick bool
	width                      int
	platform, dockerfiles      string
	on                         []string
	vulns                      [2][]string // scanners' reports and VEX documents, of the old image and of the new one
	references                 []string    // the old image and the new one; none for the sample
}

const usage = `usage: diff [flags] [OLD NEW]

OLD and NEW are images as tree takes them: app.tar (docker save, podman save, skopeo), an OCI
layout, an image in a registry (python:3.13), or docker:NAME in the Docker daemon. Without
them the sample image that comes with the module is compared with the one that it is built on.

exit code: 0 nothing that matters differs, 1 something does (see -on), 2 wrong command, or an
image could not be read, 3 nothing that matters differs in what could be read, which is not all

`

// matters is the table of what may make the exit code 1.
func matters() map[string]func(*diff.Diff) bool {
	return map[string]func(*diff.Diff) bool{
		"ancestors": func(d *diff.Diff) bool {
			return slices.ContainsFunc(d.Ancestors, func(a diff.Ancestor) bool { return a.Change != diff.Kept })
		},
		"packages": func(d *diff.Diff) bool { return len(d.Packages) > 0 },
		"findings": func(d *diff.Diff) bool { return len(d.Findings) > 0 },
		"new-findings": func(d *diff.Diff) bool {
			return slices.ContainsFunc(d.Findings, func(f diff.Finding) bool {
				return f.Change == diff.Added || f.Change == diff.Other && f.Severity > f.Was
			})
		},
		"new-vulnerabilities": func(d *diff.Diff) bool {
			return slices.ContainsFunc(d.Vulnerabilities, func(v diff.Vulnerability) bool {
				return v.Change == diff.Added || v.Change == diff.Other && v.Rating > v.Was
			})
		},
		"losses": func(d *diff.Diff) bool { return len(d.Losses) > 0 },
	}
}

// parse returns the flags, or the exit code.
func parse(args []string, stderr io.Writer) (f flags, code int, ok bool) {
	set := flag.NewFlagSet("diff", flag.ContinueOnError)
	set.SetOutput(stderr)
	set.Usage = func() {
		fmt.Fprint(stderr, usage)
		set.PrintDefaults()
	}
	on := "ancestors,packages,findings,losses"
	set.StringVar(&f.format, "format", "text", "`NAME` of how to write it: text, markdown (fits a comment on a pull request), json")
	set.StringVar(&f.out, "o", "", "the `FILE` to write; the standard output without")
	set.StringVar(&on, "on", on, "what of it makes the exit code 1, a `list` with commas; also new-findings, new-vulnerabilities; none for nothing")
	set.BoolVar(&f.base, "base", false, "NEW is another base for OLD's own layers; without, that is found out")
	set.BoolVar(&f.all, "all", false, "list all packages in text, not 15 of each change")
	set.BoolVar(&f.quick, "no-losses", false, "do not look for what programs need")
	set.IntVar(&f.width, "width", 0, "`columns` of text; 0 is 80")
	set.StringVar(&f.dockerfiles, "dockerfiles", "", "a `directory` whose Dockerfiles name ancestors, as for tree")
	for i, which := range []string{"old", "new"} {
		set.Func(which+"-vulns", "a `FILE` of a scanner's report on the "+which+" image, as tree -vulns takes it; may be given several times", func(file string) error {
			f.vulns[i] = append(f.vulns[i], file)
			return nil
		})
	}
	set.StringVar(&f.platform, "platform", "", "which image of an index, such as `linux/arm64`")
	set.BoolVar(&f.insecure, "insecure", false, "allow plain HTTP and unverified TLS for any registry")
	references, err := arguments.Parse(set, args)
	switch {
	case err == flag.ErrHelp:
		return f, 0, false
	case err != nil:
		return f, 2, false
	}
	f.references = references
	if err := f.check(on); err != nil {
		fmt.Fprintf(stderr, "diff: %v; diff -h lists the flags\n", err)
		return f, 2, false
	}
	return f, 0, true
}

// check says what is wrong with the command.
func (f *flags) check(on string) error {
	switch {
	case len(f.references) != 0 && len(f.references) != 2:
		return errors.New("two references or none")
	case slices.Contains(f.references, ""): // of a variable that is not set
		return errors.New("a reference is empty")
	case formats()[f.format] == nil:
		return fmt.Errorf("unknown format %q: one of text, markdown, json", f.format)
	case on == "none":
		return nil
	}
	for what := range strings.SplitSeq(on, ",") {
		if matters()[what] == nil {
			return fmt.Errorf("-on %q: a list of ancestors, packages, findings, new-findings, new-vulnerabilities, losses; or none", what)
		}
		f.on = append(f.on, what)
	}
	return nil
}

// formats is the table of formats.
func formats() map[string]func(io.Writer, *diff.Diff, *flags) error {
	return map[string]func(io.Writer, *diff.Diff, *flags) error{
		"text": func(w io.Writer, d *diff.Diff, f *flags) error {
			return diff.WriteText(w, d, &diff.TextOptions{Width: f.width, All: f.all})
		},
		"markdown": func(w io.Writer, d *diff.Diff, _ *flags) error { return markdown.WriteDiff(w, d, nil) },
		"json":     func(w io.Writer, d *diff.Diff, _ *flags) error { return diff.WriteJSON(w, d) },
	}
}
