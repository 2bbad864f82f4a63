package report

import (
	"context"
	"fmt"
	"slices"

	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/stemma-go/stemma/ancestry"
	"github.com/stemma-go/stemma/layers"
	"github.com/stemma-go/stemma/layers/source"
	"github.com/stemma-go/stemma/packages"
)

// Analyze reads img once and reports on it. nil opts are the defaults, which
// judge nothing: give it Options.Rules. For an image that package source opened,
// hints that are not given are those of [HintsOf].
//
// The error is not nil only where nothing can be reported: the configuration
// can't be read, or ctx is done. All else is among the report's Problems.
func Analyze(ctx context.Context, img v1.Image, opts *Options) (*Report, error) {
	var given Options
	if opts != nil {
		given = *opts
	}
	given.Hints = placed(img, given.Hints)
	opts = &given
	read := opts.Layers
	read.Wants = append(slices.Clone(read.Wants), wantOSRelease)
	var collector *packages.Collector
	if !opts.NoPackages {
		collector = packages.NewCollector(&opts.Packages)
		read.Wants = append(read.Wants, collector.Wants()...)
	}
	idx, err := layers.Read(ctx, img, &read)
	if err != nil {
		return nil, err
	}
	sources, unopened := catalogues(opts)
	lin, err := ancestry.Resolve(ctx, img, &ancestry.Options{Hints: hints(idx, opts.Hints), Catalogues: sources})
	if err != nil {
		return nil, err
	}
	var (
		inv    *packages.Inventory
		failed error
	)
	if collector != nil {
		if inv, failed = collector.Attribute(ctx, idx); ctx.Err() != nil {
			return nil, ctx.Err()
		}
	}
	r := New(idx, lin, inv, opts)
	if s, ok := img.(*source.Image); ok {
		r.place(s)
	}
	if unopened != nil {
		r.Problems = append(r.Problems, layers.Problem{Layer: layers.None, Step: layers.None, Err: unopened})
	}
	if failed != nil {
		r.Partial = true
		r.Problems = append(r.Problems, layers.Problem{Layer: layers.None, Step: layers.None, Err: fmt.Errorf("packages: %w", failed)})
	}
	return r, nil
}
