package scan

import (
	"fmt"

	"github.com/stemma-go/stemma/layers"
)

// The limits of what is parsed again under the names of hard links, which cost an image
// nothing: so many names of a file, or so many bytes of it, whichever is more.
const (
	maxNames      = 16
	maxNamesBytes = 64 << 20
)

// overnamed reports whether a file has been parsed under enough names before the n-th, and
// returns a problem for the first that is too many.
func overnamed(n int, e layers.Entry, size int64) (bool, []layers.Problem) {
	over := func(n int) bool { return n > maxNames && int64(n) > maxNamesBytes/max(size, 1) }
	if !over(n) {
		return false, nil
	}
	if over(n - 1) {
		return true, nil
	}
	return true, []layers.Problem{{
		Layer: e.Layer, Step: layers.None, Path: e.Path,
		Err: fmt.Errorf("file of %d bytes not parsed under this name: it was under %d other hard links", size, n-1),
	}}
}

// overnamed counts a file that is judged in the pass under the name of a hard link.
func (c *Collector) overnamed(e layers.Entry) (bool, []layers.Problem) {
	c.mu.Lock()
	defer c.mu.Unlock()
	file := version{e.Layer, e.Link}
	c.named[file]++
	return overnamed(c.named[file], e, e.Size)
}

// overnamed counts a file that is parsed after the pass under the name of a hard link.
func (a *attribution) overnamed(d *delta, e layers.Entry) bool {
	file, ok := a.idx.Resolve(d.layer, e.Path)
	if !ok {
		return false
	}
	d.named[inodeOf(file)]++
	over, problems := overnamed(d.named[inodeOf(file)], e, file.Size)
	for _, p := range problems {
		a.problem(d, p.Path, p.Err)
	}
	return over
}
