package scan

import (
	"path"
	"slices"
	"strings"

	"github.com/stemma-go/stemma/layers"
)

// owners tells, as of one layer, which package owns a path.
//
// Two packages may claim one file: Debian's python3-six ships a dist-info, which
// Syft reports as the Python package six. The bytes are counted once, for the
// package that a user can install or remove to bring or drop them: that of the
// distribution. Otherwise, a package that lists the file goes before one that owns
// the directory, and an inner directory before an outer one; among equals, the
// last that claimed it, as a package manager overwrites. When that one goes, the
// file is the other's again: two architectures of a package may share it.
type owners struct {
	files map[string]claim
	dirs  map[string]claim
	under map[string][]claim // of files: those of the distribution's packages that another took over, the last at the end
	// spelled has the directories of all claims as they were written, and what
	// they were when the claims were made.
	spelled map[string]string
}

type claim struct {
	life *life
	rank int
}

// The ranks of claims.
const (
	rankFile    = iota // the file that a package was found in
	rankListed         // listed by a package of a language
	rankManager        // listed by a package of the distribution
)

// maxSharers bounds the packages that are remembered to share a file, which are its
// package's architectures; all packages share directories, where it does not matter.
const maxSharers = 16

func newOwners() *owners {
	return &owners{
		files: map[string]claim{}, dirs: map[string]claim{}, under: map[string][]claim{}, spelled: map[string]string{},
	}
}

// of returns the package that owns the file at p, nil if none does.
func (o *owners) of(p string) *life {
	if c, ok := o.files[p]; ok {
		return c.life
	}
	for dir := path.Dir(p); dir != "." && dir != "/"; dir = path.Dir(dir) {
		if c, ok := o.dirs[dir]; ok {
			return c.life
		}
	}
	return nil
}

// claimFile gives the file at p to l, unless a better claim stands.
func (o *owners) claimFile(p string, l *life, rank int) {
	if c, ok := o.files[p]; ok && c.life != l && c.life.alive() {
		if c.rank > rank || c.rank == rank && rank == rankFile && (c.life.found.Main || !l.found.Main) {
			return
		}
		if rank == rankManager && c.rank == rank && len(o.under[p]) < maxSharers {
			o.under[p] = append(o.under[p], c)
		}
	}
	o.files[p] = claim{l, rank}
	l.claimed = append(l.claimed, p)
}

func (o *owners) claimDir(dir string, l *life) {
	o.dirs[dir] = claim{l, rankListed}
	l.claimed = append(l.claimed, dir)
}

// release gives up all that l owns, and returns the files that are another's now.
func (o *owners) release(l *life) (inherited []string) {
	for _, p := range l.claimed {
		if under := o.under[p]; len(under) > 0 {
			under = slices.DeleteFunc(under, func(c claim) bool { return c.life == l })
			if n := len(under); o.files[p].life == l && n > 0 {
				o.files[p] = under[n-1]
				under = under[:n-1]
				inherited = append(inherited, p)
			}
			o.under[p] = under
		}
		if o.files[p].life == l {
			delete(o.files, p)
		}
		if o.dirs[p].life == l {
			delete(o.dirs, p)
		}
	}
	l.claimed = nil
	return inherited
}

// paths spells paths as the layers of an image do.
type paths struct {
	idx   *layers.Index
	layer int
	dirs  map[string]string
	known map[string]string // what dirs says, for the layers above
}

// real resolves the links among p's directories: after usr-merge, dpkg's list of
// a package says /bin/ls, and the layer has usr/bin/ls. The last component is left
// alone: a package that owns a link does not own what it points to.
func (r *paths) real(p string) string {
	dir, base := path.Split(p)
	dir = strings.TrimSuffix(dir, "/")
	if dir == "" {
		return base
	}
	to, ok := r.dirs[dir]
	if !ok {
		to = r.directory(dir)
		r.dirs[dir], r.known[dir] = to, to
	}
	return path.Join(to, base)
}

func (r *paths) directory(dir string) string {
	if e, found := r.idx.Resolve(r.layer, dir); found && e.Type == layers.Directory {
		return e.Path
	}
	return dir
}

// moved reports whether a link that the layer brought leads the files of a package
// to another directory than before: /bin, once a directory, is now usr/bin.
func (r *paths) moved(links []string) bool {
	to := map[string]bool{}
	for _, link := range links {
		if e, ok := r.idx.Resolve(r.layer, link); ok && e.Type == layers.Directory {
			to[link] = true
		}
	}
	if len(to) == 0 {
		return false
	}
	for dir, was := range r.known {
		for up := dir; up != "." && up != "/"; up = path.Dir(up) {
			if !to[up] {
				continue
			}
			if r.directory(dir) != was {
				return true
			}
			break
		}
	}
	return false
}
