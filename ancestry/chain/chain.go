package chain

import (
	"context"
	"time"

	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/stemma-go/stemma/ancestry"
	"github.com/stemma-go/stemma/ancestry/live"
	"github.com/stemma-go/stemma/ancestry/provenance"
	"github.com/stemma-go/stemma/internal/place"
	"github.com/stemma-go/stemma/layers"
	"github.com/stemma-go/stemma/report"
)

// Options say how to tell a chain. nil and the zero value are the defaults.
type Options struct {
	// Hints are passed to [ancestry.Resolve]. Where they are not given, these are filled
	// in: the files of the root, which are not read if there are Files; the digests of
	// the stored layers, as the manifest has them; and what the place says where package
	// layers/source found the image. Reference and Digest become those of the report.
	Hints ancestry.Hints
	// Catalogues are passed to [ancestry.Resolve], with the genealogy of the Docker
	// Official Images, which ships in the module, after them.
	Catalogues []ancestry.Source
	// Publishers are passed to [ancestry.Resolve].
	Publishers []ancestry.Publisher
	// NoGenealogy leaves the genealogy out.
	NoGenealogy bool
	// Live says which registry to ask whether the ancestors' tags still point to what is in
	// the image. nil asks nobody: see package live.
	Live *live.Options
	// Provenance says what is done with the build attestations of an image that package
	// layers/source opened. If it is nil, those in a layout or an archive are read
	// nevertheless, and a registry is not asked for them: see package
	// ancestry/provenance for what that costs.
	Provenance *provenance.Options
	// Rules find what there is to report. nil means no findings. Rules that need layers
	// or packages find nothing; the rule unknown says so.
	Rules []report.Rule
	// AsOf is the moment for which ages and ends of life are told; the zero Time is now.
	AsOf time.Time
	// MaxBytes is the most that is read of the layers, in bytes as they are stored; the
	// default is 8 MiB. If it is negative, no layer is read.
	MaxBytes int64
}

// defaultMaxBytes is enough for the roots whose etc/ comes early, and for all of
// Alpine's. A root without such files, as that of an image from scratch, costs that much.
const defaultMaxBytes = 8 << 20

// Of tells the chain of img, and makes a report of it without layers and packages.
//
// It fails only where nothing can be reported: the configuration cannot be read, or ctx
// is done. All else is among the report's Problems. Partial says that the root could not
// be read; that MaxBytes were not enough is a Problem only.
func Of(ctx context.Context, img v1.Image, opts *Options) (*report.Report, error) {
	if opts == nil {
		opts = &Options{}
	}
	found := place.Of(img)
	hints := found.Complete(opts.Hints)
	if hints.LayerDigests == nil {
		hints.LayerDigests = storedDigests(img)
	}
	var root root
	if hints.Files == nil && opts.MaxBytes >= 0 {
		if err := root.read(ctx, img, opts.maxBytes()); err != nil {
			return nil, err
		}
		hints.Files, hints.FilesPartial = root.files, root.partial
	}
	catalogues, unopened := opts.Catalogues, error(nil)
	if !opts.NoGenealogy {
		catalogues, unopened = place.Catalogues(opts.Catalogues)
	}
	catalogues, unread := found.WithProvenance(ctx, catalogues, opts.Provenance)
	lineage, err := live.Resolve(ctx, img, &ancestry.Options{Hints: hints, Catalogues: catalogues, Publishers: opts.Publishers}, opts.Live)
	if err != nil {
		return nil, err
	}
	return report.New(nil, lineage, nil, &report.Options{
		Reference: found.Reference(hints), Digest: hints.Digest, AsOf: opts.AsOf, Rules: opts.Rules,
		Problems: append(found.Problems(unopened, unread), root.problems...), Partial: root.failed,
	}), nil
}

func (o *Options) maxBytes() int64 {
	if o.MaxBytes == 0 {
		return defaultMaxBytes
	}
	return o.MaxBytes
}

// storedDigests returns the digests of the layers' blobs, as the manifest has them; nil
// where there is none.
func storedDigests(img v1.Image) []v1.Hash {
	all, err := img.Layers()
	if err != nil {
		return nil // reading the root says so
	}
	digests := make([]v1.Hash, len(all))
	for i, l := range all {
		described, ok := l.(layers.Described)
		if !ok {
			return nil
		}
		d, ok := described.Described()
		if !ok {
			return nil
		}
		digests[i] = d.Digest
	}
	return digests
}
