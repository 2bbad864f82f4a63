package diff

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
)

// WriteJSON writes the comparison as one JSON object, indented, and a line feed. Its error is
// w's.
func WriteJSON(w io.Writer, d *Diff) error {
	var buf bytes.Buffer
	enc := json.NewEncoder(&buf)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	if err := enc.Encode(d); err != nil {
		return err
	}
	_, err := w.Write(escapeControls(buf.Bytes()))
	return err
}

// escapeControls escapes the control characters that JSON allows in a string and that a
// terminal may obey, U+007F to U+009F. They can only stand in strings.
func escapeControls(b []byte) []byte {
	var out bytes.Buffer
	for _, r := range string(b) {
		if 0x7f <= r && r <= 0x9f {
			fmt.Fprintf(&out, `\u%04x`, r)
		} else {
			out.WriteRune(r)
		}
	}
	return out.Bytes()
}
