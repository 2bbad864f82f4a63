package sarif

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/stemma-go/stemma/layers/printable"
	"github.com/stemma-go/stemma/report/internal/words"
)

// The most bytes of what is written, so that a hostile name does not fill the page. GitHub
// takes 255 characters for a rule's name, and 1,024 for its descriptions.
const (
	maxName = 255
	maxText = 1000
	maxHelp = 4000
)

// clean makes text from an image fit to be shown: on one line, without control characters
// and marks that turn the direction, and no longer than most bytes. "](" would make a link
// of it, and is broken up.
func clean(s string, most int) string {
	const longest = 4 // bytes of an escape for each byte
	if len(s) > longest*most {
		s = s[:longest*most]
	}
	return words.Clip(strings.ReplaceAll(printable.Line(s), "](", `]\(`), most)
}

// sentence begins s with a capital and ends it with a full stop.
func sentence(s string) string {
	s = words.Capital(s)
	if s != "" && !strings.HasSuffix(s, ".") && !strings.HasSuffix(s, "…") {
		s += "."
	}
	return s
}

// markdown escapes all that Markdown could read as markup: every ASCII punctuation, which
// CommonMark allows.
func markdown(s string) string {
	var b strings.Builder
	for _, r := range s {
		if r < utf8.RuneSelf && (unicode.IsPunct(r) || unicode.IsSymbol(r)) && r != ',' && r != ' ' {
			b.WriteByte('\\')
		}
		b.WriteRune(r)
	}
	return b.String()
}
