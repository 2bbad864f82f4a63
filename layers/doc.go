// Package layers reads a container image once and tells what each of its layers
// did.
//
// # What an image is, here
//
// An image is anything that satisfies go-containerregistry's v1.Image: a
// configuration, whose history lists the steps that made the image, and a stack
// of layers, each a tar archive of the files that one step added, changed or
// deleted. The bottom layer has index 0. Everything in this module joins on that
// index, never on a digest: the same layer may occur twice in one image.
//
// # The two ways in
//
// Package history, below this one, needs the configuration alone. It parses the
// history, joins every entry to the layer that it made, and says so where the two
// do not fit.
//
// [Read] reads the layers, too: every byte once, all layers in parallel, each
// checked against its digests on the way. The [Index] that it returns knows
// every entry of every layer, what it did to the layers below (see [Change]),
// and which later layer hid it. Shadowed bytes are those that a later layer
// overwrote or deleted: they are shipped, and never seen.
//
// File contents are not kept. Who needs the bytes of some files says so before
// the pass, with a [Want]. One exception makes Read decompress a layer again: a
// want that asks for a file by the name of a hard link, since the file has come by then,
// under its first name.
//
// # Never twice
//
// With Options.Cache a layer that was read before, in whatever image, is not read
// again: see [Cache]. A layer's blob is left unopened, and from a registry not
// downloaded, when the manifest names it by a digest that the cache has seen to hold
// the diffID which the configuration claims; otherwise it is hashed first. Verified
// means the same with a cache as without one, as far as the cache can be trusted.
//
// # Sizes
//
// Sizes are bytes. "Size" of a layer without further word is the size of the blob
// as it is stored and transferred, usually compressed; Uncompressed is the size
// of its tar archive; Content is the sum of the sizes of its regular files.
//
// # Hostile images
//
// An image is untrusted input. Reading stops with a positioned [Problem] where a
// limit (see [Limits]) is passed or bytes do not match their digest; all other
// layers are still read and reported. A layer whose problem makes its content
// doubtful has Verified false, and nothing that is derived from it is called
// proved anywhere in this module.
package layers
