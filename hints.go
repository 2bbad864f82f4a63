package stemma

import (
	"fmt"
	"slices"

	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/stemma-go/stemma/ancestry"
	"github.com/stemma-go/stemma/layers"
	"github.com/stemma-go/stemma/layers/source"
)

// HintsOf returns what the place where an image was found says about it: the name
// under which a registry or a daemon was asked for it, the names under which it is
// stored, the digest and the annotations of its manifest. A file's path is no
// name.
func HintsOf(img *source.Image) ancestry.Hints {
	h := ancestry.Hints{Tags: img.Tags, Digest: img.ManifestDigest, Annotations: img.Annotations}
	switch asked := img.Scheme == "registry" || img.Scheme == "docker"; {
	case asked && len(img.Tags) > 0:
		h.Reference, h.Tags = img.Tags[0], img.Tags[1:]
	case img.Scheme == "registry":
		h.Reference = img.Name // by digest; a daemon may have been asked for an ID
	}
	return h
}

// A place is what is known of an image from where it was found.
type place struct {
	hints     ancestry.Hints
	reference string // the report's, where no name was asked for; "" if not known
	damage    error  // what is wrong with the archive that holds the image
}

// placeOf returns the place of an image that package source opened, and the zero
// place for any other.
func placeOf(img v1.Image) place {
	s, ok := img.(*source.Image)
	if !ok {
		return place{}
	}
	p := place{hints: HintsOf(s), reference: s.Reference}
	if s.Damage != nil { // what is lost by it shows in the layers, too
		p.damage = fmt.Errorf("archive: %w", s.Damage)
	}
	return p
}

// complete fills in the hints that the caller did not give.
func (p place) complete(h ancestry.Hints) ancestry.Hints {
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

// maxHint bounds what is kept of a file that says what a root is; real ones are below
// 4 KiB.
const maxHint = 64 << 10

// wantHints keeps the small files that tell what a root is.
var wantHints = layers.Want{
	Key: "hints/2",
	Match: func(e layers.Entry, _ []byte) bool {
		name, ok := ancestry.HintPath(e.Path)
		return ok && name == e.Path && e.Size <= maxHint
	},
}

// addLayerHints adds what the layers say to the hints. What h has already stays.
func addLayerHints(h ancestry.Hints, idx *layers.Index) ancestry.Hints {
	h.Verified = make([]bool, len(idx.Layers))
	digests := make([]v1.Hash, len(idx.Layers))
	for i, l := range idx.Layers {
		h.Verified[i] = l.Verified
		digests[i] = l.Digest
	}
	if h.LayerDigests == nil && !slices.Contains(digests, v1.Hash{}) {
		h.LayerDigests = digests
	}
	if h.Files == nil {
		h.Files = hintFiles(idx)
	}
	return h
}

// hintFiles returns, of each layer that brought or changed one, the files that tell
// what a root is, as that layer left them.
func hintFiles(idx *layers.Index) map[int]ancestry.Files {
	found := map[int]ancestry.Files{}
	add := func(layer int, name string, content []byte) {
		if found[layer] == nil {
			found[layer] = ancestry.Files{}
		}
		found[layer][name] = content
	}
	for _, l := range idx.Layers {
		for e := range idx.Entries(l.Index) {
			name, ok := ancestry.HintPath(e.Path)
			if !ok || e.Change == layers.Metadata || e.Change == layers.Unchanged || e.Type == layers.Whiteout {
				continue
			}
			if name != e.Path {
				if e.Type == layers.Regular || e.Type == layers.Hardlink {
					add(l.Index, name, nil)
				}
				continue
			}
			if at, ok := idx.Resolve(l.Index, name); ok {
				if b, ok := idx.Content(at); ok {
					add(l.Index, name, b)
				}
			}
		}
	}
	return found
}
