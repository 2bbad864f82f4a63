package stemma

import (
	"slices"

	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/stemma-go/stemma/ancestry"
	"github.com/stemma-go/stemma/internal/place"
	"github.com/stemma-go/stemma/layers"
	"github.com/stemma-go/stemma/layers/source"
)

// HintsOf returns what the place where an image was found says about it: the name
// under which a registry or a daemon was asked for it, the names under which it is
// stored, the digest and the annotations of its manifest. A file's path is no
// name.
func HintsOf(img *source.Image) ancestry.Hints { return place.Hints(img) }

// wantHints keeps the small files that tell what a root is.
var wantHints = layers.Want{
	Key: "hints/3",
	Match: func(e layers.Entry, _ []byte) bool {
		name, ok := ancestry.HintPath(e.Path)
		return ok && name == e.Path && e.Size <= place.MaxHint
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
