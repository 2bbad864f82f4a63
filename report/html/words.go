package html

import (
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/dustin/go-humanize"
	"github.com/dustin/go-humanize/english"

	"github.com/stemma-go/stemma/layers/printable"
)

const (
	longest  = 5000 // characters of a text
	briefest = 200  // characters of a name in a heading, a table or a picture
)

// show makes text from an image fit to be read. Where it is very long its middle is left
// out.
func show(s string) string { return cut(s, longest) }

// brief is show for places that are no place for a long text.
func brief(s string) string { return cut(s, briefest) }

func cut(s string, most int) string {
	const room = 16 // bytes of the input beyond which no character can be among the first or last most
	if len(s) > room*most {
		s = s[:room*most/2] + s[len(s)-room*most/2:]
	}
	s = printable.Line(s)
	n := utf8.RuneCountInString(s)
	if n <= most {
		return s
	}
	r := []rune(s)
	return string(r[:most*3/4]) + " … " + string(r[n-most/4:])
}

// number writes a number, and count a number of things.
func number(n int) string { return humanize.Comma(int64(n)) }

func count(n int, one, many string) string {
	return number(n) + " " + english.PluralWord(n, one, many)
}

// date is a day in UTC.
func date(t time.Time) string { return t.UTC().Format(time.DateOnly) }

// pieces divides a name where a line may best be broken: after a slash, a colon, an @.
func pieces(name string) []string {
	var out []string
	for name != "" {
		i := strings.IndexAny(name, "/:@") + 1
		if i == 0 || i == len(name) || len(out) == briefest {
			return append(out, name)
		}
		out, name = append(out, name[:i]), name[i:]
	}
	return out
}

// percent writes a share of a length, as an attribute of SVG has it.
func percent(f float64) string { return fmt.Sprintf("%.2f%%", 100*min(max(f, 0), 1)) }

// most of a list are shown; package json has all.
const (
	mostPackages = 500
	mostFindings = 1000
	mostSteps    = 500
	mostItems    = 100
	mostEvidence = 100
	mostProblems = 200
)

// A list is the beginning of a longer one.
type list[T any] struct {
	Rows []T
	More int // how many are left out
}

// first makes a list of the first elements.
func first[S, T any](all []S, most int, row func(int, S) T) list[T] {
	var l list[T]
	for i, s := range all[:min(len(all), most)] {
		l.Rows = append(l.Rows, row(i, s))
	}
	l.More = len(all) - len(l.Rows)
	return l
}

// sentence makes a sentence of words that begin with a small letter and have no full stop.
// A path, a name or a command that comes first stays as it is.
func sentence(s string) string {
	word, _, _ := strings.Cut(s, " ")
	if word == "" {
		return s
	}
	for _, c := range word {
		if c < 'a' || c > 'z' {
			return s + "."
		}
	}
	return strings.ToUpper(s[:1]) + s[1:] + "."
}
