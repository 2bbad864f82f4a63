package ancestry

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// maxOSRelease is the number of bytes that OSRelease looks at; real files have
// some hundred.
const maxOSRelease = 64 << 10

// OSRelease reads the content of an etc/os-release, as os-release(5) describes
// it: lines of KEY=value, the value quoted as in a shell. Unknown and broken lines
// are passed over; of a key that occurs twice the last counts. It reports false if
// there is no ID.
func OSRelease(b []byte) (Distro, bool) {
	var d Distro
	if len(b) > maxOSRelease {
		b = b[:maxOSRelease]
	}
	for line := range strings.Lines(string(b)) {
		key, value, ok := strings.Cut(strings.TrimSpace(line), "=")
		if !ok || strings.HasPrefix(key, "#") {
			continue
		}
		value, ok = unquote(value)
		if !ok {
			continue
		}
		switch key {
		case "ID":
			d.ID = value
		case "VERSION_ID":
			d.VersionID = value
		case "VERSION_CODENAME":
			d.Codename = value
		case "PRETTY_NAME":
			d.PrettyName = value
		}
	}
	if !plainID(d.ID) {
		return Distro{}, false
	}
	return d, true
}

// plainID reports whether s is an identifier as os-release(5) wants it, with room
// for upper case, which some have.
func plainID(s string) bool {
	for i := range len(s) {
		c := s[i]
		if !('0' <= c && c <= '9' || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || strings.IndexByte("._-", c) >= 0) {
			return false
		}
	}
	return s != "" && len(s) <= 64
}

// unquote takes the shell's quotes off a value: none, single (nothing is special
// inside), or double (a backslash keeps $ ` " \ as they are). It reports false
// for quotes without an end, and for text that no terminal should be shown.
func unquote(s string) (string, bool) {
	var b strings.Builder
	var quote byte
	for i := 0; i < len(s); i++ {
		c := s[i]
		switch {
		case quote == 0 && (c == '"' || c == '\''):
			quote = c
		case quote != 0 && c == quote:
			quote = 0
		case c == '\\' && quote != '\'' && i+1 < len(s) && (quote == 0 || strings.IndexByte("$`\"\\", s[i+1]) >= 0):
			i++
			b.WriteByte(s[i])
		case quote == 0 && (c == ' ' || c == '\t'):
			i = len(s) // a comment, or nonsense
		default:
			b.WriteByte(c)
		}
	}
	v := b.String()
	if quote != 0 || !utf8.ValidString(v) || strings.ContainsFunc(v, unicode.IsControl) {
		return "", false
	}
	return v, true
}
