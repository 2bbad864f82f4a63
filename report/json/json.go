package json

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"

	"github.com/stemma-go/stemma/report"
)

// Options say how to write. nil and the zero value are the defaults.
type Options struct {
	// Compact writes one line; otherwise the object is indented by two spaces.
	Compact bool
}

// Write writes the report as one JSON object and a line feed. Its error is w's.
func Write(w io.Writer, r *report.Report, opts *Options) error {
	var buf bytes.Buffer
	enc := json.NewEncoder(&buf)
	enc.SetEscapeHTML(false)
	if opts == nil || !opts.Compact {
		enc.SetIndent("", "  ")
	}
	if err := enc.Encode(New(r)); err != nil {
		return err
	}
	_, err := w.Write(escapeControls(buf.Bytes()))
	return err
}

// escapeControls escapes the control characters that JSON allows in a string and
// that a terminal may obey, U+007F to U+009F, as JSON does with all others. They
// can only stand in strings.
func escapeControls(b []byte) []byte {
	const c2 = 0xc2 // begins U+0080 to U+00BF in UTF-8
	if bytes.IndexByte(b, 0x7f) < 0 && (bytes.IndexByte(b, c2) < 0 || !bytes.ContainsFunc(b, isControl)) {
		return b
	}
	var out bytes.Buffer
	for _, r := range string(b) {
		if isControl(r) {
			fmt.Fprintf(&out, `\u%04x`, r)
		} else {
			out.WriteRune(r)
		}
	}
	return out.Bytes()
}

func isControl(r rune) bool { return 0x7f <= r && r <= 0x9f }

// Decode reads a document that [Write] has written. It refuses another schema
// than [Schema], and accepts fields that it does not know.
func Decode(r io.Reader) (*Document, error) {
	var d Document
	if err := json.NewDecoder(r).Decode(&d); err != nil {
		return nil, fmt.Errorf("report: %w", err)
	}
	if d.Schema != Schema {
		return nil, fmt.Errorf("report: schema %d, not %d", d.Schema, Schema)
	}
	return &d, nil
}
