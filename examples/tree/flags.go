package main

import (
	"flag"
	"fmt"
	"io"
)

// flags are the command line, parsed.
type flags struct {
	json, steps, insecure            bool
	width                            int
	dockerfiles, platform, reference string
}

// parse returns the flags, or the exit code.
func parse(args []string, stderr io.Writer) (f flags, code int, ok bool) {
	set := flag.NewFlagSet("tree", flag.ContinueOnError)
	set.SetOutput(stderr)
	set.Usage = func() {
		fmt.Fprintln(stderr, "usage: tree [flags] [REFERENCE]")
		set.PrintDefaults()
	}
	set.BoolVar(&f.json, "json", false, "write JSON (see package report/json)")
	set.BoolVar(&f.steps, "steps", false, "list every ancestor's steps")
	set.IntVar(&f.width, "width", 0, "columns; 0 is the terminal's")
	set.StringVar(&f.dockerfiles, "dockerfiles", "", "a `directory` of Dockerfiles to name ancestors by, such as base/python/3.11/Dockerfile")
	set.StringVar(&f.platform, "platform", "", "which image of an index, such as linux/arm64")
	set.BoolVar(&f.insecure, "insecure", false, "allow plain HTTP and unverified TLS for any registry")
	switch err := set.Parse(args); {
	case err == flag.ErrHelp:
		return f, 0, false
	case err != nil:
		return f, 2, false
	case set.NArg() > 1:
		set.Usage()
		return f, 2, false
	}
	f.reference = set.Arg(0)
	return f, 0, true
}
