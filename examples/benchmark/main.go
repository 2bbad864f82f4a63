//go:build unix

// Benchmark runs Stemma and its peers in turn on one image, and prints what each of
// them took: wall time, CPU time, peak memory, temporary disk, and the packages that it
// found.
//
//	benchmark [-n 5] [-only stemma,trivy] IMAGE
//
// The row "floor" is no tool: it decompresses, hashes and walks the headers, and learns
// nothing.
//
// IMAGE is a docker-archive or the directory of an OCI layout of one image. The peers
// are those on PATH of Trivy, Syft, SCALIBR and dive that can read it; nothing is
// fetched, and each runs offline. Every tool runs as a process of its own, with an
// empty directory for its temporary files, caches and home; the rounds are
// interleaved, so that other work of the machine slows all of them alike. One round
// that is not counted comes first.
//
// README.md shows a table, and the flags.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"strings"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "benchmark:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string) (err error) {
	if len(args) > 0 {
		switch args[0] {
		case "report": // the part of Stemma, in a process of its own
			return report(ctx, args[1:])
		case "floor":
			return floor(ctx, args[1:])
		case "count": // so that this process stays small: see measure
			return count(args[1:])
		}
	}
	flags := flag.NewFlagSet("benchmark", flag.ExitOnError)
	rounds := flags.Int("n", 5, "counted `rounds`")
	only := flags.String("only", "", "run these `tools` alone, such as stemma,trivy")
	flags.Usage = func() {
		fmt.Fprint(flags.Output(), "usage: benchmark [flags] IMAGE\n\nIMAGE is an OCI layout's directory or a docker-archive.\n\n")
		flags.PrintDefaults()
	}
	_ = flags.Parse(args) // exits by itself
	if flags.NArg() != 1 || *rounds < 1 {
		flags.Usage()
		os.Exit(2)
	}
	img, err := open(flags.Arg(0))
	if err != nil {
		return err
	}
	found, missing, err := find(img, *only)
	if err != nil {
		return err
	}
	for _, m := range missing {
		fmt.Fprintln(os.Stderr, "left out:", m)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(keptDir())) }()
	results := make([][]measured, len(found))
	for round := range *rounds + 1 {
		for i, t := range found {
			m, err := measure(ctx, t)
			if err != nil {
				return fmt.Errorf("%s: %w", t.name, err)
			}
			fmt.Fprintf(os.Stderr, "round %d: %-24s %s\n", round, t.name, m)
			if round > 0 {
				results[i] = append(results[i], m)
			}
		}
	}
	fmt.Print(table(found, results))
	return nil
}

// An image is where the tools find it.
type image struct {
	path   string
	layout bool // a docker-archive otherwise
}

func open(path string) (image, error) {
	info, err := os.Stat(path)
	if err != nil {
		return image{}, err
	}
	return image{path, info.IsDir()}, nil
}

func wanted(name, only string) bool {
	if only == "" {
		return true
	}
	for n := range strings.SplitSeq(only, ",") {
		if n == name || strings.HasPrefix(name, n+",") || strings.HasPrefix(name, n+" ") {
			return true
		}
	}
	return false
}
