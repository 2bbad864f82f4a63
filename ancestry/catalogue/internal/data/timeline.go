package data

import (
	"cmp"
	"slices"
	"strings"
)

// A Pointing says that a tag pointed to a recipe from one day to another.
type Pointing struct {
	Recipe   int // ID
	From, To Day // To is Ongoing if it still did on the catalogue's day
}

// Timeline returns what a tag pointed to, oldest first. Pointings overlap where a
// tag has different recipes for different architectures.
func (r *Repository) Timeline(tag string) []Pointing {
	has := make([]bool, len(r.tagsets))
	for i, set := range r.tagsets {
		has[i] = contains(set, tag)
	}
	var out []Pointing
	for id, x := range r.recipes {
		for _, s := range r.spans[x.spanFirst:x.spanEnd] {
			if has[s.tags] {
				out = append(out, Pointing{id, s.from, s.to})
			}
		}
	}
	slices.SortFunc(out, func(a, b Pointing) int {
		return cmp.Or(cmp.Compare(a.From, b.From), cmp.Compare(a.To, b.To), a.Recipe-b.Recipe)
	})
	return out
}

// contains reports whether one of the words of a set is the tag.
func contains(set, tag string) bool {
	for at := 0; ; {
		i := strings.Index(set[at:], tag)
		if i < 0 || tag == "" {
			return false
		}
		begin, end := at+i, at+i+len(tag)
		if (begin == 0 || set[begin-1] == ' ') && (end == len(set) || set[end] == ' ') {
			return true
		}
		at = end
	}
}

// On returns the pointings of a tag on a day.
func (r *Repository) On(tag string, d Day) []Pointing {
	return slices.DeleteFunc(r.Timeline(tag), func(p Pointing) bool { return d < p.From || d > p.To })
}

// Beside returns the recipes that could not be read, of the same file as the given
// one, that had a tag between two days, inclusive. Where a part of a history reads
// like the given recipe and was built when that had no tag, it is probably one of
// these: of the file of a root archive, mostly nothing but the archive changes.
func (r *Repository) Beside(id int, from, to Day) []int {
	var ids []int
	for _, other := range r.unread() {
		x := &r.recipes[other]
		if x.path != r.recipes[id].path || x.origin != r.recipes[id].origin {
			continue
		}
		if slices.ContainsFunc(r.spans[x.spanFirst:x.spanEnd], func(s span) bool { return s.from <= to && from <= s.to }) {
			ids = append(ids, other)
		}
	}
	return ids
}

// unread returns the recipes that could not be read. They are few, and Beside is
// asked for many recipes. An image that is known by its layers alone is none of them.
func (r *Repository) unread() []int {
	r.unreadOnce.Do(func() {
		for id := range r.recipes {
			if x := &r.recipes[id]; x.end == x.first && r.images[id] == (image{}) {
				r.unreadIDs = append(r.unreadIDs, id)
			}
		}
	})
	return r.unreadIDs
}

// A TagPattern says that tags which begin with Prefix go on with the value of a variable:
// 3-{PYPY_VERSION}-onbuild, {PYTHON_VERSION}-slim.
type TagPattern struct{ Prefix, Key string }

// TagPatterns returns how the repository's tags begin, in no particular order.
func (r *Repository) TagPatterns() []TagPattern {
	r.patternsOnce.Do(func() {
		seen := map[TagPattern]bool{}
		for _, set := range r.templates {
			for template := range strings.FieldsSeq(set) {
				prefix, rest, _ := strings.Cut(template, "{")
				key, _, closed := strings.Cut(rest, "}")
				if p := (TagPattern{prefix, key}); closed && !seen[p] {
					seen[p] = true
					r.patterns = append(r.patterns, p)
				}
			}
		}
	})
	return r.patterns
}

// SilentRoots returns the recipes, ascending, whose instructions say nothing of which
// root it is: those that could not be read, and those that are an archive and what to
// run. Files that are known to be built on an image are left out (Debian's backports).
// bare is true if some have no instruction but the archive.
func (r *Repository) SilentRoots() (ids []int, bare bool) {
	const archiveAndCommand = 2
	r.silentOnce.Do(func() {
		children := map[int32]bool{} // by path
		for id := range r.recipes {
			x := &r.recipes[id]
			if x.end > x.first && r.froms[x.from] != "scratch" {
				children[x.path] = true
			}
		}
		for id := range r.recipes {
			x := &r.recipes[id]
			n := x.end - x.first
			unread := n == 0 && r.images[id] == (image{}) && !children[x.path]
			root := n > 0 && n <= archiveAndCommand && r.froms[x.from] == "scratch" && !strings.HasSuffix(r.paths[x.path], "index.json")
			if unread || root {
				r.silentIDs = append(r.silentIDs, id)
			}
			r.silentBare = r.silentBare || root && n == 1
		}
	})
	return r.silentIDs, r.silentBare
}

// Tags returns all tags that the repository ever had, sorted.
func (r *Repository) Tags() []string {
	seen := map[string]bool{}
	for _, set := range r.tagsets {
		for t := range strings.FieldsSeq(set) {
			seen[t] = true
		}
	}
	tags := make([]string, 0, len(seen))
	for t := range seen {
		tags = append(tags, t)
	}
	slices.Sort(tags)
	return tags
}
