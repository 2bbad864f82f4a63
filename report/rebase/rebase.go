package rebase

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/dustin/go-humanize/english"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/mutate"

	"github.com/stemma-go/stemma/layers/needs"
	"github.com/stemma-go/stemma/report"
)

// Options say what else is known. nil and the zero value are the defaults.
type Options struct {
	// ImageNeeds and BaseNeeds are what the programs of the image and of the new base need. With
	// both, what the image's own programs would miss is found: see package report/diff.
	ImageNeeds, BaseNeeds *needs.Set
}

// A Plan says what a rebase takes, and what speaks against it.
type Plan struct {
	// Ancestor is the index in the image's Report.Ancestors of the base that is replaced.
	Ancestor int
	// Old and New name the base as it is in the image, and the new one.
	Old, New string
	// Layers and History are how many of the image's layers, and entries of its history, are the
	// base's and what is below it.
	Layers, History int
	// OldLayers and NewLayers are the diffIDs of the base's layers, the lowest first: as it is in
	// the image, and of the new one.
	OldLayers, NewLayers []v1.Hash
	// Against is why it is not safe, in sentences without a full stop. Empty where it is safe.
	Against []string
	// Notes are what differs afterwards from a build on the new base, and does no harm by itself.
	Notes []string
}

// Safe reports whether nothing speaks against the rebase.
func (p *Plan) Safe() bool { return len(p.Against) == 0 }

// New plans to put the own layers of an image on a new base, the image that has the tag of the old one
// now. The base that is replaced is the youngest ancestor of the new one's repository; if there is none,
// the image's parent. It fails where there is nothing to replace, or the layers of one of the two were not
// read.
func New(image, base *report.Report, opts *Options) (*Plan, error) {
	if opts == nil {
		opts = &Options{}
	}
	switch {
	case image.Index == nil || base.Index == nil:
		return nil, errors.New("rebase: the layers were not read")
	case len(image.Ancestors) < 2:
		return nil, errors.New("rebase: the image has no known base")
	case len(base.Ancestors) == 0:
		return nil, errors.New("rebase: nothing is known of the new base")
	}
	p := &Plan{Ancestor: baseIn(image, base)}
	p.Old, p.New = nameOf(image, p.Ancestor), nameOf(base, 0)
	p.Layers = image.Ancestors[p.Ancestor].Layers.To
	for _, s := range image.Steps()[:image.Ancestors[p.Ancestor].Steps.To] {
		if !s.Synthetic {
			p.History++
		}
	}
	for _, l := range image.Index.Layers[:p.Layers] {
		p.OldLayers = append(p.OldLayers, l.Claimed)
	}
	for _, l := range base.Index.Layers {
		p.NewLayers = append(p.NewLayers, l.Claimed)
	}
	c := &check{image: image, base: base, plan: p}
	c.run(opts)
	return p, nil
}

// baseIn finds the ancestor that the new base is another build of.
func baseIn(image, base *report.Report) int {
	for i := 1; i < len(image.Ancestors); i++ {
		if r := image.Ancestors[i].Repository; r != "" && r == base.Ancestors[0].Repository {
			return i
		}
	}
	return 1
}

func nameOf(r *report.Report, i int) string {
	if a := r.Ancestors[i]; a.Repository != "" {
		return a.String()
	}
	if i == 0 && r.Reference != "" {
		return r.Reference
	}
	return "an image of unknown name"
}

// OldBase returns the base as it is in the image: its lower layers, with their part of the
// history. It fails if the image is not the one that was planned for.
func (p *Plan) OldBase(img v1.Image) (v1.Image, error) {
	config, err := img.ConfigFile()
	if err != nil {
		return nil, err
	}
	all, err := img.Layers()
	if err != nil {
		return nil, err
	}
	if len(all) < p.Layers || len(config.History) < p.History || len(config.RootFS.DiffIDs) < p.Layers || !slices.Equal(config.RootFS.DiffIDs[:p.Layers], p.OldLayers) {
		return nil, errors.New("rebase: the image is not the one that the plan is for")
	}
	base, err := mutate.ConfigFile(empty.Image, &v1.ConfigFile{
		Architecture: config.Architecture, OS: config.OS, Variant: config.Variant, RootFS: v1.RootFS{Type: "layers"},
	})
	if err != nil {
		return nil, err
	}
	base, err = mutate.AppendLayers(base, all[:p.Layers]...)
	if err != nil {
		return nil, err
	}
	made, err := base.ConfigFile()
	if err != nil {
		return nil, err
	}
	made = made.DeepCopy()
	made.History = slices.Clone(config.History[:p.History])
	return mutate.ConfigFile(base, made)
}

// String says in a few lines whether the rebase is safe, and why not. Text of the image is in it as
// it is.
func (p *Plan) String() string {
	say := []string{fmt.Sprintf("%s in place of %s: %s for %d", p.New, p.Old, english.Plural(len(p.NewLayers), "layer", ""), p.Layers)}
	if p.Safe() {
		say = append(say, "safe")
	}
	for _, s := range p.Against {
		say = append(say, "not safe: "+s)
	}
	return strings.Join(append(say, p.Notes...), "\n")
}
