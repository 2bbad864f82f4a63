package scan

import (
	"path"
	"slices"
	"strings"

	"github.com/stemma-go/stemma/layers"
	"github.com/stemma-go/stemma/packages"
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
	for end := strings.LastIndexByte(p, '/'); end > 0; end = strings.LastIndexByte(p[:end], '/') {
		if c, ok := o.dirs[p[:end]]; ok {
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

// A spelling spells paths as an image does at one layer.
type spelling struct {
	idx   *layers.Index
	layer int
	dirs  map[string]string // what directories are, their links followed
	known map[string]string // the same, for the layers above to compare with
}

// real resolves the links among p's directories: after usr-merge, dpkg's list of
// a package says /bin/ls, and the layer has usr/bin/ls. The last component is left
// alone: a package that owns a link does not own what it points to.
func (s *spelling) real(p string) string {
	dir, base := path.Split(p)
	dir = strings.TrimSuffix(dir, "/")
	if dir == "" {
		return base
	}
	to, ok := s.dirs[dir]
	if !ok {
		to = s.directory(dir)
		s.dirs[dir], s.known[dir] = to, to
	}
	return path.Join(to, base)
}

func (s *spelling) directory(dir string) string {
	if e, found := s.idx.Resolve(s.layer, dir); found && e.Type == layers.Directory {
		return e.Path
	}
	return dir
}

// moved reports whether a link that the layer brought leads the files of a package
// to another directory than before: /bin, once a directory, is now usr/bin.
func (s *spelling) moved(links []string) bool {
	to := map[string]bool{}
	for _, link := range links {
		if e, ok := s.idx.Resolve(s.layer, link); ok && e.Type == layers.Directory {
			to[link] = true
		}
	}
	if len(to) == 0 {
		return false
	}
	for dir, was := range s.known {
		for up := dir; up != "." && up != "/"; up = path.Dir(up) {
			if !to[up] {
				continue
			}
			if s.directory(dir) != was {
				return true
			}
			break
		}
	}
	return false
}

// ownerOf returns the package that owns the file in which l was found, nil if none does.
func (a *attribution) ownerOf(l *life) *life {
	if len(l.found.Evidence) == 0 {
		return nil
	}
	return a.owners.of(l.found.Evidence[0])
}

// assignFiles gives the packages that the layer brought or changed their files, and
// those whose list of files it changed; all of them, when it moved their files by
// making a link of a directory.
func (a *attribution) assignFiles(d *delta, renewed []*life) {
	spelling := &spelling{idx: a.idx, layer: d.layer, dirs: map[string]string{}, known: a.owners.spelled}
	moved := spelling.moved(d.symlinks)
	assign := map[*life]bool{}
	for _, l := range renewed {
		assign[l] = true
		a.recordLocations(d.layer, l)
	}
	for _, l := range a.lives {
		if !l.alive() {
			continue
		}
		list, ok := listOf(a.idx, d.layer, l)
		if ok && len(l.claimed) > 0 {
			// What dpkg's status says again, with each package that comes or
			// goes, changes nobody's files.
			assign[l] = d.changed[list.Path]
		}
		if assign[l] || moved {
			owned := l.found.Owned
			if ok {
				if b, kept := a.idx.Content(list); kept {
					owned = parseList(b)
				}
			}
			a.claim(l, owned, spelling)
		}
	}
}

// recordLocations notes where the files are that prove a package, as of a layer.
func (a *attribution) recordLocations(layer int, l *life) {
	l.locations = nil
	for _, p := range l.found.Evidence {
		if e, ok := a.idx.Lookup(layer, p); ok {
			l.locations = append(l.locations, packages.Location{Path: p, Layer: e.Layer})
		}
	}
}

// claim gives a package the files that it lists, its directories, and what it was found in.
func (a *attribution) claim(l *life, owned []string, s *spelling) {
	a.owners.release(l)
	rank := rankListed
	if l.found.Manager {
		rank = rankManager
	}
	root, _ := rootOf(&l.found)
	for _, p := range owned {
		if root != "" && !strings.HasPrefix(p, root+"/") {
			p = path.Join(root, p) // what the database of a chroot lists is in there
		}
		a.owners.claimFile(s.real(p), l, rank)
	}
	for _, dir := range l.found.Dirs {
		a.owners.claimDir(s.real(dir), l)
	}
	if !l.found.Manager {
		for _, p := range l.found.Evidence {
			a.owners.claimFile(p, l, rankFile)
		}
	}
}

// maxListed bounds the paths that are read of one package's list.
const maxListed = 1_000_000

// parseList reads dpkg's info/NAME.list: one absolute path a line, directories
// included. Lines that are no absolute path are passed over.
func parseList(b []byte) []string {
	var files []string
	for line := range strings.Lines(string(b)) {
		line = strings.TrimRight(line, "\r\n")
		if !strings.HasPrefix(line, "/") || strings.ContainsRune(line, 0) {
			continue
		}
		p := strings.TrimPrefix(path.Clean(line), "/")
		if p == "" || p == "." {
			continue
		}
		if files = append(files, p); len(files) == maxListed {
			break
		}
	}
	return files
}

// listOf returns the list of files of a package at a layer, where its ecosystem has such
// lists. Packages of several architectures have it under NAME:ARCH.
func listOf(idx *layers.Index, layer int, l *life) (layers.Entry, bool) {
	eco := packages.EcosystemOf(l.group.kind)
	database := l.found.Database()
	if eco.FileLists == "" || database == "" {
		return layers.Entry{}, false
	}
	dirs := []string{path.Dir(database)}
	if dir, ok := eco.PerPackageDir(database); ok {
		dirs = append(dirs, path.Dir(dir)) // of status.d/NAME, too, the lists are usually in info beside status.d
	}
	for _, dir := range dirs {
		for _, name := range []string{l.group.name + ":" + l.group.arch, l.group.name} {
			p := path.Join(dir, eco.FileLists, name+".list")
			if e, ok := idx.Lookup(layer, p); ok && e.Type != layers.Symlink {
				return e, true
			}
			if e, ok := idx.Resolve(layer, p); ok {
				return e, true
			}
		}
	}
	return layers.Entry{}, false
}

// isChecksumList reports whether the file at p is a list of checksums beside a file of
// dpkg's status.d. It is read with that file, and is no database itself.
func isChecksumList(p string) bool {
	return path.Ext(p) == ".md5sums" && path.Base(path.Dir(p)) == "status.d"
}
