package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/stemma-go/stemma"
	"github.com/stemma-go/stemma/ancestry"
	"github.com/stemma-go/stemma/ancestry/catalogue/own"
	"github.com/stemma-go/stemma/layers/needs"
	"github.com/stemma-go/stemma/layers/source"
	"github.com/stemma-go/stemma/report"
	"github.com/stemma-go/stemma/report/progress"
	"github.com/stemma-go/stemma/report/rules"
	"github.com/stemma-go/stemma/report/vulns"
	"github.com/stemma-go/stemma/testdata/chain"
	"github.com/stemma-go/stemma/testdata/sample"
)

// names are the references to compare: those that were given, or the sample's base and the sample.
func (f *flags) names() ([]string, error) {
	if len(f.references) == 2 {
		return f.references, nil
	}
	stages, err := sample.Stages()
	if err != nil {
		return nil, err
	}
	if len(stages) < 2 {
		return nil, fmt.Errorf("the sample has no image below it")
	}
	return stages[len(stages)-2:], nil
}

// read reads one image, with what its programs need, and joins what scanners found in it.
func (f *flags) read(ctx context.Context, reference string, scans []string, stderr io.Writer) (*report.Report, *needs.Set, error) {
	docs, err := openScans(scans)
	if err != nil {
		return nil, nil, err
	}
	line := progress.New(stderr)
	defer line.Done()
	opts := &stemma.Options{Rules: rules.All()}
	opts.Layers.Progress = line.Update
	img, err := f.open(ctx, reference, opts, line.Waiting)
	if err != nil {
		return nil, nil, err
	}
	defer img.Close()
	collector := needs.New()
	if !f.quick {
		opts.Layers.Wants = append(opts.Layers.Wants, collector.Want())
	}
	rep, err := stemma.Analyze(ctx, img, opts)
	if err == nil && len(docs) > 0 {
		err = join(rep, img, docs)
	}
	if err != nil || f.quick {
		return rep, nil, err
	}
	return rep, collector.Set(rep.Index), nil
}

// openScans reads scanners' reports and VEX documents.
func openScans(files []string) ([]*vulns.Document, error) {
	var docs []*vulns.Document
	for _, file := range files {
		d, err := vulns.Open(file)
		if err != nil {
			return nil, err
		}
		docs = append(docs, d)
	}
	return docs, nil
}

// join joins what scanners found to the report of the image.
func join(rep *report.Report, img *source.Image, docs []*vulns.Document) error {
	opts, err := vulns.OptionsOf(img)
	if err != nil {
		return err
	}
	opts.IndexDigest = img.IndexDigest
	rep.Vulnerabilities, err = vulns.Join(rep, docs, opts)
	return err
}

// open opens an image. The catalogue that names its ancestors comes from -dockerfiles, and for
// the sample from the Dockerfiles of its chain.
func (f *flags) open(ctx context.Context, reference string, opts *stemma.Options, waiting func(string)) (*source.Image, error) {
	b := own.New(f.dockerfiles, time.Now())
	isSample := len(f.references) == 0
	switch {
	case isSample:
		if err := b.AddDockerfiles(ctx, chain.Dockerfiles(), &own.Options{Name: chain.Name}); err != nil {
			return nil, err
		}
	case f.dockerfiles != "":
		if _, err := os.ReadDir(f.dockerfiles); err != nil {
			return nil, err
		}
		if err := b.AddDockerfiles(ctx, os.DirFS(f.dockerfiles), nil); err != nil {
			return nil, err
		}
	}
	if isSample || f.dockerfiles != "" {
		c, err := b.Catalogue()
		if err != nil {
			return nil, err
		}
		opts.Catalogues = []ancestry.Source{c}
	}
	if isSample {
		img, err := sample.Stage(reference)
		if err != nil {
			return nil, err
		}
		return &source.Image{Image: img, Reference: reference, Tags: []string{reference}}, nil
	}
	o := &source.Options{Insecure: f.insecure, Waiting: waiting}
	if f.platform != "" {
		p, err := source.ParsePlatform(f.platform)
		if err != nil {
			return nil, err
		}
		o.Platform = p
	}
	return source.Open(ctx, reference, o)
}
