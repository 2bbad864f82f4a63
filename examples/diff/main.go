// Diff compares two container images: ancestors, packages, bytes, findings; and says what the
// programs of the old one's own layers would miss on the new one.
//
//	diff [flags] [OLD NEW]
//
// NEW is another build of the same program, or another base for it: python:3.12-slim for what
// stands on python:3.12. See package report/diff for how they are compared. Without references, the sample
// image that comes with the module is compared with the image that it is built on.
//
//	diff shop/api:1 docker:shop/api:2                     for people
//	diff -format markdown -o comment.md -on none A B      for a pull request
//	diff -on new-findings,losses A B                      for a pipeline that stops what makes it worse
//	diff shop/api:1 python:3.12-slim                      what would be missing on another base
//	diff -old-vulns a.json -new-vulns b.json A B          with the vulnerabilities gained and lost
//
// The exit code is 0 if nothing that matters differs, 1 if something of -on does, 2 if the command
// was wrong or an image could not be read, and 3 if one could be read in part only and nothing that
// matters differs in that part.
package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"os/signal"
	"slices"
	"strings"

	"github.com/moby/sys/atomicwriter"

	"github.com/stemma-go/stemma/report/diff"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	os.Exit(run(ctx, os.Args[1:], os.Stdout, os.Stderr))
}

func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	f, code, ok := parse(args, stderr)
	if !ok {
		return code
	}
	d, partial, err := f.compare(ctx, stderr)
	if err == nil {
		err = f.write(stdout, d)
	}
	switch {
	case err != nil && ctx.Err() != nil:
		fmt.Fprintln(stderr, "diff: interrupted")
		return 2
	case err != nil:
		fmt.Fprintln(stderr, "diff:", err)
		return 2
	case slices.ContainsFunc(f.on, func(what string) bool { return matters()[what](d) }):
		return 1
	case partial:
		return 3
	}
	return 0
}

// compare reads both images, one after the other, and compares them. partial is true where one
// could not be read in full.
func (f *flags) compare(ctx context.Context, stderr io.Writer) (d *diff.Diff, partial bool, err error) {
	names, err := f.names()
	if err != nil {
		return nil, false, err
	}
	opts := &diff.Options{Base: f.base}
	old, oldNeeds, err := f.read(ctx, names[0], f.vulns[0], stderr)
	if err != nil {
		return nil, false, about(names[0], err)
	}
	new, newNeeds, err := f.read(ctx, names[1], f.vulns[1], stderr)
	if err != nil {
		return nil, false, about(names[1], err)
	}
	opts.OldNeeds, opts.NewNeeds = oldNeeds, newNeeds
	return diff.New(old, new, opts), old.Partial || new.Partial, nil
}

// about puts the name of an image before an error that does not begin with it.
func about(name string, err error) error {
	if strings.HasPrefix(err.Error(), name+": ") {
		return err
	}
	return fmt.Errorf("%s: %w", name, err)
}

// write writes the comparison; a file in full, or not at all.
func (f *flags) write(stdout io.Writer, d *diff.Diff) error {
	var b bytes.Buffer
	if err := formats()[f.format](&b, d, f); err != nil {
		return err
	}
	if f.out != "" {
		return atomicwriter.WriteFile(f.out, b.Bytes(), 0o644)
	}
	_, err := stdout.Write(b.Bytes())
	return err
}
