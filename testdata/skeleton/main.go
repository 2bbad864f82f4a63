// Command skeleton makes a small image of a large one: names, sizes, modes, owners,
// links, package databases and history stay; other contents become zeros.
//
//	skeleton -o DIR NAME=LAYOUT@DATE...
//
// Each NAME is a stage of one chain, parent first; LAYOUT is the OCI layout directory that
// holds it alone, and DATE (RFC 3339) the moment its build is said to have ended. DIR
// becomes an OCI layout whose index names the last stage; DIR/../stages.json is an image
// index of all of them over the same blobs. The same input gives the same bytes.
//
// A file that is not kept has its true size; its first eight bytes are those of its
// content's SHA-256 and the rest is zero, so equal contents stay equal and different ones
// different. See keep for what is kept.
package main

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"time"
)

// stage is one image of the chain, as asked for.
type stage struct {
	name   string
	layout string
	date   time.Time
}

func main() {
	out := flag.String("o", "", "the OCI layout directory to write")
	flag.Parse()
	if err := run(*out, flag.Args()); err != nil {
		fmt.Fprintln(os.Stderr, "skeleton:", err)
		os.Exit(1)
	}
}

func run(out string, args []string) error {
	if out == "" || len(args) == 0 {
		return fmt.Errorf("want -o DIR NAME=LAYOUT@DATE")
	}
	var stages []stage
	for _, arg := range args {
		s, err := parseStage(arg)
		if err != nil {
			return fmt.Errorf("%q: %w", arg, err)
		}
		stages = append(stages, s)
	}
	return skeletonise(out, stages)
}

func parseStage(arg string) (stage, error) {
	name, rest, ok := strings.Cut(arg, "=")
	at := strings.LastIndexByte(rest, '@')
	if !ok || at < 0 {
		return stage{}, fmt.Errorf("not NAME=LAYOUT@DATE")
	}
	date, err := time.Parse(time.RFC3339, rest[at+1:])
	if err != nil {
		return stage{}, err
	}
	return stage{name: name, layout: rest[:at], date: date}, nil
}
