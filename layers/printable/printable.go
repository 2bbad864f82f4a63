// Package printable makes text from an image, a registry or a file fit to be printed.
//
// Such text may hold anything: escape sequences that a terminal obeys, line feeds
// that write a line of their own, marks that turn the direction of what follows,
// bytes that are no UTF-8. Whatever prints it passes it through here first.
package printable

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Line returns s on one line: white space of any kind becomes one space, and
// what a terminal would act upon becomes an escape, such as \x1b. Printable
// characters stay as they are.
func Line(s string) string { return line(s, false) }

// ASCII is [Line] for outputs that show nothing but ASCII: all other characters
// become escapes, such as \u00e4.
func ASCII(s string) string { return line(s, true) }

func line(s string, ascii bool) string {
	if isPlain(s) {
		return s
	}
	var b strings.Builder
	space := false // a space is to be written before the next character
	for i := 0; i < len(s); {
		r, n := utf8.DecodeRuneInString(s[i:])
		text := s[i : i+n]
		switch {
		case r == utf8.RuneError && n == 1:
			text = fmt.Sprintf(`\x%02x`, s[i])
		case unicode.IsSpace(r) && (r < 0x80 || r == 0x85):
			text = ""
		case r < 0x20 || r == 0x7f:
			text = fmt.Sprintf(`\x%02x`, r)
		case acts(r) || ascii && r >= 0x80:
			text = escape(r)
		}
		if text != "" {
			if space && b.Len() > 0 {
				b.WriteByte(' ')
			}
			b.WriteString(text)
		}
		space = text == ""
		i += n
	}
	return b.String()
}

// isPlain reports whether s is printable ASCII with single spaces inside, so that
// there is nothing to change.
func isPlain(s string) bool {
	for i := range len(s) {
		if s[i] < ' ' || s[i] > '~' || s[i] == ' ' && (i == 0 || i == len(s)-1 || s[i-1] == ' ') {
			return false
		}
	}
	return true
}

// acts reports whether a character does something to a terminal or to the text
// around it instead of standing for itself: controls, direction marks, joiners,
// separators, characters that Unicode has not assigned, and marks that are drawn
// over the letter before them.
func acts(r rune) bool {
	return !unicode.IsPrint(r) || unicode.Is(unicode.Mn, r) || unicode.Is(unicode.Me, r)
}

func escape(r rune) string {
	if r > 0xffff {
		return fmt.Sprintf(`\U%08x`, r)
	}
	return fmt.Sprintf(`\u%04x`, r)
}
