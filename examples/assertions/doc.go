// Package assertions shows how a Go test asserts on an image: what it descends
// from, what must not be in it, and how large it may be. It has only a test, which
// looks at the sample image that comes with the module; put your own reference into
// [github.com/stemma-go/stemma/layers/source.Open] instead.
package assertions
