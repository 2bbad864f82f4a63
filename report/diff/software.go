package diff

import (
	"cmp"
	"regexp"
	"strings"

	"github.com/stemma-go/stemma/packages"
)

// Software names the software that a distribution's package is part of: "openssl" for Debian's
// libssl3, and for Alpine's libssl3 and libcrypto3. It is the name of the source package, or that
// of a short table where distributions name one source differently: glibc, gcc, python3,
// openjdk and others, of which the name often has a version. It is "" for a package of no
// distribution.
func Software(p *packages.Package) string {
	if !ofDistribution(p.Type) {
		return ""
	}
	source := cmp.Or(p.Source, p.Name)
	if p.Type == "rpm" {
		source = sourceRPM(source)
	}
	for _, s := range software {
		if s.sources.MatchString(source) {
			return s.name
		}
	}
	return source
}

// ofDistribution reports whether packages of a type are a distribution's.
func ofDistribution(kind string) bool {
	switch kind {
	case "deb", "apk", "rpm", "alpm", "portage":
		return true
	}
	return false
}

// sourceRPM is the name in NAME-VERSION-RELEASE.src.rpm.
func sourceRPM(s string) string {
	s, ok := strings.CutSuffix(s, ".src.rpm")
	if !ok {
		return s
	}
	for range 2 {
		if i := strings.LastIndexByte(s, '-'); i > 0 {
			s = s[:i]
		}
	}
	return s
}

// software is the table of source packages that distributions name differently. The names are
// those of Debian and Ubuntu, Alpine and Wolfi, Fedora and RHEL, and Arch.
var software = []struct {
	name    string
	sources *regexp.Regexp
}{
	{"apr-util", regexp.MustCompile(`^apr-util\d*$`)},
	{"binutils", regexp.MustCompile(`^(mingw-w64-)?binutils$`)},
	{"bzip2", regexp.MustCompile(`^bzip2(-\d.*)?$`)},
	{"ca-certificates", regexp.MustCompile(`^ca-certificates(-bundle|-mozilla)?$`)},
	{"db", regexp.MustCompile(`^(db\d[\d.]*|libdb|bdb|berkeley-db)$`)},
	{"expat", regexp.MustCompile(`^(lib)?expat$`)},
	{"ffi", regexp.MustCompile(`^libffi\d*$`)},
	{"freetype", regexp.MustCompile(`^freetype2?$`)},
	{"gcc", regexp.MustCompile(`^gcc(-\d[\d.]*)?(-defaults)?$`)},
	{"gdbm", regexp.MustCompile(`^gdbm$`)},
	{"glib2", regexp.MustCompile(`^(glib|glib2\.0|glib2)$`)},
	{"gmp", regexp.MustCompile(`^(lib)?gmp$`)},
	{"gnupg", regexp.MustCompile(`^gnupg2?$`)},
	{"httpd", regexp.MustCompile(`^(apache2|apache|httpd)$`)},
	{"icu", regexp.MustCompile(`^icu(-\d+|\d+)?$`)},
	{"jpeg-turbo", regexp.MustCompile(`^libjpeg(-turbo|6b)?$`)},
	{"krb5", regexp.MustCompile(`^krb5$`)},
	{"ldap", regexp.MustCompile(`^(openldap|libldap)$`)},
	{"libidn2", regexp.MustCompile(`^libidn2(-0)?$`)},
	{"libpng", regexp.MustCompile(`^libpng(1\.6)?$`)},
	{"llvm", regexp.MustCompile(`^llvm(-toolchain-\d+|-?\d+)?$`)},
	{"lz4", regexp.MustCompile(`^lz4$`)},
	{"mariadb", regexp.MustCompile(`^mariadb(-\d[\d.]*|-connector-c)?$`)},
	{"ncurses", regexp.MustCompile(`^ncurses$`)},
	{"nghttp2", regexp.MustCompile(`^(lib)?nghttp2$`)},
	{"node", regexp.MustCompile(`^(nodejs|node)(-?\d+)?$`)},
	{"openjdk", regexp.MustCompile(`^(openjdk-?\d+|java-\d[\d.]*-openjdk|java-openjdk)$`)},
	{"openssl", regexp.MustCompile(`^openssl(3|1\.[01]|11)?$`)},
	{"pcre2", regexp.MustCompile(`^pcre2$`)},
	{"perl", regexp.MustCompile(`^perl(5)?$`)},
	{"postgresql", regexp.MustCompile(`^postgresql(-?\d[\d.]*|-common)?$`)},
	{"psl", regexp.MustCompile(`^libpsl$`)},
	{"python3", regexp.MustCompile(`^python(3(\.\d+)?|-3\.\d+)?$`)},
	{"readline", regexp.MustCompile(`^readline\d*$`)},
	{"ruby", regexp.MustCompile(`^ruby(\d[\d.]*|-\d[\d.]*)?$`)},
	{"shadow", regexp.MustCompile(`^shadow(-utils)?$`)},
	{"sqlite", regexp.MustCompile(`^sqlite3?$`)},
	{"tzdata", regexp.MustCompile(`^tzdata$`)},
	{"xz", regexp.MustCompile(`^xz(-utils)?$`)},
	{"yaml", regexp.MustCompile(`^libyaml$`)},
	{"zlib", regexp.MustCompile(`^(zlib|zlib-ng)$`)},
	{"zstd", regexp.MustCompile(`^(lib)?zstd$`)},
}

// A stem is a package's name without the versions in it: libssl of libssl3 and libssl1.1,
// libicu of libicu76t64, gcc-base of gcc-12-base.
func stem(name string) string {
	name = timeStem.ReplaceAllString(name, "$1")
	return strings.Trim(versionStem.ReplaceAllString(name, ""), "-.")
}

var (
	// Debian's packages with 64-bit times have t64 after the number of the library.
	timeStem = regexp.MustCompile(`(\d)t64\b`)
	// A version is digits at the end of a word, or a word of digits.
	versionStem = regexp.MustCompile(`-?\d+(\.\d+)*(-\d+(\.\d+)*)*`)
)
