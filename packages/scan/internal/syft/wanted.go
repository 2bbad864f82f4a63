package syft

import (
	"path"
	"slices"
	"strings"
	"sync"

	"github.com/stemma-go/stemma/packages"
)

// Kept returns the globs that p matches, of catalogers that run after the pass and
// read p.
func (s *Set) Kept(p string) []string {
	return slices.DeleteFunc(s.kept.match(p), func(g string) bool {
		return !slices.ContainsFunc(s.byGlob[g], func(c *Cataloger) bool { return c.reads(p) })
	})
}

// reads reports whether the content of a file at p, which matches the glob, is read after
// the pass: by a cataloger, or beside what a cataloger finds.
func (s *Set) reads(glob, p string) bool {
	return len(s.byGlob[glob]) == 0 || slices.ContainsFunc(s.byGlob[glob], func(c *Cataloger) bool { return c.reads(p) })
}

// Keep reports whether the content of the file at p is read after the pass.
func (s *Set) Keep(p string, size int64) bool {
	if isNeighbour(p, size) || s.isWAL(p) {
		return true
	}
	return !isAssembly(p) && len(s.Kept(p)) > 0
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
	names, nix := NamesDistribution(p), strings.Contains(p, "nix/store/")
	if !names && !nix {
		return found
	}
	for _, c := range s.Catalogers {
		if names && c.Database || !names && c.Name == "nix-cataloger" {
			add(c)
		}
	}
	return found
}

func (c *Cataloger) reads(p string) bool {
	return c.Mode != Alone && (c.only == nil || c.only(p))
}

// maxNeighbour bounds the files that are kept only because a cataloger might look
// at them next to another one.
const maxNeighbour = 8 << 20

// needsNeighbours reports whether Syft's classifiers need more than the binary at p: the
// version of go is in ../VERSION, that of ruby in libruby.so, that of Firefox in
// application.ini.
func needsNeighbours(p string) bool {
	switch path.Base(p) {
	case "go", "go.exe", "ruby", "firefox", "firefox.exe":
		return true
	}
	return false
}

// isNeighbour reports whether a cataloger may read the file at p next to a file
// that matches one of its globs. The catalogers look these files up one by one, and ask
// for none of them in a dry run. Those of package ecosystems are in the table; the others
// name the distribution or the version of a program.
func isNeighbour(p string, size int64) bool {
	if size > maxNeighbour {
		return false
	}
	if slices.ContainsFunc(beside().match(p), func(g string) bool { return g != "**/*.pm" || cpanModule(p) }) {
		return true
	}
	base, dir := path.Base(p), path.Dir(p)
	switch {
	case base == "os-release", base == "system-release-cpe", base == "redhat-release", base == "debian_version":
		return dir == "etc" || dir == "usr/lib"
	case base == "application.ini", fedoraVariant(p):
		return true
	case strings.HasPrefix(base, "VERSION"):
		return size < 4<<10
	case strings.HasPrefix(base, "libruby"):
		return strings.Contains(base, ".so")
	case strings.HasPrefix(base, "ruby"):
		return strings.Trim(base[len("ruby"):], "0123456789.") == "" // what a link named ruby leads to
	}
	return false
}

// beside has the globs of files that are read beside those that a cataloger finds.
var beside = sync.OnceValue(func() *globSet { return newGlobSet(besideGlobs()) })

func besideGlobs() []string {
	var globs []string
	for _, e := range packages.Ecosystems() {
		globs = append(globs, e.Beside...)
	}
	return globs
}

// cpanModule reports whether p is a module that CPAN's clients may have installed.
// Syft reads its version from the module. The distribution's directories hold none.
func cpanModule(p string) bool {
	for _, dir := range []string{"usr/share/perl/", "usr/share/perl5/", "usr/share/perl-base/", "usr/lib/"} {
		if strings.HasPrefix(p, dir) {
			return false
		}
	}
	return true
}

// NamesDistribution reports whether the file at p names the distribution, which is part
// of the package URLs of its packages.
func NamesDistribution(p string) bool {
	return slices.Contains(Distributions(), p) || fedoraVariant(p)
}

// Distributions returns the paths at which the name of the distribution is looked for.
func Distributions() []string {
	return []string{"etc/os-release", "usr/lib/os-release", "etc/system-release-cpe", "etc/redhat-release", "etc/debian_version"}
}

// fedoraVariant reports whether p is what usr/lib/os-release links to in Fedora 24 to 29.
func fedoraVariant(p string) bool { return strings.HasPrefix(p, "usr/lib/os.release.d/os-release-") }

// withheld reports whether catalogers do not get to see the file at p: license texts,
// whose classification takes more time than all the rest, and dpkg's lists of files, which
// package scan reads itself, and busybox, which Syft takes for the file that names the
// distribution.
func withheld(p string) bool {
	if strings.Contains(p, "lib/dpkg/info/") || p == "bin/busybox" || p == "usr/bin/busybox" {
		return true
	}
	base := strings.ToLower(path.Base(p))
	for _, prefix := range []string{"license", "licence", "copyright", "copying", "unlicense", "notice", "legal", "mit-license", "patents"} {
		if strings.HasPrefix(base, prefix) {
			return true
		}
	}
	return false
}
