package text

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// clean makes a string from an image fit to be printed: white space of any kind
// becomes one space, and what a terminal would act upon becomes an escape.
func clean(s string, ascii bool) string {
	if plain(s) {
		return s
	}
	var b strings.Builder
	space := false
	for i := 0; i < len(s); {
		r, n := utf8.DecodeRuneInString(s[i:])
		switch {
		case r == utf8.RuneError && n == 1:
			space = write(&b, space, fmt.Sprintf(`\x%02x`, s[i]))
		case r == ' ' || r == '\t' || r == '\n' || r == '\r' || r == '\v' || r == '\f' || r == 0x85:
			space = true
		case r < 0x20 || r == 0x7f:
			space = write(&b, space, fmt.Sprintf(`\x%02x`, r))
		case acts(r) || ascii && r >= 0x80:
			space = write(&b, space, escape(r))
		default:
			space = write(&b, space, s[i:i+n])
		}
		i += n
	}
	return b.String()
}

// write writes s after the space that is due, if any; it returns false, for no
// space is due then.
func write(b *strings.Builder, space bool, s string) bool {
	if space && b.Len() > 0 {
		b.WriteByte(' ')
	}
	b.WriteString(s)
	return false
}

// plain reports whether s is printable ASCII with single spaces inside: nothing
// to clean.
func plain(s string) bool {
	for i := range len(s) {
		if s[i] < ' ' || s[i] > '~' || s[i] == ' ' && (i == 0 || i == len(s)-1 || s[i-1] == ' ') {
			return false
		}
	}
	return true
}

// acts reports whether a character does something to a terminal or to the text
// around it instead of standing for itself: controls, direction marks, joiners,
// separators, what Unicode has not assigned, and marks that could be heaped upon
// a letter.
func acts(r rune) bool {
	return !unicode.IsPrint(r) || unicode.Is(unicode.Mn, r) || unicode.Is(unicode.Me, r)
}

func escape(r rune) string {
	if r > 0xffff {
		return fmt.Sprintf(`\U%08x`, r)
	}
	return fmt.Sprintf(`\u%04x`, r)
}
