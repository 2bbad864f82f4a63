package store

import (
	"context"
	"errors"
	"time"

	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/stemma-go/stemma/ancestry"
)

// A Question is which ancestor is meant: by repository, with Tag or Digest or neither. An
// empty Repository with a Digest is any image of that digest, or any ancestor of that chain ID.
type Question struct {
	Repository, Tag string
	Digest          v1.Hash
}

// A Stander is an image that stands on an ancestor that was asked for, or is that ancestor.
type Stander struct {
	Digest v1.Hash
	// Refs are the references that have it now, with commas between them; those that had it
	// once if none does.
	Refs string
	// Current is true if a reference has it now.
	Current bool
	// Owners are the owners of Refs, with commas between them; "" if not known.
	Owners string
	// Since is the first moment at which it was seen; when it was read if it was never seen
	// under a reference.
	Since time.Time
	// Ancestor is the id of the ancestor that fits, Name what it is called, and Chain its
	// chain ID. Itself is true if the image is that ancestor, and does not stand on it.
	Ancestor    int64
	Name, Chain string
	Itself      bool
	Confidence  ancestry.Confidence // of the name that was asked for
	// Tie is true if the ancestor may have another name just as well: the image may stand
	// on what was asked for.
	Tie bool
	// Depth is how many ancestors are between: 1 is its base.
	Depth int
}

// StandsOn returns the images that stand on the ancestors that q names, sorted by reference.
// It is empty, with known false, if no ancestor of that name is known at all.
func (s *Store) StandsOn(ctx context.Context, q Question) (images []Stander, known bool, err error) {
	return nil, false, errors.New("not written yet")
}

// A Moved image stands on an ancestor whose tag points to another image now.
type Moved struct {
	Digest       v1.Hash
	Refs, Owners string
	Ancestor     int64  // its id
	Name         string // of the ancestor, with the tag that moved
	// Depth is how far below the image it is: 1 is its base, which a rebuild of the image
	// renews. Where it is more, an ancestor between has to be rebuilt first.
	Depth int
	// Since is when the tag was first seen elsewhere, or when a catalogue or registry says
	// that it moved; zero if not known.
	Since time.Time
	// Now is the digest that the tag has now, if the fleet has seen it.
	Now v1.Hash
	// Source is who says so: "fleet", or "report" for the catalogue or the registry that
	// was asked when an image was read.
	Source     string
	Confidence ancestry.Confidence // of the ancestor's name
	Tie        bool
}

// Stale returns the images that a reference has now and that stand on an ancestor
// whose tag points elsewhere now: the nearest one of each first, then by how long.
func (s *Store) Stale(ctx context.Context) ([]Moved, error) {
	return nil, errors.New("not written yet")
}

// A Node is an ancestor in the fleet's family tree. Sizes are bytes.
type Node struct {
	ID, Parent int64 // Parent is 0 for a root
	// Name is what it is called: the reference of the image that it is, if the fleet has
	// read that, or the name that the evidence tells. It is its chain ID if it has none.
	Name       string
	Confidence ancestry.Confidence
	// Ties are other names that are as likely, with commas between them; "" if there are none.
	Ties string
	// Chain is its chain ID: "sha256:…", "" if it has no layers.
	Chain string
	// Itself is how many images it is itself (more than one where only configurations differ),
	// Images how many stand on it.
	Itself, Images int
	Layers         int
	Size, Content  int64 // of its own layers: as stored; regular files
	Shadowed       int64 // of Content, what every image hides that has it
	// Carried are the bytes as stored that Images and Itself have of it altogether, were
	// each stored by itself: Size × (Images + Itself).
	Carried int64
	Created time.Time // of its youngest step; zero if not recorded
}

// Forest returns the ancestors, parents before children. Those on which no image stands, which
// are what single images added themselves, are left out unless leaves is true.
func (s *Store) Forest(ctx context.Context, leaves bool) ([]Node, error) {
	return nil, errors.New("not written yet")
}
