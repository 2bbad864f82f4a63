package store

import (
	"context"
	"database/sql"
	"fmt"
	"iter"
	"slices"
	"strconv"
	"strings"
	"time"
)

// A View is a view of the database that answers a question.
type View struct {
	Name, Doc string
	Columns   []Column
	order     string // what its rows are sorted by
}

// A Column is one of a view's columns.
type Column struct {
	Name string
	Type string // "text", "integer", "time", "boolean"
	Doc  string // what it means, with its unit
}

// Views returns the views, sorted by name.
func (s *Store) Views() []View { return views() }

// A Where narrows a query: the column has the value.
type Where struct {
	Column string
	Op     string // "=" if empty; "<>", "<", "<=", ">", ">=", "like", in which * is any text
	Value  string // "-" is what is not known, for "=" and "<>"
}

// Query yields a view's rows, in its own order: the most important first. limit ≤ 0 is no
// limit. An unknown view or column is an error that names those that there are. Values are
// parsed by the column's type; a time is a day, 2026-01-31, or as RFC 3339 has it; a boolean is
// yes, no, true or false. A row has a
// value for each of the view's columns, in their order: a string, an int64, a bool, a
// time.Time in UTC, or nil where nothing is known. After an error nothing follows.
func (s *Store) Query(ctx context.Context, view string, limit int, where ...Where) iter.Seq2[[]any, error] {
	return func(yield func([]any, error) bool) {
		if err := s.query(ctx, view, limit, where, yield); err != nil {
			yield(nil, err)
		}
	}
}

func (s *Store) query(ctx context.Context, name string, limit int, where []Where, yield func([]any, error) bool) error {
	v, err := find(views(), name, func(v View) string { return v.Name }, "view")
	if err != nil {
		return err
	}
	text, args, err := v.sql(where)
	if err != nil {
		return err
	}
	if limit > 0 {
		text += " LIMIT " + strconv.Itoa(limit)
	}
	rows, err := s.db.QueryContext(ctx, s.dialect.rebind(text), storables(args)...)
	if err != nil {
		return wrap(text, err)
	}
	defer rows.Close()
	for rows.Next() {
		row, err := v.scan(rows)
		if err != nil {
			return err
		}
		if !yield(row, nil) {
			return nil
		}
	}
	return wrap(text, rows.Err())
}

// sql returns the query of a view.
func (v View) sql(where []Where) (string, []any, error) {
	var names []string
	for _, c := range v.Columns {
		names = append(names, c.Name)
	}
	text, args := "SELECT "+strings.Join(names, ", ")+" FROM "+v.Name, []any(nil)
	for i, w := range where {
		c, err := find(v.Columns, w.Column, func(c Column) string { return c.Name }, "column of "+v.Name)
		if err != nil {
			return "", nil, err
		}
		condition, value, err := c.condition(w)
		if err != nil {
			return "", nil, err
		}
		text += []string{" WHERE ", " AND "}[min(i, 1)] + c.Name + condition
		args = append(args, value...)
	}
	return text + " ORDER BY " + v.order, args, nil
}

// condition returns what follows the column's name, and its parameters.
func (c Column) condition(w Where) (string, []any, error) {
	op, err := c.operator(w.Op)
	if err != nil {
		return "", nil, err
	}
	switch {
	case op == "like":
		return ` LIKE ? ESCAPE '\'`, []any{likePattern.Replace(w.Value)}, nil
	case w.Value == "-" && op == "=":
		return " IS NULL", nil, nil
	case w.Value == "-" && op == "<>":
		return " IS NOT NULL", nil, nil
	}
	value, err := c.parse(w.Value)
	if err != nil {
		return "", nil, fmt.Errorf("%s: %w", c.Name, err)
	}
	return " " + op + " ?", []any{value}, nil
}

// likePattern makes a pattern with * one of LIKE.
var likePattern = strings.NewReplacer("*", "%", "%", `\%`, "_", `\_`, `\`, `\\`)

func (c Column) operator(op string) (string, error) {
	switch {
	case op == "":
		return "=", nil
	case slices.Contains([]string{"=", "<>", "<", "<=", ">", ">="}, op), op == "like" && c.Type == "text":
		return op, nil
	}
	return "", fmt.Errorf("%s cannot be compared by %q", c.Name, op)
}

func (c Column) parse(value string) (any, error) {
	wrong := func(what string) (any, error) { return nil, fmt.Errorf("%q is %s", value, what) }
	switch c.Type {
	case "integer":
		n, err := strconv.ParseInt(value, 10, 64)
		if err != nil {
			return wrong("no whole number")
		}
		return n, nil
	case "boolean":
		switch strings.ToLower(value) {
		case "yes", "true":
			return true, nil
		case "no", "false":
			return false, nil
		}
		return wrong("neither yes nor no")
	case "time":
		t, err := time.Parse(time.DateOnly, value)
		if err != nil {
			t, err = time.Parse(time.RFC3339, value)
		}
		if err != nil {
			return wrong("no day, such as 2026-01-31, and no time, such as 2026-01-31T12:00:00Z")
		}
		return t.Unix(), nil
	}
	return value, nil
}

// Check refuses a condition that [Store.Query] would not take for the view.
func (v View) Check(where Where) error {
	_, _, err := v.sql([]Where{where})
	return err
}

// scan reads a row as the columns' types have it.
func (v View) scan(rows *sql.Rows) ([]any, error) {
	into := make([]any, len(v.Columns))
	for i, c := range v.Columns {
		switch c.Type {
		case "integer", "time":
			into[i] = new(sql.NullInt64)
		case "boolean":
			into[i] = new(sql.NullBool)
		default:
			into[i] = new(sql.NullString)
		}
	}
	if err := rows.Scan(into...); err != nil {
		return nil, fmt.Errorf("%s: %w", v.Name, err)
	}
	row := make([]any, len(into))
	for i, x := range into {
		switch x := x.(type) {
		case *sql.NullInt64:
			if x.Valid && v.Columns[i].Type == "time" {
				row[i] = moment(*x)
			} else if x.Valid {
				row[i] = x.Int64
			}
		case *sql.NullBool:
			if x.Valid {
				row[i] = x.Bool
			}
		case *sql.NullString:
			if x.Valid {
				row[i] = x.String
			}
		}
	}
	return row, nil
}

// find finds something by its name, or says which names there are.
func find[T any](list []T, name string, nameOf func(T) string, what string) (T, error) {
	var names []string
	for _, v := range list {
		if nameOf(v) == name {
			return v, nil
		}
		names = append(names, nameOf(v))
	}
	var none T
	return none, fmt.Errorf("%q is no %s; there are %s", name, what, strings.Join(names, ", "))
}
