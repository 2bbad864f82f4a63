package store

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"
)

// maxText is how many bytes a text may have in the database, maxIndexed one that is in an
// index: Postgres refuses an index entry of more than 2,704 bytes.
const (
	maxText    = 8000
	maxIndexed = 600
)

// A session asks the database, in a transaction or without. All text goes through storable.
type session struct {
	ctx context.Context
	db  interface {
		ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error)
		QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
	}
	dialect *dialect
}

func (s *Store) in(ctx context.Context, db interface {
	ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error)
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
}) session {
	return session{ctx, db, s.dialect}
}

// lock takes the lock of a number until the transaction ends. SQLite has one writer, and
// needs none.
func (q session) lock(number int64) error {
	if q.dialect.lock == "" {
		return nil
	}
	return q.exec(q.dialect.lock, number)
}

func (q session) exec(query string, args ...any) error {
	_, err := q.change(query, args...)
	return err
}

// change is exec that returns how many rows changed.
func (q session) change(query string, args ...any) (int64, error) {
	res, err := q.db.ExecContext(q.ctx, q.dialect.rebind(query), storables(args)...)
	if err != nil {
		return 0, wrap(query, err)
	}
	return res.RowsAffected()
}

// row scans one row; sql.ErrNoRows if there is none.
func (q session) row(query string, args []any, into ...any) error {
	rows, err := all(q, query, args, func(scan func(...any) error) (struct{}, error) { return struct{}{}, scan(into...) })
	if err == nil && len(rows) == 0 {
		return sql.ErrNoRows
	}
	return err
}

// all returns all rows of a query. It has read them when it returns, so that the next query
// of a transaction can follow.
func all[T any](q session, query string, args []any, read func(scan func(...any) error) (T, error)) ([]T, error) {
	rows, err := q.db.QueryContext(q.ctx, q.dialect.rebind(query), storables(args)...)
	if err != nil {
		return nil, wrap(query, err)
	}
	defer rows.Close()
	var list []T
	for rows.Next() {
		v, err := read(rows.Scan)
		if err != nil {
			return nil, wrap(query, err)
		}
		list = append(list, v)
	}
	return list, wrap(query, rows.Err())
}

// column returns the first column of a query's rows.
func column[T any](q session, query string, args ...any) ([]T, error) {
	return all(q, query, args, func(scan func(...any) error) (v T, err error) { return v, scan(&v) })
}

// insert writes rows, many in a statement: "names (ancestor_id, tag)", and what follows the
// values: "ON CONFLICT DO NOTHING".
func (q session) insert(into, conflict string, rows [][]any) error {
	for len(rows) > 0 {
		n := min(len(rows), q.dialect.parameters/len(rows[0]), 500)
		row := "(" + marks(len(rows[0])) + ")"
		args := make([]any, 0, n*len(rows[0]))
		for _, r := range rows[:n] {
			args = append(args, r...)
		}
		if err := q.exec("INSERT INTO "+into+" VALUES "+strings.Repeat(row+", ", n-1)+row+" "+conflict, args...); err != nil {
			return err
		}
		rows = rows[n:]
	}
	return nil
}

// insertID writes one row and returns its id.
func (q session) insertID(into string, args ...any) (id int64, err error) {
	err = q.row("INSERT INTO "+into+" VALUES ("+marks(len(args))+") RETURNING id", args, &id)
	return id, err
}

// marks returns n parameters: "?, ?, ?".
func marks(n int) string { return strings.Repeat("?, ", n-1) + "?" }

// chunks calls f with parts of a list that fit into a statement.
func chunks[T any](list []T, f func(marks string, args []any) error) error {
	for len(list) > 0 {
		n := min(len(list), 1000)
		args := make([]any, n)
		for i, v := range list[:n] {
			args[i] = v
		}
		if err := f(marks(n), args); err != nil {
			return err
		}
		list = list[n:]
	}
	return nil
}

func storables(args []any) []any {
	for i, a := range args {
		if s, ok := a.(string); ok {
			args[i] = storable(s, maxText)
		}
	}
	return args
}

// storable returns text from an image in a form that both databases keep: in UTF-8 without
// NUL, which Postgres refuses, and not too long. Bytes that cannot be kept become \x and two
// digits. What is cut ends in a part of its hash, so that two long texts stay two.
func storable(s string, most int) string {
	if len(s) <= most && utf8.ValidString(s) && !strings.Contains(s, "\x00") {
		return s
	}
	var b strings.Builder
	for i, r := range s {
		if b.Len() > most-30 {
			sum := sha256.Sum256([]byte(s))
			return b.String() + "… " + hex.EncodeToString(sum[:8])
		}
		switch {
		case r == 0:
			b.WriteString(`\x00`)
		case r == utf8.RuneError && !strings.HasPrefix(s[i:], "\ufffd"):
			fmt.Fprintf(&b, `\x%02x`, s[i])
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}

// wrap says which query failed.
func wrap(query string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%.60s…: %w", strings.Join(strings.Fields(query), " "), err)
}

// seconds returns a time as the database has it, nil for the zero Time.
func seconds(t time.Time) any {
	if t.IsZero() {
		return nil
	}
	return t.Unix()
}

// moment is the reverse of seconds.
func moment(s sql.NullInt64) time.Time {
	if !s.Valid {
		return time.Time{}
	}
	return time.Unix(s.Int64, 0).UTC()
}
