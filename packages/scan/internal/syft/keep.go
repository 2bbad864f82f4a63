package syft

import (
	"slices"
	"strings"
)

// Kept returns the globs that p matches, of catalogers that run after the pass and
// read p.
func (s *Set) Kept(p string) []string {
	return slices.DeleteFunc(s.kept.match(p), func(g string) bool {
		return !slices.ContainsFunc(s.byGlob[g], func(c *Cataloger) bool { return c.reads(p) })
	})
}

// Keep reports whether the content of the file at p is read after the pass.
func (s *Set) Keep(p string, size int64) bool {
	if Neighbour(p, size) {
		return true
	}
	return !Assembly(p) && len(s.Kept(p)) > 0
}

// CatalogersOf returns the catalogers that run after the pass and that must run when a
// layer changes p, which matches globs.
func (s *Set) CatalogersOf(p string, globs []string) []*Cataloger {
	var found []*Cataloger
	add := func(c *Cataloger) {
		if !slices.Contains(found, c) {
			found = append(found, c)
		}
	}
	for _, g := range globs {
		for _, c := range s.byGlob[g] {
			if c.reads(p) {
				add(c)
			}
		}
	}
	if strings.Contains(p, "nix/store/") || distribution(p) {
		for _, c := range s.Catalogers {
			if distribution(p) && c.Database || c.Name == "nix-cataloger" && !distribution(p) {
				add(c)
			}
		}
	}
	return found
}

func (c *Cataloger) reads(p string) bool {
	return c.Mode != Alone && (c.only == nil || c.only(p))
}

// NamesDistribution reports whether the file at p names the distribution.
func NamesDistribution(p string) bool { return distribution(p) }
