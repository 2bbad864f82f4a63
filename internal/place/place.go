// Package place knows what the place where an image was found says about it, and which
// catalogues name its ancestors: what package stemma and package chain have in common.
package place

import (
	"context"
	"fmt"
	"slices"

	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/stemma-go/stemma/ancestry"
	"github.com/stemma-go/stemma/ancestry/genealogy"
	"github.com/stemma-go/stemma/ancestry/provenance"
	"github.com/stemma-go/stemma/layers"
	"github.com/stemma-go/stemma/layers/source"
)

// MaxHint bounds what is kept of a file that says what a root is, in bytes; real ones are
// below 4 KiB.
const MaxHint = 64 << 10

// Hints returns what the place of an image says.
func Hints(img *source.Image) ancestry.Hints {
	h := ancestry.Hints{Tags: img.Tags, Digest: img.ManifestDigest, Annotations: img.Annotations}
	switch asked := img.Scheme == "registry" || img.Scheme == "docker"; {
	case asked && len(img.Tags) > 0:
		h.Reference, h.Tags = img.Tags[0], img.Tags[1:]
	case img.Scheme == "registry":
		h.Reference = img.Name // by digest; a daemon may have been asked for an ID
	}
	return h
}

// A Place is what is known of an image from where it was found.
type Place struct {
	hints     ancestry.Hints
	reference string // "" if not known
	damage    error  // what is wrong with the archive that holds the image
	image     *source.Image
}

// Of returns the place of an image that package source opened, and the zero Place for any
// other.
func Of(img v1.Image) Place {
	s, ok := img.(*source.Image)
	if !ok {
		return Place{}
	}
	p := Place{hints: Hints(s), reference: s.Reference, image: s}
	if s.Damage != nil { // what is lost by it shows in the layers, too
		p.damage = fmt.Errorf("archive: %w", s.Damage)
	}
	return p
}

// Complete fills in the hints that the caller did not give.
func (p Place) Complete(h ancestry.Hints) ancestry.Hints {
	if h.Reference == "" {
		h.Reference = p.hints.Reference
	}
	if h.Tags == nil {
		h.Tags = p.hints.Tags
	}
	if h.Digest == (v1.Hash{}) {
		h.Digest = p.hints.Digest
	}
	if h.Annotations == nil {
		h.Annotations = p.hints.Annotations
	}
	return h
}

// Reference returns what a report calls the image: the name that it was asked for by, or
// else what was opened.
func (p Place) Reference(h ancestry.Hints) string {
	if h.Reference != "" {
		return h.Reference
	}
	return p.reference
}

// Problems makes problems of the image as a whole: what is wrong with its place, and
// those of errs that are not nil.
func (p Place) Problems(errs ...error) []layers.Problem {
	var out []layers.Problem
	for _, err := range append([]error{p.damage}, errs...) {
		if err != nil {
			out = append(out, layers.Problem{Layer: layers.None, Step: layers.None, Err: err})
		}
	}
	return out
}

// Catalogues returns the caller's catalogues with the genealogy after them, which is
// joined with them: one's own images are built on official ones. The error says that
// the genealogy cannot be opened.
func Catalogues(own []ancestry.Source) ([]ancestry.Source, error) {
	g, err := genealogy.Open()
	if err != nil {
		return own, fmt.Errorf("genealogy: %w", err)
	}
	return append(slices.Clone(own), g), nil
}

// WithProvenance returns the catalogues with the image's build attestations after them, if
// its place has some. Those of a layout or an archive cost a look; a registry is asked only
// if there are options. The error is about what could not be read.
func (p Place) WithProvenance(ctx context.Context, catalogues []ancestry.Source, opts *provenance.Options) ([]ancestry.Source, error) {
	if p.image == nil || p.image.Scheme == "registry" && opts == nil {
		return catalogues, nil
	}
	found, err := p.image.Attestations(ctx, provenance.IsProvenance)
	if len(found) == 0 {
		return catalogues, err
	}
	docs := make([]provenance.Document, len(found))
	for i, a := range found {
		docs[i] = provenance.Document{Content: a.Content, Digest: a.Digest, Manifest: a.Manifest, Annotations: a.Annotations, Subject: a.Subject}
	}
	return append(slices.Clone(catalogues), provenance.New(docs, opts)), err
}
