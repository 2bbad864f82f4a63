package packages

import (
	"cmp"
	"regexp"
	"strings"
	"sync"

	"github.com/google/osv-scalibr/semantic"
	apk "github.com/knqyf263/go-apk-version"
)

// Compare orders two versions as the package system does: order is negative when a is
// older. ok is false where the package system defines no order, or none that is known
// here, where one of the two is not a version as the package system writes them, and
// where one is longer than a kilobyte.
func (e Ecosystem) Compare(a, b string) (order int, ok bool) {
	if e.compare == nil || max(len(a), len(b)) > maxVersion {
		return 0, false
	}
	return e.compare(a, b)
}

// maxVersion bounds the versions that are compared, in bytes: an image can name longer ones.
const maxVersion = 1 << 10

// semverSyntax is the syntax of a version of SemVer, after an optional prefix. The second and
// third number may be left out.
const semverSyntax = `\d+(\.\d+){0,2}(-[0-9A-Za-z.-]+)?(\+[0-9A-Za-z.-]+)?$`

// ordered returns the order of OSV's ecosystem of that name, for versions that match
// syntax: OSV defines one for any text. normal, if there is any, rewrites them first.
func ordered(ecosystem, syntax string, normal func(string) string) func(a, b string) (int, bool) {
	valid := sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(syntax) })
	return func(a, b string) (int, bool) {
		if !valid().MatchString(a) || !valid().MatchString(b) {
			return 0, false
		}
		if normal != nil {
			a, b = normal(a), normal(b)
		}
		v, err := semantic.Parse(a, ecosystem)
		if err != nil {
			return 0, false
		}
		order, err := v.CompareStr(b)
		return order, err == nil
	}
}

// fourNumbers writes a version of Composer's with the four numbers that it has there:
// 1.0-RC2 is 1.0.0.0-RC2.
func fourNumbers(s string) string {
	s = strings.TrimLeft(s, "vV")
	n := len(s) - len(strings.TrimLeft(s, "0123456789."))
	return s[:n] + strings.Repeat(".0", max(0, 3-strings.Count(s[:n], "."))) + s[n:]
}

// compareApk orders two versions of apk's. OSV takes 1 and 1.0 for equal, apk does not.
func compareApk(a, b string) (order int, ok bool) {
	x, err := apk.NewVersion(a)
	if err != nil {
		return 0, false
	}
	y, err := apk.NewVersion(b)
	if err != nil {
		return 0, false
	}
	return x.Compare(y), true
}

// compareAlpm orders two versions of pacman's, EPOCH:VERSION-RELEASE, as its vercmp does. The order was taken from rpm's and went its own way: what is left is older if
// it starts with a letter (1.0rc1 comes before 1.0), and a release counts only where
// both have one.
func compareAlpm(a, b string) (order int, ok bool) {
	x, y := splitAlpm(a), splitAlpm(b)
	if c := cmp.Or(alpmSegments(x[0], y[0]), alpmSegments(x[1], y[1])); c != 0 || x[2] == "" || y[2] == "" {
		return c, true
	}
	return alpmSegments(x[2], y[2]), true
}

// splitAlpm returns epoch, version and release.
func splitAlpm(s string) (parts [3]string) {
	parts[0], parts[1] = "0", s
	if epoch, rest, ok := strings.Cut(s, ":"); ok && strings.Trim(epoch, "0123456789") == "" {
		parts[0], parts[1] = cmp.Or(epoch, "0"), rest
	}
	if i := strings.LastIndexByte(parts[1], '-'); i >= 0 {
		parts[1], parts[2] = parts[1][:i], parts[1][i+1:]
	}
	return parts
}

func alpmSegments(a, b string) int {
	for a != "" && b != "" {
		x, y := strings.TrimLeftFunc(a, separates), strings.TrimLeftFunc(b, separates)
		between := cmp.Compare(len(a)-len(x), len(b)-len(y))
		if a, b = x, y; a == "" || b == "" {
			break
		}
		if between != 0 {
			return between
		}
		kind := letter
		if digit(rune(a[0])) {
			kind = digit
		}
		x, y = a[:run(a, kind)], b[:run(b, kind)]
		if y == "" && kind('0') {
			return 1 // a number is newer than a word
		}
		if y == "" {
			return -1
		}
		a, b = a[len(x):], b[len(y):]
		if kind('0') {
			x, y = strings.TrimLeft(x, "0"), strings.TrimLeft(y, "0")
			if c := cmp.Compare(len(x), len(y)); c != 0 {
				return c
			}
		}
		if c := strings.Compare(x, y); c != 0 {
			return c
		}
	}
	switch {
	case a == "" && b == "":
		return 0
	case a == "" && !letter(rune(b[0])), a != "" && letter(rune(a[0])):
		return -1
	}
	return 1
}

func digit(r rune) bool     { return '0' <= r && r <= '9' }
func letter(r rune) bool    { return 'a' <= r|0x20 && r|0x20 <= 'z' }
func separates(r rune) bool { return !digit(r) && !letter(r) }

// run returns how many bytes at the start of s are of a kind.
func run(s string, kind func(rune) bool) int {
	n := 0
	for n < len(s) && kind(rune(s[n])) {
		n++
	}
	return n
}
