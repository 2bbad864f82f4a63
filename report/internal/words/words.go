// Package words has what the formats for people share: how an age is said, and text that is
// cut or begins a sentence.
package words

import (
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/dustin/go-humanize/english"

	"github.com/stemma-go/stemma/report"
)

// Span returns the whole months from one date to another, and all its days, which are less
// than 0 where to is the earlier. Dates are of UTC, and their hours do not count.
func Span(from, to time.Time) (months, days int) {
	date := func(t time.Time) time.Time { return t.UTC().Truncate(24 * time.Hour) }
	from, to = date(from), date(to)
	months = 12*(to.Year()-from.Year()) + int(to.Month()-from.Month())
	if months > 0 && from.AddDate(0, months, 0).After(to) {
		months--
	}
	return months, report.Days(from, to)
}

// Age says how long from is before to, in years and months, or in days: "2 years 3 months",
// "12 days". It is "0 days" where to is the earlier.
func Age(from, to time.Time) string {
	months, days := Span(from, to)
	if months <= 0 {
		return english.Plural(max(0, days), "day", "")
	}
	var parts []string
	if years := months / 12; years > 0 {
		parts = append(parts, english.Plural(years, "year", ""))
	}
	if months %= 12; months > 0 {
		parts = append(parts, english.Plural(months, "month", ""))
	}
	return strings.Join(parts, " ")
}

// Clip cuts valid UTF-8 after most bytes, between characters, and shows that it did.
func Clip(s string, most int) string {
	const dots = "…"
	if len(s) <= most {
		return s
	}
	end := most - len(dots)
	for end > 0 && !utf8.RuneStart(s[end]) {
		end--
	}
	return s[:end] + dots
}

// Capital begins a sentence, unless it begins with a path, a name or an option.
func Capital(s string) string {
	first, n := utf8.DecodeRuneInString(s)
	if word, _, _ := strings.Cut(s, " "); strings.ContainsAny(word[min(n, len(word)):], "/.:-_=") {
		return s
	}
	return string(unicode.ToUpper(first)) + s[n:]
}
