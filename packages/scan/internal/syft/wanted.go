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

// maxNeighbour bounds the files that are kept only because a cataloger might look
// at them next to another one.
const maxNeighbour = 8 << 20

// hasNeighbours tells the binaries that Syft's classifiers can't judge alone: the
// version of go stands in ../VERSION, of ruby in libruby.so, of Firefox in
// application.ini.
func hasNeighbours(p string) bool {
	switch base := path.Base(p); base {
	case "go", "go.exe", "ruby", "firefox", "firefox.exe":
		return true
	}
	return false
}

// Neighbour reports whether a cataloger may read the file at p next to a file
// that matches one of its globs. The catalogers look these up one by one, so no
// dry run can tell.
func Neighbour(p string, size int64) bool {
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
var beside = sync.OnceValue(func() *globSet {
	var globs []string
	for _, e := range packages.Ecosystems() {
		globs = append(globs, e.Beside...)
	}
	return newGlobSet(globs)
})

// cpanModule tells modules that CPAN's clients may have installed, whose version
// Syft reads from the module; those of the distribution's own directories are not.
func cpanModule(p string) bool {
	for _, dir := range []string{"usr/share/perl/", "usr/share/perl5/", "usr/share/perl-base/", "usr/lib/"} {
		if strings.HasPrefix(p, dir) {
			return false
		}
	}
	return true
}

// distribution tells the files that name the distribution, and with it the
// package URLs of its packages.
func distribution(p string) bool {
	return slices.Contains(Distributions(), p) || fedoraVariant(p)
}

// Distributions returns the paths at which the name of the distribution is looked for.
func Distributions() []string {
	return []string{"etc/os-release", "usr/lib/os-release", "etc/system-release-cpe", "etc/redhat-release", "etc/debian_version"}
}

// fedoraVariant tells what usr/lib/os-release is a link to in Fedora 24 to 29.
func fedoraVariant(p string) bool { return strings.HasPrefix(p, "usr/lib/os.release.d/os-release-") }

// withheld tells the files that exist in the image and that catalogers are told
// do not: license texts, whose classification costs more than all the rest, and
// lists that are read by this module itself (see dpkg's info).
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
