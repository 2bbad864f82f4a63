package syft

import (
	"path"
	"strings"

	"github.com/bmatcuk/doublestar/v4"
)

// A globSet tells which of many globs a path matches. Nearly all globs of the
// catalogers fix the base name or its ending, so a path is compared only with
// those that can match.
type globSet struct {
	byBase   map[string][]globEntry
	byExt    map[string][]globEntry
	byPrefix map[byte][]globEntry // by the first byte of the base name
	other    []globEntry
}

type globEntry struct {
	glob   string // as the cataloger asked
	prefix string // literal start of the base name
	dirs   string // the longest literal run of directories, with the slash at its end
}

func newGlobSet(globs []string) *globSet {
	s := &globSet{byBase: map[string][]globEntry{}, byExt: map[string][]globEntry{}, byPrefix: map[byte][]globEntry{}}
	for _, g := range globs {
		for _, base := range expandBraces(path.Base(g)) {
			s.add(globEntry{glob: g, dirs: literalDirs(g)}, base)
		}
	}
	return s
}

func (s *globSet) add(e globEntry, base string) {
	meta := strings.IndexAny(base, `*?[{\`)
	switch {
	case meta < 0:
		s.byBase[base] = append(s.byBase[base], e)
	case meta > 0:
		e.prefix = base[:meta]
		s.byPrefix[base[0]] = append(s.byPrefix[base[0]], e)
	case base[0] == '*' && path.Ext(base) != "" && !strings.ContainsAny(path.Ext(base), `*?[{\`):
		ext := path.Ext(base)
		s.byExt[ext] = append(s.byExt[ext], e)
	default:
		s.other = append(s.other, e)
	}
}

// match returns the globs that p, relative to the root, matches.
func (s *globSet) match(p string) []string {
	var found []string
	base := path.Base(p)
	try := func(es []globEntry) {
		for _, e := range es {
			if strings.HasPrefix(base, e.prefix) && strings.Contains(p, e.dirs) && matchGlob(e.glob, p) {
				found = append(found, e.glob)
			}
		}
	}
	try(s.byBase[base])
	try(s.byExt[path.Ext(base)])
	try(s.byPrefix[base[0]])
	try(s.other)
	return found
}

// literalDirs returns the longest part of a glob that is directories without wildcards, "" of
// a glob with braces, which may go over several directories.
func literalDirs(glob string) string {
	longest, run := "", ""
	if strings.ContainsAny(glob, `{\`) {
		return ""
	}
	for dir := range strings.SplitSeq(path.Dir(glob), "/") {
		switch {
		case strings.ContainsAny(dir, "*?["):
			run = ""
		case dir != "" && dir != ".":
			run += dir + "/"
		}
		if len(run) > len(longest) {
			longest = run
		}
	}
	return longest
}

// matchGlob matches as Syft's resolvers do: on the absolute path.
func matchGlob(glob, p string) bool {
	return doublestar.MatchUnvalidated(glob, "/"+p)
}

// expandBraces expands the one level of {a,b} that the catalogers use.
func expandBraces(s string) []string {
	open := strings.IndexByte(s, '{')
	end := strings.IndexByte(s, '}')
	if open < 0 || end < open {
		return []string{s}
	}
	var out []string
	for _, alt := range strings.Split(s[open+1:end], ",") {
		out = append(out, s[:open]+alt+s[end+1:])
	}
	return out
}
