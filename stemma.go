// Package stemma draws the family tree of a container image: which images it
// descends from, what each of them put into it, how old and how fit each of them
// is, and what to do about it. It needs nothing but the image.
//
// [Analyze] does everything in one call: an image in, a report out. It reads every
// layer once, resolves the chain of ancestors, lists the packages, joins the three
// and runs the rules. Each part is a package of its own:
//
//   - layers/source opens an image by its reference;
//   - layers/history parses the history of its configuration;
//   - layers reads its layers once and says what each of them did;
//   - ancestry finds its chain of parents, ancestry/provenance what its build attested;
//   - packages is the vocabulary of packages and their lives, packages/scan reads
//     them from an image, with Syft's parsers;
//   - chain finds the chain alone, without reading the image;
//   - live asks registries whether the ancestors' tags have moved, if a caller wants that;
//   - report joins them and runs the rules; the packages below it write a report as
//     text or JSON, check it against a policy, and assert on it in tests.
//
// This package imports all of them, Syft and the registry client included. A
// program that needs only some of them imports only those, and compiles faster.
// ARCHITECTURE.md shows how they fit together.
package stemma

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/stemma-go/stemma/ancestry"
	"github.com/stemma-go/stemma/ancestry/live"
	"github.com/stemma-go/stemma/ancestry/provenance"
	"github.com/stemma-go/stemma/internal/place"
	"github.com/stemma-go/stemma/layers"
	"github.com/stemma-go/stemma/packages"
	"github.com/stemma-go/stemma/packages/scan"
	"github.com/stemma-go/stemma/report"
)

// Options say what [Analyze] reads and which rules it runs. nil and the zero value
// are the defaults.
type Options struct {
	// Hints are passed to [ancestry.Resolve]. Where they are not given, two things
	// are filled in: what the layers say (files of the root, which were verified, the
	// digests of the stored blobs), and what [HintsOf] says of an image that package
	// layers/source opened. Reference and Digest become those of the report.
	Hints ancestry.Hints
	// Catalogues are passed to [ancestry.Resolve], with the genealogy of the Docker
	// Official Images, which ships in the module, after them.
	Catalogues []ancestry.Source
	// Publishers are passed to [ancestry.Resolve]: rows by which images of one's own
	// are told, tried before those that Stemma has.
	Publishers []ancestry.Publisher
	// NoGenealogy leaves the genealogy out: for a newer one among the Catalogues, which
	// package ancestry/catalogue/artifact fetches.
	NoGenealogy bool
	// Live says which registry to ask whether the ancestors' tags still point to what is in
	// the image. nil asks nobody: see package live.
	Live *live.Options
	// Provenance says what is done with the build attestations of an image that package
	// layers/source opened. If it is nil, those in a layout or an archive are read
	// nevertheless, and a registry is not asked for them: see package
	// ancestry/provenance for what that costs.
	Provenance *provenance.Options
	// Rules find what there is to report. nil means no findings: the rules that ship
	// with this module are rules.All, in package report/rules.
	Rules []report.Rule
	// AsOf is the moment for which ages and ends of life are told; the zero Time is
	// now.
	AsOf time.Time
	// Layers and Packages are passed on to the readers. What the packages want read is
	// added to Layers.Wants.
	Layers   layers.Options
	Packages scan.Options
	// NoPackages leaves the packages out: faster, and rules that look at packages
	// find nothing.
	NoPackages bool
}

// Analyze reads img once and reports on it.
//
// It fails only where nothing can be reported: the configuration cannot be read, or
// ctx is done. All else is among the report's Problems, and Partial says that some
// of the image could not be read.
func Analyze(ctx context.Context, img v1.Image, opts *Options) (*report.Report, error) {
	if opts == nil {
		opts = &Options{}
	}
	read := opts.Layers
	files := &report.Files{}
	read.Wants = append(slices.Clone(read.Wants), append(files.Wants(), wantHints)...)
	var collector *scan.Collector
	if !opts.NoPackages {
		collector = scan.NewCollector(&opts.Packages)
		read.Wants = append(read.Wants, collector.Wants()...)
	}
	idx, err := layers.Read(ctx, img, &read)
	if err != nil {
		return nil, err
	}
	var inv *packages.Inventory
	var failed error
	attributed := func() {}
	if collector != nil { // while the chain is told, which knows nothing of packages
		var running sync.WaitGroup
		running.Go(func() { inv, failed = collector.Attribute(ctx, idx) })
		attributed = running.Wait
	}
	found := place.Of(img)
	given := found.Complete(opts.Hints)
	catalogues, unopened := opts.catalogues()
	catalogues, unread := found.WithProvenance(ctx, catalogues, opts.Provenance)
	lin, err := live.Resolve(ctx, img, &ancestry.Options{
		Hints: addLayerHints(given, idx), Catalogues: catalogues, Publishers: opts.Publishers,
	}, opts.Live)
	attributed()
	if err != nil {
		return nil, err
	}
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	if failed != nil {
		failed = fmt.Errorf("packages: %w", failed)
	}
	rep := report.Options{
		Reference: found.Reference(given), Digest: given.Digest, AsOf: opts.AsOf, Rules: opts.Rules, Files: files,
		Problems: found.Problems(unopened, unread, failed), Partial: failed != nil,
	}
	return report.New(idx, lin, inv, &rep), nil
}

func (o *Options) catalogues() ([]ancestry.Source, error) {
	if o.NoGenealogy {
		return o.Catalogues, nil
	}
	return place.Catalogues(o.Catalogues)
}
