package main

import (
	"context"
	"errors"
	"fmt"
	"strings"

	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/stemma-go/stemma"
	"github.com/stemma-go/stemma/layers/source"
	"github.com/stemma-go/stemma/packages/index"
	"github.com/stemma-go/stemma/report"
	"github.com/stemma-go/stemma/report/patch"
)

// tracePatches says how far the fixes of -vulns have come, and counts what -packages has newer
// versions of. Where the image has no distribution of which an index can be read, that is said
// instead.
func (f *flags) tracePatches(ctx context.Context, r *report.Report, img *source.Image) error {
	opts := &patch.Options{}
	if len(f.packages) > 0 {
		x, err := f.openIndex(ctx, r, img)
		switch {
		case errors.Is(err, index.ErrSystem):
			opts.NoIndex = err.Error()
		case err != nil:
			return fmt.Errorf("-packages: %w", err)
		default:
			opts.Index = x
		}
	}
	if len(f.newer) > 0 {
		newer, err := f.readNewer(ctx, img)
		if err != nil {
			return err
		}
		opts.Rebuilds = newer
	}
	r.Patches = patch.Trace(r, opts)
	return nil
}

func (f *flags) openIndex(ctx context.Context, r *report.Report, img *source.Image) (*index.Index, error) {
	c, err := img.ConfigFile()
	if err != nil {
		return nil, err
	}
	d := patch.Distribution(r)
	of := index.System{ID: d.ID, VersionID: d.VersionID, Codename: d.Codename, Arch: index.Arch(d.ID, c.Architecture, c.Variant)}
	return index.Open(ctx, of, f.packages, nil)
}

// A tagged reference is what the tag of an ancestor points to today, and where to read it.
type tagged struct{ tag, reference string }

// addNewer takes a value of -newer.
func (f *flags) addNewer(s string) error {
	tag, reference, ok := strings.Cut(s, "=")
	if !ok {
		reference = tag
	}
	if tag == "" || reference == "" {
		return errors.New("not TAG or TAG=REFERENCE")
	}
	f.newer = append(f.newer, tagged{tag, reference})
	return nil
}

// readNewer reads the images of -newer, for the platform of the image.
func (f *flags) readNewer(ctx context.Context, img *source.Image) (patch.Newer, error) {
	c, err := img.ConfigFile()
	if err != nil {
		return nil, err
	}
	o, err := f.sourceOptions()
	if err != nil {
		return nil, err
	}
	o.Platform = &v1.Platform{OS: c.OS, Architecture: c.Architecture, Variant: c.Variant}
	newer := patch.Newer{}
	for _, n := range f.newer {
		if newer[n.tag], err = readOne(ctx, n, o); err != nil {
			if n.tag != n.reference { // which the error begins with
				err = fmt.Errorf("%s: %w", n.tag, err)
			}
			return nil, err
		}
	}
	return newer, nil
}

func readOne(ctx context.Context, n tagged, o *source.Options) (*report.Report, error) {
	img, err := source.Open(ctx, n.reference, o)
	if err != nil {
		return nil, err
	}
	defer img.Close()
	rep, err := stemma.Analyze(ctx, img, &stemma.Options{})
	if err != nil {
		return nil, fmt.Errorf("%s: %w", n.reference, err)
	}
	return rep, nil
}
