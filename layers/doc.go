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
// # The ways in
//
// Package history, below this one, needs the configuration alone. It parses the
// history, joins every entry to the layer that it made, and reports where the two
// do not fit.
//
// [Read] reads the layers, too: every byte once, all layers in parallel, each
// checked against its digests on the way. The [Index] that it returns knows
// every entry of every layer, what the entry did to the layers below (see [Change]),
// and which later layer hid it. Bytes that a later layer overwrote or deleted are
// called shadowed: they are shipped, and never seen.
//
// File contents are not kept. A program that needs the bytes of some files asks for
// them before the pass, with a [Want]. In one case this makes Read decompress a layer
// a second time: when a want asks for a file under the name of a hard link. By the
// time the link comes, the file has gone by under its first name.
//
// [ReadBeginning] reads one layer as far as its caller wants, and verifies nothing. It is
// for the few files that tell what a root is.
//
// # Never twice
//
// With Options.Cache a layer that was read before, in whatever image, is not read
// again: see [Cache]. The blob of such a layer is not even opened, and not downloaded
// from a registry, if the manifest names it by a digest that the cache knows to hold
// the diffID which the configuration claims. Otherwise the blob is hashed first. As
// far as the cache can be trusted, Verified means the same with it as without it.
//
// # Sizes
//
// Sizes are bytes. The Size of a layer is that of its blob as it is stored and
// transferred, usually compressed; Uncompressed is the size of its tar archive;
// Content is the sum of the sizes of its regular files.
//
// # Hostile images
//
// An image is untrusted input. Where a limit (see [Limits]) is passed or bytes do not
// match their digest, reading that layer stops with a [Problem] that says where; all
// other layers are still read and reported. A layer whose content is in doubt has
// Verified false, and nothing that is derived from it is called proved anywhere in
// this module.
package layers
