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

// The places of os-release(5), in their order of precedence.
var osReleasePaths = [...]string{"etc/os-release", "usr/lib/os-release"}

// maxOSRelease bounds what is kept of an image that has a huge os-release; real
// ones are below 1 KiB.
const maxOSRelease = 64 << 10

var wantOSRelease = layers.Want{
	Key: "os-release/1",
	Match: func(e layers.Entry, _ []byte) bool {
		return e.Size <= maxOSRelease && slices.Contains(osReleasePaths[:], e.Path)
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
	if h.OSRelease == nil {
		h.OSRelease = osReleases(idx)
	}
	return h
}

// osReleases returns the content of os-release as each layer left it, for those
// layers that brought it or changed its content.
func osReleases(idx *layers.Index) map[int][]byte {
	found := map[int][]byte{}
	for _, path := range osReleasePaths {
		for _, e := range idx.Versions(path) {
			if e.Change == layers.Metadata || e.Change == layers.Unchanged || e.Type == layers.Whiteout {
				continue
			}
			if b, ok := osRelease(idx, e.Layer); ok {
				found[e.Layer] = b
			}
		}
	}
	return found
}

// osRelease returns the content of os-release as it is seen at a layer.
func osRelease(idx *layers.Index, layer int) ([]byte, bool) {
	for _, path := range osReleasePaths {
		if e, ok := idx.Resolve(layer, path); ok {
			return idx.Content(e)
		}
	}
	return nil, false
}
