package markdown

import (
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/stemma-go/stemma/layers/printable"
	"github.com/stemma-go/stemma/report/internal/words"
)

// The most bytes of one piece of text.
const (
	maxName = 120
	maxText = 600
)

// acts matches a word that GitHub makes something of even where its characters are escaped:
// mentions, references, links, emoji, mathematics, commits.
var acts = regexp.MustCompile("(?i)[@#$`]|://|www\\.|\\bgh-\\d|:[a-z0-9_+-]+:|\\b[0-9a-f]{7,}\\b|mailto:|xmpp:")

// text makes text from an image fit to stand in a line of Markdown, a table's cell included.
func text(s string) string {
	words := strings.Split(words.Clip(printable.Line(words.Clip(s, 4*maxText)), maxText), " ")
	for i, w := range words {
		if acts.MatchString(w) {
			core := strings.TrimRight(w, ",.;:)")
			words[i] = code(core) + escape(w[len(core):])
		} else {
			words[i] = escape(w)
		}
	}
	return beginsBlock.ReplaceAllString(strings.Join(words, " "), `$1\$2`)
}

// beginsBlock matches what would begin a list, a rule or a heading at the start of a line.
var beginsBlock = regexp.MustCompile(`^(\d*)([-+=.)])`)

// name makes a name from an image a code span: in one, nothing is read as markup.
func name(s string) string {
	return code(words.Clip(printable.Line(words.Clip(s, 4*maxName)), maxName))
}

// code returns a code span. Its fence is longer than any row of backticks in it. A pipe behind a
// backslash cannot be written in a table's cell; it becomes one that looks like it.
func code(s string) string {
	if s == "" {
		return ""
	}
	s = strings.ReplaceAll(s, `\|`, `\¦`)
	fence, run := 1, 0
	for _, c := range s {
		if c != '`' {
			run = 0
			continue
		}
		run++
		fence = max(fence, run+1)
	}
	f := strings.Repeat("`", fence)
	if s[0] == '`' || s[len(s)-1] == '`' {
		s = " " + s + " "
	}
	return f + s + f
}

// escape puts a backslash before what Markdown may read as markup, which CommonMark allows before
// any ASCII punctuation. Pipes matter in tables only, where row escapes them.
func escape(s string) string {
	var b strings.Builder
	for _, r := range s {
		if r < utf8.RuneSelf && (unicode.IsPunct(r) || unicode.IsSymbol(r)) && !strings.ContainsRune(`,.;:/()'"?%=+-|`, r) {
			b.WriteByte('\\')
		}
		b.WriteRune(r)
	}
	return b.String()
}
