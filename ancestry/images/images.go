package images

import (
	"cmp"
	"errors"
	"fmt"
	"slices"

	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/stemma-go/stemma/ancestry"
)

// An Image is what is known of one image.
type Image struct {
	// Name is what the image is called, with all its tags, and its manifest digest
	// if known.
	Name ancestry.Name
	// DiffIDs are the digests of its layers' uncompressed archives, bottom first.
	DiffIDs []v1.Hash
	// Digests are those of the stored blobs, bottom first, if known.
	Digests []v1.Hash
	// History is its configuration's history.
	History []v1.History
}

// Describe reads an image's configuration, and no layer. reference is what the
// image is called: "debian:bookworm", "ghcr.io/acme/base:1.4@sha256:…".
//
// Digests stays empty: not every kind of image knows them without reading all
// layers. Fill it in from a registry's manifest.
func Describe(reference string, img ancestry.ConfigFiler) (Image, error) {
	n, ok := ancestry.ParseName(reference)
	if !ok {
		return Image{}, fmt.Errorf("%q is no image's name", reference)
	}
	cfg, err := img.ConfigFile()
	if err != nil {
		return Image{}, fmt.Errorf("%s: reading the configuration: %w", reference, err)
	}
	if cfg == nil {
		return Image{}, fmt.Errorf("%s: %w", reference, errors.New("no configuration"))
	}
	return Image{Name: n, DiffIDs: cfg.RootFS.DiffIDs, History: cfg.History}, nil
}

// A Catalogue knows images again. It is safe for concurrent use.
type Catalogue struct {
	images []Image
}

// New makes a catalogue. The order of the images decides nothing: claims come in
// that of their names.
func New(images ...Image) *Catalogue {
	c := &Catalogue{images: slices.Clone(images)}
	slices.SortStableFunc(c.images, func(a, b Image) int {
		return cmp.Or(
			cmp.Compare(a.Name.Repository, b.Name.Repository),
			slices.Compare(a.Name.Tags, b.Name.Tags),
			cmp.Compare(a.Name.Digest.String(), b.Name.Digest.String()),
		)
	})
	return c
}

// Len returns the number of images.
func (c *Catalogue) Len() int { return len(c.images) }
