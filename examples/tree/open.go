package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/stemma-go/stemma"
	"github.com/stemma-go/stemma/ancestry"
	"github.com/stemma-go/stemma/ancestry/dockerfile"
	"github.com/stemma-go/stemma/layers/source"
	"github.com/stemma-go/stemma/testdata/chain"
	"github.com/stemma-go/stemma/testdata/sample"
)

// open opens the image that was asked for, and puts the catalogue that names its
// ancestors into opts.
func (f *flags) open(ctx context.Context, opts *stemma.Options, stderr io.Writer) (*source.Image, error) {
	if f.dockerfiles != "" {
		c, err := loadDockerfiles(f.dockerfiles, stderr)
		if err != nil {
			return nil, err
		}
		opts.Catalogues = []ancestry.Source{c}
	}
	if f.reference == "" {
		return openSample(opts)
	}
	o := &source.Options{Insecure: f.insecure}
	if f.platform != "" {
		p, err := v1.ParsePlatform(f.platform)
		if err != nil {
			return nil, err
		}
		o.Platform = p
	}
	return source.Open(ctx, f.reference, o)
}

// loadDockerfiles makes a catalogue of a directory. A Dockerfile that can't be
// read is told of and costs only itself.
func loadDockerfiles(dir string, stderr io.Writer) (*dockerfile.Catalogue, error) {
	if _, err := os.ReadDir(dir); err != nil {
		return nil, err
	}
	c, err := dockerfile.Load(os.DirFS(dir), nil)
	if c.Len() == 0 {
		return nil, errors.Join(fmt.Errorf("%s: no Dockerfile in it names an image by its place, as NAME/TAG/Dockerfile does", dir), err)
	}
	if err != nil {
		fmt.Fprintf(stderr, "tree: %s: %v\n", dir, err)
	}
	return c, nil
}

// openSample opens the sample image. The Dockerfiles that it and its ancestors
// were built from are the catalogue, as an organisation's own would be.
func openSample(opts *stemma.Options) (*source.Image, error) {
	c, err := dockerfile.New(chain.Images()...)
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
