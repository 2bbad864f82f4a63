// Package assertions shows how a Go test asserts on an image: what it descends
// from, what must not be in it, how large and how old it may be. It has only a test, which
// looks at the sample image that comes with the module; put your own reference there.
package assertions
