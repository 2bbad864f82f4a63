package syft

import (
	"io/fs"
	"maps"
	"path"
	"slices"
	"strings"

	"github.com/bmatcuk/doublestar/v4"

	"github.com/stemma-go/stemma/layers"
)

// LinkGlobs finds the files that catalogers find by way of a symbolic link alone: the
// package database is in usr/share/db, and var/lib/dpkg is a link to that.
//
// A glob is cut into a start, which a link's path matches, and a rest, which is looked
// for in the directory behind the link. With "**/lib/dpkg/status" and the link above,
// the start is "**/lib/dpkg" and the rest is "status".
type LinkGlobs struct {
	set    *Set
	starts *globSet
	cuts   map[string][]cut // by the start
}

type cut struct{ glob, rest string }

// LinkGlobs returns the globs of the catalogers that run after the pass, and of the
// files that they read beside others.
func (s *Set) LinkGlobs() *LinkGlobs {
	l := &LinkGlobs{set: s, cuts: map[string][]cut{}}
	globs := slices.Collect(maps.Keys(s.byGlob))
	for _, g := range slices.Concat(slices.DeleteFunc(globs, s.isAlone), besideGlobs()) {
		for _, plain := range expandAll(g) {
			l.add(g, plain)
			if mayHaveWAL(plain) {
				l.add(plain+walSuffix, plain+walSuffix)
			}
		}
	}
	l.starts = newGlobSet(slices.Sorted(maps.Keys(l.cuts)))
	return l
}

// isAlone reports whether only catalogers that run in the pass look for a glob.
func (s *Set) isAlone(glob string) bool {
	return !slices.ContainsFunc(s.byGlob[glob], func(c *Cataloger) bool { return c.Mode != Alone })
}

// add cuts a glob without braces at each of its names. What ** at its start stands for
// is no cut: a path that goes through a link there matches without the link as well.
func (l *LinkGlobs) add(glob, plain string) {
	names := strings.Split(plain, "/")
	for i := range names {
		start, rest := strings.Join(names[:i+1], "/"), strings.Join(names[i+1:], "/")
		if start == "" || start == "**" {
			continue
		}
		if names[i] == "**" {
			rest = "**/" + rest // it may go on behind the link
		}
		l.cuts[start] = append(l.cuts[start], cut{glob, rest})
	}
}

// MayMatch reports whether a path through a link at p, or p itself, may match a glob.
func (l *LinkGlobs) MayMatch(p string) bool { return len(l.starts.match(p)) > 0 }

// A Behind is a file that a glob matches by way of a link.
type Behind struct {
	Glob string
	Path string       // which matches, and goes through the link
	File layers.Entry // that it leads to; a regular file
}

// Find returns the files that globs match by way of a link as of a layer. The link's
// own path goes through no other link. looks counts the directories and files that were
// looked at.
func (l *LinkGlobs) Find(idx *layers.Index, layer int, link string, looks *Looks) []Behind {
	target, ok := idx.Resolve(layer, link)
	if !ok {
		return nil
	}
	var found []Behind
	for _, start := range l.starts.match(link) {
		if matchGlob(start, target.Path) {
			continue // whatever is behind the link matches where it is
		}
		for _, c := range l.cuts[start] {
			for _, p := range pathsBehind(idx.FS(layer), link, target, c.rest, looks) {
				e, ok := idx.Resolve(layer, p)
				if ok && e.Type == layers.Regular && l.set.reads(c.glob, p) && !(matchGlob(c.glob, e.Path) && l.set.reads(c.glob, e.Path)) {
					found = append(found, Behind{c.glob, p, e})
				}
			}
		}
	}
	return found
}

// pathsBehind returns the paths through a link that end as rest says.
func pathsBehind(fsys fs.FS, link string, target layers.Entry, rest string, looks *Looks) []string {
	switch {
	case rest == "" && target.Type == layers.Regular:
		return []string{link}
	case rest == "" || target.Type != layers.Directory:
		return nil
	}
	names, err := doublestar.Glob(behindLink{fsys, link, looks}, rest)
	if err != nil {
		return nil
	}
	for i := range names {
		names[i] = path.Join(link, names[i])
	}
	return names
}

// Looks bounds how often an image is looked at for what is behind its links.
type Looks struct{ Left int }

// NewLooks allows as many as no ordinary image needs: without a database behind links
// they are some dozens.
func NewLooks() *Looks { return &Looks{Left: 1_000_000} }

// Exhausted reports whether something may have been missed.
func (l *Looks) Exhausted() bool { return l.Left < 0 }

func (l *Looks) take(n int) bool {
	if l.Left >= 0 {
		l.Left -= n
	}
	return l.Left >= 0
}

// behindLink is the directory behind a link. It opens no files.
type behindLink struct {
	fs.FS
	link  string
	looks *Looks
}

func (b behindLink) Open(name string) (fs.File, error) {
	i, err := b.Stat(name)
	if err != nil || !i.IsDir() {
		return nil, fs.ErrNotExist
	}
	return b.FS.Open(path.Join(b.link, name))
}

func (b behindLink) Stat(name string) (fs.FileInfo, error) {
	if !b.looks.take(1) {
		return nil, fs.ErrNotExist
	}
	return fs.Stat(b.FS, path.Join(b.link, name))
}

func (b behindLink) ReadDir(name string) ([]fs.DirEntry, error) {
	if !b.looks.take(1) {
		return nil, fs.ErrNotExist
	}
	all, err := fs.ReadDir(b.FS, path.Join(b.link, name))
	b.looks.take(len(all))
	return all, err
}

// expandAll expands all braces of a glob.
func expandAll(s string) []string {
	some := expandBraces(s)
	if len(some) == 1 {
		return some
	}
	var all []string
	for _, g := range some {
		all = append(all, expandAll(g)...)
	}
	return all
}
