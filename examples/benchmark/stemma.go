//go:build unix

package main

import (
	"bufio"
	"context"
	"errors"
	"flag"
	"os"
	"runtime/debug"

	"github.com/stemma-go/stemma"
	"github.com/stemma-go/stemma/layers/cache"
	"github.com/stemma-go/stemma/layers/source"
	"github.com/stemma-go/stemma/report/json"
	"github.com/stemma-go/stemma/report/rules"
)

// report writes the whole report on an image: ancestry, packages of all ecosystems,
// and what all rules find.
func report(ctx context.Context, args []string) (err error) {
	flags := flag.NewFlagSet("report", flag.ExitOnError)
	dir := flags.String("cache", "", "a `directory` to keep layers in")
	_ = flags.Parse(args) // exits by itself
	if os.Getenv("GOGC") == "" && os.Getenv("GOMEMLIMIT") == "" {
		// Most of the live heap is one large program of the image at a time, and the garbage
		// that Go would allow for its size. The limit has that collected earlier; below it,
		// garbage is collected seldom.
		debug.SetMemoryLimit(120 << 20)
		debug.SetGCPercent(200)
	}
	opts := &stemma.Options{Rules: rules.All()}
	if *dir != "" {
		if opts.Layers.Cache, err = cache.Open(*dir, nil); err != nil {
			return err
		}
	}
	img, err := source.Open(ctx, flags.Arg(0), nil)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, img.Close()) }()
	r, err := stemma.Analyze(ctx, img, opts)
	if err != nil {
		return err
	}
	out := bufio.NewWriterSize(os.Stdout, 1<<20)
	if err := json.Write(out, r, nil); err != nil {
		return err
	}
	return out.Flush()
}
