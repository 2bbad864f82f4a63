package data

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"time"

	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/stemma-go/stemma/ancestry/catalogue/internal/wire"
)

// An Image is what a catalogue knows of one build of a recipe. What is not known is
// empty. All hashes are of SHA-256.
type Image struct {
	// DiffIDs are the digests of its layers' archives, uncompressed, bottom first.
	DiffIDs []v1.Hash
	// Verified is true when the DiffIDs were computed from the layers.
	Verified bool
	// Blobs are the digests of its layers as they are stored, bottom first.
	Blobs []v1.Hash
	// History is the hash of its whole history, with all dates: see [HashHistory].
	History v1.Hash
	// Manifest is the digest of its manifest.
	Manifest v1.Hash
}

// The lists of hashes that a file has of an image.
const (
	diffIDs = iota
	blobs
	dated
	manifest
)

// image is an Image as the file has it: HashSize bytes for each hash.
type image struct {
	hashes   [4]string
	verified bool
}

// Image returns the image with its hashes in the usual form.
func (x image) Image() Image {
	first := func(list []v1.Hash) v1.Hash {
		if len(list) == 0 {
			return v1.Hash{}
		}
		return list[0]
	}
	return Image{
		DiffIDs: unpackHashes(x.hashes[diffIDs]), Verified: x.verified, Blobs: unpackHashes(x.hashes[blobs]),
		History: first(unpackHashes(x.hashes[dated])), Manifest: first(unpackHashes(x.hashes[manifest])),
	}
}

// Lists returns the hashes of the image in the order of the file: of diffIDs, blobs,
// history and manifest, HashSize bytes each. A list is empty if one of its hashes is
// not of SHA-256.
func (i Image) Lists() [4]string {
	one := func(h v1.Hash) []v1.Hash {
		if h == (v1.Hash{}) {
			return nil
		}
		return []v1.Hash{h}
	}
	return [4]string{packHashes(i.DiffIDs), packHashes(i.Blobs), packHashes(one(i.History)), packHashes(one(i.Manifest))}
}

func packHashes(list []v1.Hash) string {
	var out []byte
	for _, h := range list {
		b, err := hex.DecodeString(h.Hex)
		if err != nil || len(b) != wire.HashSize || h.Algorithm != "sha256" {
			return ""
		}
		out = append(out, b...)
	}
	return string(out)
}

func unpackHashes(s string) []v1.Hash {
	var out []v1.Hash
	for b := range slices.Chunk([]byte(s), wire.HashSize) {
		out = append(out, v1.Hash{Algorithm: "sha256", Hex: hex.EncodeToString(b)})
	}
	return out
}

// Keys returns the keys of the image in the catalogue's index of images: of its
// diffIDs, its blobs, and its history.
func (i Image) Keys() []uint64 {
	var keys []uint64
	lists := i.Lists()
	for _, list := range lists[:dated+1] {
		if list != "" {
			var s Sequence
			for b := range slices.Chunk([]byte(list), wire.HashSize) {
				s = s.Add(hashPrefix(b))
			}
			keys = append(keys, s.Key())
		}
	}
	return keys
}

// hashPrefix returns the first 48 bits of a hash.
func hashPrefix(b []byte) uint64 {
	var n uint64
	for _, x := range b[:lineBits/8] {
		n = n<<8 | uint64(x)
	}
	return n
}

// HashHistory returns, for each entry of a configuration's history, the hash of all
// entries up to that one: with author, comment and the date to the last digit. Two
// builds with the same hash are one, or were made by a builder that writes no dates:
// see [Dated].
func HashHistory(entries []v1.History) []v1.Hash {
	sum := sha256.New()
	out := make([]v1.Hash, len(entries))
	for i, e := range entries {
		fmt.Fprintf(sum, "%s %q %q %q %v\n", e.Created.UTC().Format(time.RFC3339Nano), e.CreatedBy, e.Comment, e.Author, e.EmptyLayer)
		out[i] = v1.Hash{Algorithm: "sha256", Hex: hex.EncodeToString(sum.Sum(nil))}
	}
	return out
}

// Dated reports whether a history has a date by which it can be told from others.
// Reproducible builds set all to the epoch, or to the year 1980.
func Dated(entries []v1.History) bool {
	return slices.ContainsFunc(entries, func(e v1.History) bool { return e.Created.Year() > 1980 })
}

// An ImageMatch says that the lowest layers of an image, or the first entries of its
// history, are all those of recipes of one repository.
type ImageMatch struct {
	Length     int // how many layers or entries
	Repository string
	Recipes    []int // IDs, ascending
}

// ByDiffIDs returns the images of the catalogue whose layers are the lowest of those
// given (bottom first). The error is as that of [Catalogue.Matches].
func (c *Catalogue) ByDiffIDs(ids []v1.Hash) ([]ImageMatch, error) { return c.byHashes(diffIDs, ids) }

// ByBlobs is ByDiffIDs for the digests of layers as they are stored.
func (c *Catalogue) ByBlobs(digests []v1.Hash) ([]ImageMatch, error) {
	return c.byHashes(blobs, digests)
}

// ByHistory returns the images of the catalogue whose whole history, dates included, is
// that up to one of the entries that are hashed: see [HashHistory].
func (c *Catalogue) ByHistory(hashes []v1.Hash) ([]ImageMatch, error) {
	var out []ImageMatch
	var bad failures
	if c.indices[wire.IndexImages].entries == 0 {
		return nil, nil
	}
	for i, h := range hashes {
		want := packHashes([]v1.Hash{h})
		if want != "" {
			out = append(out, c.images(&bad, dated, want, Sequence(0).Add(hashPrefix([]byte(want))), i+1)...)
		}
	}
	return out, bad.err()
}

func (c *Catalogue) byHashes(kind int, list []v1.Hash) ([]ImageMatch, error) {
	var s Sequence
	var want string
	var bad failures
	var out []ImageMatch
	if c.indices[wire.IndexImages].entries == 0 {
		return nil, nil
	}
	for i, h := range list {
		b := packHashes([]v1.Hash{h})
		if b == "" {
			break
		}
		want += b
		s = s.Add(hashPrefix([]byte(b)))
		out = append(out, c.images(&bad, kind, want, s, i+1)...)
	}
	return out, bad.err()
}

// images returns the images whose hashes of one kind are those wanted.
func (c *Catalogue) images(bad *failures, kind int, want string, s Sequence, length int) []ImageMatch {
	var out []ImageMatch
	for _, p := range bad.postings(&finder{x: &c.indices[wire.IndexImages]}, s.Key()) {
		repo := bad.repository(c, p.repo)
		if repo == nil {
			continue
		}
		var ids []int
		for id, x := range repo.images {
			if x.hashes[kind] == want {
				ids = append(ids, id)
			}
		}
		if len(ids) > 0 {
			slices.Sort(ids)
			out = append(out, ImageMatch{length, repo.name, ids})
		}
	}
	return out
}

// ByManifest returns the recipes of which an image has the manifest, or the index, with that
// digest, by ID. It looks at all: no index leads to them.
func (r *Repository) ByManifest(digest v1.Hash) []int {
	want := packHashes([]v1.Hash{digest})
	var ids []int
	for id, x := range r.images {
		if want != "" && x.hashes[manifest] == want {
			ids = append(ids, id)
		}
	}
	slices.Sort(ids)
	return ids
}
