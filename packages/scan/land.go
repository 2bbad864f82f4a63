package scan

import (
	"path"
	"slices"

	"github.com/stemma-go/stemma/layers"
)

// land puts what was learnt of a file in the pass, under the path that its layer says,
// where the file takes effect: that differs where the layer goes through a link of the
// layers below.
func (c *Collector) land(idx *layers.Index) {
	c.mu.Lock()
	defer c.mu.Unlock()
	moved := map[version]version{}
	note := func(v version) {
		if to, ok := landed(idx, v); ok {
			moved[v] = to
		}
	}
	for v := range c.alone {
		note(v)
	}
	for v := range c.slim {
		note(v)
	}
	for v := range c.failed {
		note(v)
	}
	for from, to := range moved {
		move(c.failed, from, to)
		move(c.slim, from, to)
		if found, ok := c.alone[from]; ok {
			c.alone[from] = slices.Clone(found)
			for i := range c.alone[from] {
				c.alone[from][i].Evidence = []string{to.path}
			}
		}
		move(c.alone, from, to)
	}
}

// landed returns where a file takes effect, if that is another path.
func landed(idx *layers.Index, v version) (version, bool) {
	if _, ok := idx.Lookup(v.layer, v.path); ok {
		return v, false
	}
	dir, ok := idx.Resolve(v.layer, path.Dir(v.path))
	if !ok || dir.Path == path.Dir(v.path) {
		return v, false
	}
	to := version{v.layer, path.Join(dir.Path, path.Base(v.path))}
	return to, slices.ContainsFunc(idx.Versions(to.path), func(e layers.Entry) bool {
		return e.Layer == v.layer && (e.Type == layers.Regular || e.Type == layers.Hardlink)
	})
}

// move leaves what the layer itself says of the other path, if it has both.
func move[T any](m map[version]T, from, to version) {
	if x, ok := m[from]; ok {
		if _, both := m[to]; !both {
			m[to] = x
		}
		delete(m, from)
	}
}
