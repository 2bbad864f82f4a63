// Package store keeps what is known of a fleet of images in a database: SQLite in one file,
// or Postgres. README.md in its directory describes every table and view, with units.
//
// # Writing
//
// [Store.Save] writes all of one image in the caller's transaction: begin it with
// [Store.Begin], and complete the job that read the image in the same one, so that either
// both are there or neither. Saving the same image again changes nothing. An image that
// cannot be read is a row, too: [Store.Unreadable]. [Store.See] notes which digest a
// reference has at some moment.
//
// # What is shared
//
// An ancestor is known by the layers and the history up to its top. Two images that begin
// with the same layers and the same history share its row, with its layers and packages. If
// the fleet learns of a boundary between two ancestors, from any image, it is one for all
// images that begin with the same: also the images that the fleet reads are boundaries. So
// the order in which images are saved does not matter.
package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
)

// A Store is a fleet's database. It is safe for concurrent use.
type Store struct {
	db      *sql.DB
	dialect *dialect
}

// Open opens a database and migrates it to the newest schema. dsn is a URL beginning with
// "postgres://" or "postgresql://", or else the path of an SQLite file, which is made if it
// is not there. A database whose schema is newer than this program's is an error.
func Open(ctx context.Context, dsn string) (*Store, error) {
	s, err := connect(dsn)
	if err != nil {
		return nil, err
	}
	if err := s.migrate(ctx); err != nil {
		s.db.Close()
		if !IsPostgres(dsn) { // whose URL may have a password
			err = fmt.Errorf("%s: %w", dsn, err)
		}
		return nil, err
	}
	return s, nil
}

// Close closes the database.
func (s *Store) Close() error { return s.db.Close() }

// DB returns the database, for the queue that lives in it, too.
func (s *Store) DB() *sql.DB { return s.db }

// Postgres reports whether the database is Postgres; else it is SQLite.
func (s *Store) Postgres() bool { return s.dialect.numbered }

// Begin begins a transaction that writes. On SQLite it waits until it is the only one that
// does.
func (s *Store) Begin(ctx context.Context) (*sql.Tx, error) { return s.db.BeginTx(ctx, nil) }

// BeginLight is Begin for what is easily learnt again: the commit does not wait for the disk, so
// that a crash of the database may undo the last second's, each as a whole. On SQLite that is so
// of every transaction.
// https://www.postgresql.org/docs/current/wal-async-commit.html
func (s *Store) BeginLight(ctx context.Context) (*sql.Tx, error) {
	tx, err := s.Begin(ctx)
	if err != nil || !s.Postgres() {
		return tx, err
	}
	if _, err := tx.ExecContext(ctx, "SET LOCAL synchronous_commit = off"); err != nil {
		return nil, errors.Join(err, tx.Rollback())
	}
	return tx, nil
}

// Write calls f with a transaction that it begins, and commits if f returns no error.
func (s *Store) Write(ctx context.Context, f func(*sql.Tx) error) error {
	tx, err := s.Begin(ctx)
	if err != nil {
		return err
	}
	defer tx.Rollback()
	if err := f(tx); err != nil {
		return err
	}
	return tx.Commit()
}

// IsPostgres reports whether [Open] takes dsn for that of a Postgres server.
func IsPostgres(dsn string) bool {
	return strings.HasPrefix(dsn, "postgres://") || strings.HasPrefix(dsn, "postgresql://")
}
