package export

import (
	"fmt"
	"strings"
	"time"
)

// A Table is what becomes one file.
type Table struct {
	Name    string
	Key     []string // the columns by which rows are sorted
	Columns []Column
}

// A Column is a column of a table, and of its file.
type Column struct {
	Name string
	Kind Kind
	Null bool // may be not known
}

// A Kind says what the values of a column are.
type Kind int

// The kinds. In Parquet they are STRING, INT64, DOUBLE, BOOLEAN, and TIMESTAMP in microseconds of UTC; in
// CSV and JSON a time is RFC 3339.
const (
	Text Kind = iota
	Integer
	Real
	Boolean
	Time
)

// value makes what a database driver returns a value of the column's kind. Times are there
// seconds since 1970, and SQLite has no booleans of its own. Bytes that are no UTF-8 become U+FFFD: no format could have them.
func (c Column) value(v any) (any, error) {
	if b, ok := v.([]byte); ok {
		v = string(b)
	}
	if v == nil {
		if !c.Null {
			return nil, fmt.Errorf("null, which it never is")
		}
		return nil, nil
	}
	switch x := v.(type) {
	case string:
		if c.Kind == Text {
			return strings.ToValidUTF8(x, "\ufffd"), nil
		}
	case int64:
		switch c.Kind {
		case Time:
			return time.Unix(x, 0).UTC(), nil
		case Integer:
			return x, nil
		case Boolean:
			return x != 0, nil
		case Real:
			return float64(x), nil
		}
	case float64:
		if c.Kind == Real {
			return x, nil
		}
	case bool:
		if c.Kind == Boolean {
			return x, nil
		}
	case time.Time:
		if c.Kind == Time {
			return x.UTC(), nil
		}
	}
	return nil, fmt.Errorf("a %T is no value of it", v)
}
