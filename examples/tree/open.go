package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/stemma-go/stemma"
	"github.com/stemma-go/stemma/ancestry"
	"github.com/stemma-go/stemma/ancestry/catalogue"
	"github.com/stemma-go/stemma/ancestry/catalogue/own"
	"github.com/stemma-go/stemma/layers/source"
	"github.com/stemma-go/stemma/testdata/chain"
	"github.com/stemma-go/stemma/testdata/sample"
)

// open opens the image that was asked for, and puts the catalogue that names its
// ancestors into opts.
func (f *flags) open(ctx context.Context, opts *stemma.Options, stderr io.Writer, waiting func(string)) (*source.Image, error) {
	if f.dockerfiles != "" {
		c, err := loadDockerfiles(ctx, f.dockerfiles, stderr)
		if err != nil {
			return nil, err
		}
		opts.Catalogues = []ancestry.Source{c}
	}
	if f.reference == "" {
		return openSample(ctx, opts)
	}
	o, err := f.sourceOptions()
	if err != nil {
		return nil, err
	}
	o.Waiting = waiting
	return source.Open(ctx, f.reference, o)
}

// sourceOptions say how references are opened.
func (f *flags) sourceOptions() (*source.Options, error) {
	o := &source.Options{Insecure: f.insecure}
	if f.localRedirects != "" {
		o.LocalRedirects = strings.Split(f.localRedirects, ",")
	}
	if f.platform != "" {
		p, err := source.ParsePlatform(f.platform)
		if err != nil {
			return nil, err
		}
		o.Platform = p
	}
	return o, nil
}

// loadDockerfiles makes a catalogue of a directory. A Dockerfile that can't be
// read is told of and costs only itself.
func loadDockerfiles(ctx context.Context, dir string, stderr io.Writer) (*catalogue.Catalogue, error) {
	if _, err := os.ReadDir(dir); err != nil {
		return nil, fmt.Errorf("-dockerfiles: %w", err)
	}
	b := own.New(dir, time.Now())
	err := b.AddDockerfiles(ctx, os.DirFS(dir), nil)
	if _, n := b.Len(); n == 0 {
		return nil, errors.Join(fmt.Errorf("%s: no Dockerfile in it names an image by its place, as NAME/TAG/Dockerfile does", dir), err)
	}
	if err != nil {
		fmt.Fprintf(stderr, "tree: %s: %v\n", dir, err)
	}
	return b.Catalogue()
}

// openSample opens the sample image. The Dockerfiles that it and its ancestors
// were built from are the catalogue, as an organisation's own would be.
func openSample(ctx context.Context, opts *stemma.Options) (*source.Image, error) {
	b := own.New("testdata/chain", time.Now())
	if err := b.AddDockerfiles(ctx, chain.Dockerfiles(), &own.Options{Name: chain.Name}); err != nil {
		return nil, err
	}
	c, err := b.Catalogue()
	if err != nil {
		return nil, err
	}
	opts.Catalogues = append(opts.Catalogues, c)
	img, err := sample.Open()
	if err != nil {
		return nil, err
	}
	return &source.Image{Image: img, Reference: sample.Reference, Tags: []string{sample.Reference}}, nil
}
