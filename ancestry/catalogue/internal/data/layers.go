package data

import (
	"encoding/hex"
	"slices"
	"strconv"

	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/stemma-go/stemma/ancestry/catalogue/internal/wire"
)

// A LayerMatch says that the lowest layers of an image are all those of recipes of
// one repository.
type LayerMatch struct {
	Layers     int // how many
	Repository string
	Recipes    []int // IDs, ascending
}

// LayerMatches returns the images of the catalogue, of which it knows the diffIDs,
// whose layers are the lowest of those given (bottom first). It compares bytes: where
// the diffIDs were computed from the layers, a match is proof. The error is as that of
// [Catalogue.Matches].
func (c *Catalogue) LayerMatches(diffIDs []v1.Hash) ([]LayerMatch, error) {
	f := finder{x: &c.indices[wire.IndexLayers]}
	var s Sequence
	var all []byte
	var bad failures
	var out []LayerMatch
	for i, id := range diffIDs {
		raw, err := hex.DecodeString(id.Hex)
		if err != nil || len(raw) != wire.DiffIDSize || id.Algorithm != "sha256" {
			break
		}
		all = append(all, raw...)
		s = s.Add(layerHash(id.Hex))
		for _, p := range bad.postings(&f, s.Key()) {
			repo := bad.repository(c, p.repo)
			if repo == nil {
				continue
			}
			var ids []int
			for recipe, b := range repo.diffIDs {
				if b == string(all) {
					ids = append(ids, recipe)
				}
			}
			if len(ids) > 0 {
				slices.Sort(ids)
				out = append(out, LayerMatch{i + 1, repo.name, ids})
			}
		}
	}
	return out, bad.err()
}

// LayerKey returns the key of diffIDs (in hexadecimal, without algorithm) in a
// catalogue's index; false if there are none, or they are not of SHA-256.
func LayerKey(diffIDs []string) (uint64, bool) {
	var s Sequence
	for _, id := range diffIDs {
		if b, err := hex.DecodeString(id); err != nil || len(b) != wire.DiffIDSize {
			return 0, false
		}
		s = s.Add(layerHash(id))
	}
	return s.Key(), len(diffIDs) > 0
}

// layerHash returns the first 48 bits of a valid diffID.
func layerHash(id string) uint64 {
	n, _ := strconv.ParseUint(id[:lineBits/4], 16, 64)
	return n
}
