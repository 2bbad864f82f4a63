// Package own makes catalogues of one's own images: of Dockerfiles in a directory, of
// a git repository's history of them, of images, or of all of these together.
//
//	b := own.New("registry.example.com", time.Now())
//	err := b.AddRepository(ctx, "/src/base-images/.git", nil)
//	err = b.AddImage(own.Image{Name: name, Config: cfg})
//	known, err := b.Catalogue()
//	lineage, err := ancestry.Resolve(ctx, img, &ancestry.Options{Catalogues: []ancestry.Source{known}})
//
// [Builder.WriteTo] writes the same catalogue to a file, which [catalogue.Open] opens.
// The command catalogue does that from a shell.
//
// # Dockerfiles
//
// An image is recognised if all instructions that its Dockerfile adds are in the
// history, and their FROM agrees with what is below; package catalogue has the rules.
// That a Dockerfile was built is not proved by that: whoever copies its instructions
// gets the same history. It gets no name, and the evidence says what it resembles, when
//
//   - some instructions agree and others do not;
//   - it was built with other build arguments than the Dockerfile's defaults (give them
//     in [Options] if your builds set them);
//   - FROM names an image of the catalogue that is not below;
//   - the Dockerfile says too little to be told from others: CMD and COPY are in many.
//
// # Images
//
// An image is an ancestor of another if all its layers are the lowest layers of the
// other, and its history, if it has one, is where the other's begins, dates included.
// Layers are compared by diffID, or by the digest of the stored layer where one side
// has no diffIDs. The name is
//
//   - Proved if the layers of both were read, and have the diffIDs that are claimed;
//   - Recorded if one of the two was not: its configuration or manifest says so;
//   - Recognised if no layers can be compared, and the history agrees to the last digit
//     of every date. Two images can have one history and different layers (Debian makes
//     its full and its slim images in the same second); if both are in the catalogue it is
//     a tie.
//
// Layers that agree under another history are the same bytes with another
// configuration, and the same instructions with other layers are another build. Neither
// is the image.
package own

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"time"

	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/stemma-go/stemma/ancestry"
	"github.com/stemma-go/stemma/ancestry/catalogue"
	"github.com/stemma-go/stemma/ancestry/catalogue/internal/build"
	"github.com/stemma-go/stemma/ancestry/catalogue/internal/data"
	"github.com/stemma-go/stemma/layers/history"
)

// A Builder collects images and makes a catalogue of them. The order in which they are
// added has no influence on it. A Builder is not safe for concurrent use.
type Builder struct{ b *build.Builder }

// New returns an empty Builder. source says in evidence what the catalogue is made
// from; asOf is the day on which that was so.
func New(source string, asOf time.Time) *Builder {
	return &Builder{build.New(data.DayOf(asOf), source)}
}

// Len returns how many repositories the catalogue has, and how many recipes and images
// of them.
func (b *Builder) Len() (repositories, images int) {
	s := b.b.Stats()
	return s.Repositories, s.Recipes
}

// Catalogue returns a catalogue of what was added so far.
func (b *Builder) Catalogue() (*catalogue.Catalogue, error) {
	file, err := b.b.Encode()
	if err != nil {
		return nil, err
	}
	return catalogue.Open(bytes.NewReader(file), int64(len(file)))
}

// WriteTo writes the catalogue file. The same images give the same bytes.
func (b *Builder) WriteTo(w io.Writer) (int64, error) {
	file, err := b.b.Encode()
	if err != nil {
		return 0, err
	}
	n, err := w.Write(file)
	return int64(n), err
}

// An Image is an image that one has.
type Image struct {
	// Name is what the image is called, with all its tags, and its manifest digest if
	// that is known.
	Name ancestry.Name
	// Config is its configuration: its history, and the diffIDs of its layers.
	Config *v1.ConfigFile
	// Verified says that the diffIDs were computed from the layers. Where they were not,
	// what is named by them is Recorded at most.
	Verified bool
	// Digests are the digests of its layers as they are stored, bottom first, if known:
	// those of a registry's manifest.
	Digests []v1.Hash
	// From and To are when the tags came to point to the image, and when they ceased to.
	// Zero times: not known, and they still do.
	From, To time.Time
}

var errEmpty = errors.New("has neither history nor layers")

// AddImage adds an image with its whole history, that of its parents included, and its
// layers. An image that was built twice is added twice: each has its own layers. Where
// several builders made the history it is known by its layers alone. The error says
// that there is nothing by which the image can be known.
func (b *Builder) AddImage(img Image) error {
	if img.Config == nil {
		img.Config = &v1.ConfigFile{}
	}
	cfg := img.Config
	d := &build.Digest{From: "scratch"}
	if len(cfg.History) > 0 {
		steps, _ := history.Steps(cfg)
		d = build.DigestHistory(steps, cfg.Config.Env)
	}
	d.Image = data.Image{DiffIDs: cfg.RootFS.DiffIDs, Verified: img.Verified, Blobs: img.Digests}
	if len(cfg.History) == 0 && len(d.Image.Keys()) == 0 {
		return fmt.Errorf("%s: %w", img.Name, errEmpty)
	}
	d.Image.Manifest = img.Name.Digest
	if data.Dated(cfg.History) {
		hashes := data.HashHistory(cfg.History)
		d.Image.History = hashes[len(hashes)-1]
	}
	a := build.Addition{Repository: img.Name.Repository, Tags: img.Name.Tags, Digest: d, From: data.Undated, To: data.Ongoing}
	if !img.From.IsZero() {
		a.From = data.DayOf(img.From)
	}
	if !img.To.IsZero() {
		a.To = data.DayOf(img.To)
	}
	b.b.Add(a)
	return nil
}
