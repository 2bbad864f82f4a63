package export

import (
	"bufio"
	"encoding/json"
	"io"
)

// A jsonSink writes an object a line, with the columns in their order. What is not known is
// null. Control characters and the characters of markup are
// escaped, as JSON does it.
type jsonSink struct {
	w     *bufio.Writer
	names [][]byte // with their colons
}

func newJSONLines(w io.Writer, t Table) (sink, error) {
	s := &jsonSink{w: bufio.NewWriter(w)}
	for i, c := range t.Columns {
		name, err := json.Marshal(c.Name)
		if err != nil {
			return nil, err
		}
		before := byte(',')
		if i == 0 {
			before = '{'
		}
		s.names = append(s.names, append(append([]byte{before}, name...), ':'))
	}
	return s, nil
}

func (s *jsonSink) row(values []any) error {
	for i, v := range values {
		b, err := json.Marshal(v)
		if err != nil {
			return err
		}
		s.w.Write(s.names[i])
		s.w.Write(b)
	}
	_, err := s.w.WriteString("}\n") // it has the errors of the writes before it
	return err
}

func (s *jsonSink) close() error { return s.w.Flush() }
