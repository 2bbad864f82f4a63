// Package history reads the history in an image's configuration: one entry for
// each step of the build, written by the builder that ran it.
//
// [Parse] parses one entry into an [Instruction]. [Steps] parses them all, finds out
// with the help of the neighbours what one entry alone leaves open, and joins every
// entry to the layer that it made. Where history and layers do not fit, a [Problem]
// says so.
//
// What is known of a builder stands in one place, its row in a table: how it writes a
// Dockerfile's instructions, which of them make a layer, and by what its entries are
// recognised. [Builder.Facts] returns what others than this package need of it.
// CONTRIBUTING.md, in the module's root, has the steps that add a builder.
//
// The package reads configurations alone, no layers. It compiles with the standard
// library and go-containerregistry's package v1.
package history
