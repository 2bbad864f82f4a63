package scan

import (
	"cmp"
	"strings"
)

// compareAlpm orders two versions of pacman's, EPOCH:VERSION-RELEASE, as its vercmp
// does. The order was taken from rpm's and went its own way: what is left is older if
// it starts with a letter (1.0rc1 comes before 1.0), and a release counts only where
// both have one.
func compareAlpm(a, b string) int {
	x, y := splitAlpm(a), splitAlpm(b)
	if c := cmp.Or(alpmSegments(x[0], y[0]), alpmSegments(x[1], y[1])); c != 0 || x[2] == "" || y[2] == "" {
		return c
	}
	return alpmSegments(x[2], y[2])
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
