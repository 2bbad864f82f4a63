package ancestry

import (
	"time"

	v1 "github.com/google/go-containerregistry/pkg/v1"
)

// A Live is what a registry said of an ancestor's name when it was asked. Package live asks.
type Live struct {
	// Name is what was asked for: "debian:bookworm".
	Name string
	// State is [StateCurrent], [StateMoved], [StateGone] or [StateNotKnown].
	State string
	// Why is the reason why the tag is gone, or why it is not known whether it moved; else
	// "".
	Why string
	// Platform is that of the image here ("linux/s390x"), if the tag is gone for it alone: the
	// index to which the tag points has images for others. Else it is "".
	Platform string
	// Proved is true if the registry has an image with this name, or with the digest that
	// the ancestor is known by, whose layers and history are those that the image begins
	// with. It is also among the ancestor's Evidence.
	Proved bool
	// Now is what the tag points to; nil if that is not known.
	Now *Tagged
	// Since is when Now was built, where that was after the ancestor was: the tag moved on
	// that day or later. Zero if it did not move, or if the day is not known.
	Since time.Time
	// Difference is what Now has that the ancestor has not; nil if it did not move, or if
	// that is not known.
	Difference *Difference
	// EndOfLife is the day on which the publisher ends the life of the ancestor; zero if the
	// registry has no such statement, or if it is not known whether it has: NoEndOfLife then
	// says why.
	EndOfLife   time.Time
	NoEndOfLife string
	// Requests and Bytes are what the answer took: HTTP requests, those for tokens included,
	// and the bytes of the documents that they brought.
	Requests int
	Bytes    int64
}

// A Tagged is an image to which a tag points.
type Tagged struct {
	Digest  v1.Hash   // of its manifest
	Index   v1.Hash   // of the index that has it; zero if the tag points to the manifest
	Created time.Time // as its configuration says; zero if it says no date that can be meant
	Layers  int
	Bytes   int64 // of its layers as stored, by its manifest
}

// A Difference is what one image has that another has not.
type Difference struct {
	Layers int   // that the other does not have
	Bytes  int64 // of those, as stored
	// Packages is how many packages one of the two alone has, or in another version. It is nil
	// if that is not known, as after package live: it takes to read the layers of both. `tree
	// -live-packages` does that for roots, by package report/diff.
	Packages *int
}

// An Asked says what it took to ask registries.
type Asked struct {
	At       time.Time
	Requests int   // HTTP requests
	Bytes    int64 // of the documents that they brought
}
