package store

import (
	"context"
	"errors"
	"iter"
)

// A View is a view of the database that answers a question.
type View struct {
	Name, Doc string
	Columns   []Column
}

// A Column is one of a view's columns.
type Column struct {
	Name string
	Type string // "text", "integer", "time", "boolean"
	Doc  string // what it means, with its unit
}

// Views returns the views, sorted by name.
func (s *Store) Views() []View { return nil }

// A Where narrows a query: the column has the value.
type Where struct {
	Column string
	Op     string // "=" if empty; "<>", "<", "<=", ">", ">=", "like"
	Value  string
}

// Query yields a view's rows, in its own order: the most important first. limit ≤ 0 is no
// limit. An unknown view or column is an error that names those that there are. Values are
// parsed by the column's type. A row has a value for each of the view's columns, in their
// order: a string, an int64, a bool, a time.Time in UTC, or nil where nothing is known.
func (s *Store) Query(ctx context.Context, view string, limit int, where ...Where) iter.Seq2[[]any, error] {
	return func(yield func([]any, error) bool) { yield(nil, errors.New("not written yet")) }
}
