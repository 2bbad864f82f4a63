package data

import "strings"

// mask stands in a shape for a version, a hash or a number.
const mask = '#'

// Shape returns a line with everything masked that changes from one release to the
// next: versions ("3.13.0rc1"), numbers, hashes and keys (hexadecimal words of at
// least 12 digits), and lists of them. Two Dockerfiles of one repository, a year
// apart, mostly have the same shapes.
//
//	ENV PYTHON_VERSION=3.13.14                  ENV PYTHON_VERSION=#
//	wget -O p.tar.xz ".../3.13.14/Python.tgz"   wget -O p.tar.xz ".../#/Python.tgz"
//	--recv-keys 0D96DF4D4110E5C43FBFB17F2D34… A6…   --recv-keys #
func Shape(line string) string {
	out := make([]byte, 0, len(line))
	for i := 0; i < len(line); {
		n := hexWord(line, i)
		if n == 0 {
			n = digits(line[i:])
		}
		if n == 0 {
			out = append(out, line[i])
			i++
			continue
		}
		out = appendMask(out)
		i += n
	}
	return string(out)
}

// hexWord returns the length of a hexadecimal word of at least 12 digits, one of
// them decimal, that begins at i; 0 if none does.
func hexWord(s string, i int) int {
	if i > 0 && isWord(s[i-1]) {
		return 0
	}
	n, decimal := 0, false
	for i+n < len(s) && isHex(s[i+n]) {
		decimal = decimal || isDigit(s[i+n])
		n++
	}
	if n < 12 || !decimal || i+n < len(s) && isWord(s[i+n]) {
		return 0
	}
	return n
}

func digits(s string) int {
	n := 0
	for n < len(s) && isDigit(s[n]) {
		n++
	}
	return n
}

// appendMask appends a mask; if what stands before is a mask and one of the things
// that part the numbers of a version or the items of a list, the two become one.
func appendMask(out []byte) []byte {
	s := strings.TrimRight(string(out[max(0, len(out)-16):]), " \t")
	if s != "" && s[len(s)-1] == mask {
		return out[:lastMask(out)+1]
	}
	for _, sep := range separators() {
		if t, ok := strings.CutSuffix(s, sep); ok && t != "" && t[len(t)-1] == mask {
			return out[:lastMask(out)+1]
		}
	}
	return append(out, mask)
}

// separators stand between the numbers of a version: "3.14.0rc2", "1.2.3-beta.4".
func separators() [19]string {
	return [...]string{
		".", "_", "-", "+", ":", ".v", "a", "b", "rc", "-rc", ".rc", "_rc", "-rc.", "alpha", "beta", "-alpha", "-beta", "-alpha.", "-beta.",
	}
}

func lastMask(out []byte) int {
	for i := len(out) - 1; i >= 0; i-- {
		if out[i] == mask {
			return i
		}
	}
	return -1
}

func isDigit(c byte) bool { return '0' <= c && c <= '9' }

func isHex(c byte) bool { return isDigit(c) || 'a' <= c && c <= 'f' || 'A' <= c && c <= 'F' }

func isWord(c byte) bool {
	return isDigit(c) || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || c == '_'
}
