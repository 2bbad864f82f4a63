// Package peer holds the test that compares this module's packages with those of
// Syft's own scan of the same image, read in Syft's own way.
package peer
