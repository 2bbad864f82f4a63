// Package tutorial has a test that README.md, beside it, explains, and one that holds the
// README to what the programs print.
package tutorial
