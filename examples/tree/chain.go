package main

import (
	"context"

	"github.com/stemma-go/stemma"
	"github.com/stemma-go/stemma/ancestry/chain"
	"github.com/stemma-go/stemma/layers/source"
	"github.com/stemma-go/stemma/report"
)

// report reads the image: all of it, or with -chain no more than its chain takes. What -vulns
// names is joined to it, and what -packages and -newer name says how far the fixes have come.
func (f *flags) report(ctx context.Context, img *source.Image, opts *stemma.Options) (*report.Report, error) {
	r, err := f.read(ctx, img, opts)
	if err != nil {
		return nil, err
	}
	if err := f.joinVulns(r, img); err != nil {
		return nil, err
	}
	f.compareRoot(ctx, r)
	return r, f.tracePatches(ctx, r, img)
}

func (f *flags) read(ctx context.Context, img *source.Image, opts *stemma.Options) (*report.Report, error) {
	if f.chain {
		return chain.Of(ctx, img, &chain.Options{Catalogues: opts.Catalogues, Rules: opts.Rules, NoGenealogy: opts.NoGenealogy, Live: opts.Live, Provenance: opts.Provenance})
	}
	return stemma.Analyze(ctx, img, opts)
}
