// Package history reads the history in an image's configuration: one entry for
// each step of the build, written by the builder that ran it.
//
// [Parse] parses one entry into an [Instruction]. [Steps] parses them all, settles
// with the help of the neighbours what one entry alone leaves open, and joins every
// entry to the layer that it made. Where history and layers do not fit, a [Problem]
// says so.
//
// The package reads configurations alone, no layers. It compiles with the standard
// library and go-containerregistry's package v1.
package history
