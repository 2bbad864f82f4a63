// Tree prints the family tree of a container image.
//
//	tree [flags] [REFERENCE]
//
// REFERENCE is a docker-archive file, an OCI layout or archive, an image in a
// registry (ubuntu:24.04) or, as docker:NAME, in the Docker daemon; see package
// layers/source. Without one, the sample image that comes with the module is
// shown, and its Dockerfiles are the catalogue.
//
// The exit code is 0 if the image could be read, 1 if not, 2 if the command was
// wrong, and 3 if only a part of it could be read.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"

	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/stemma-go/stemma/ancestry"
	"github.com/stemma-go/stemma/ancestry/dockerfile"
	"github.com/stemma-go/stemma/layers/source"
	"github.com/stemma-go/stemma/report"
	"github.com/stemma-go/stemma/report/json"
	"github.com/stemma-go/stemma/report/progress"
	"github.com/stemma-go/stemma/report/rules"
	"github.com/stemma-go/stemma/report/text"
	"github.com/stemma-go/stemma/testdata/chain"
	"github.com/stemma-go/stemma/testdata/sample"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	os.Exit(run(ctx, os.Args[1:], os.Stdout, os.Stderr))
}

func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	flags := flag.NewFlagSet("tree", flag.ContinueOnError)
	flags.SetOutput(stderr)
	asJSON := flags.Bool("json", false, "write JSON (see package report/json)")
	steps := flags.Bool("steps", false, "list every ancestor's steps")
	width := flags.Int("width", 0, "columns; 0 is the terminal's")
	dockerfiles := flags.String("dockerfiles", "", "a `directory` of Dockerfiles to name ancestors by, such as base/python/3.11/Dockerfile")
	platform := flags.String("platform", "", "which image of an index, such as linux/arm64")
	insecure := flags.Bool("insecure", false, "allow plain HTTP and unverified TLS for any registry")
	if err := flags.Parse(args); errors.Is(err, flag.ErrHelp) {
		return 0
	} else if err != nil || flags.NArg() > 1 {
		return 2
	}

	opts := &report.Options{Rules: rules.All()}
	line := progress.New(stderr, nil)
	opts.Layers.Progress = line.Update
	img, err := open(ctx, flags.Arg(0), *platform, *insecure, opts)
	if err == nil && *dockerfiles != "" {
		err = catalogue(*dockerfiles, opts)
	}
	var rep *report.Report
	if err == nil {
		defer img.Close()
		rep, err = report.Analyze(ctx, img, opts)
	}
	line.Done()
	switch {
	case err != nil:
	case *asJSON:
		err = json.Write(stdout, rep, nil)
	default:
		err = text.Write(stdout, rep, &text.Options{Steps: *steps, Width: *width})
	}
	if err != nil {
		fmt.Fprintln(stderr, "tree:", err)
		return 1
	}
	if rep.Partial {
		return 3
	}
	return 0
}

// open opens the image and puts what its place says about it into the hints.
func open(ctx context.Context, ref, platform string, insecure bool, opts *report.Options) (*source.Image, error) {
	if ref == "" {
		return openSample(opts)
	}
	o := &source.Options{Insecure: insecure}
	if platform != "" {
		p, err := v1.ParsePlatform(platform)
		if err != nil {
			return nil, err
		}
		o.Platform = p
	}
	return source.Open(ctx, ref, o)
}

// openSample opens the sample image. The Dockerfiles that it and its ancestors
// were built from are the catalogue, as an organisation's own would be.
func openSample(opts *report.Options) (*source.Image, error) {
	c, err := dockerfile.New(chain.Images()...)
	if err != nil {
		return nil, err
	}
	opts.Catalogues = []ancestry.Source{c}
	img, err := sample.Open()
	if err != nil {
		return nil, err
	}
	return &source.Image{Image: img, Reference: sample.Reference, Tags: []string{sample.Reference}}, nil
}

func catalogue(dir string, opts *report.Options) error {
	c, err := dockerfile.Load(os.DirFS(dir), nil)
	if err != nil {
		return err
	}
	opts.Catalogues = append(opts.Catalogues, c)
	return nil
}
