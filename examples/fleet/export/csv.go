package export

import (
	"encoding/csv"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/stemma-go/stemma/layers/printable"
)

// A csvSink writes RFC 4180 in UTF-8, the names of the columns first. What is not known is an
// empty field. Text is on one line, as layers/printable writes it, and where a spreadsheet would
// take it for a formula, an apostrophe stands before it: see guard.
type csvSink struct {
	w    *csv.Writer
	line []string
}

func newCSV(w io.Writer, t Table) (sink, error) {
	s := &csvSink{w: csv.NewWriter(w), line: make([]string, len(t.Columns))}
	for i, c := range t.Columns {
		s.line[i] = c.Name
	}
	return s, s.w.Write(s.line)
}

func (s *csvSink) row(values []any) error {
	for i, v := range values {
		switch v := v.(type) {
		case nil:
			s.line[i] = ""
		case string:
			s.line[i] = guard(printable.Line(v))
		case int64:
			s.line[i] = strconv.FormatInt(v, 10)
		case time.Time:
			s.line[i] = v.Format(time.RFC3339)
		default:
			s.line[i] = fmt.Sprint(v)
		}
	}
	return s.w.Write(s.line)
}

func (s *csvSink) close() error {
	s.w.Flush()
	return s.w.Error()
}

// guard puts an apostrophe before text that a spreadsheet would run: after white space it
// begins with =, +, -, @ or one of their full-width forms. Spreadsheets show the text without it. Numbers
// are no text, and keep their minus. Text that begins with an apostrophe gets another, so that one may
// be taken off from any that has one.
func guard(s string) string {
	if t := strings.TrimLeft(s, " \t\u00a0"); t != "" && strings.ContainsAny(first(t), "=+-@＝＋－＠'") {
		return "'" + s
	}
	return s
}

func first(s string) string {
	for _, r := range s {
		return string(r)
	}
	return ""
}
