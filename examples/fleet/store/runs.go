package store

import (
	"context"
	"database/sql"
	"strings"
	"time"
)

// Start notes the beginning of a run of a command, and returns its number for Image.Run.
func (s *Store) Start(ctx context.Context, command, version string, at time.Time) (int64, error) {
	return s.in(ctx, s.db).insertID("runs (command, version, started)", command, version, at.Unix())
}

// Done notes the end of a run.
func (s *Store) Done(ctx context.Context, run int64, at time.Time) error {
	return s.in(ctx, s.db).exec("UPDATE runs SET done = ? WHERE id = ?", at.Unix(), run)
}

// Allow adds patterns of allowed bases, as a policy's allowedBases have them: for repository
// or repository:tag, in which * matches slashes, too.
func (s *Store) Allow(ctx context.Context, patterns ...string) error {
	return s.each(ctx, patterns, func(q session, p string) error {
		return q.exec("INSERT INTO allowed (pattern, matches) VALUES (?, ?) ON CONFLICT (pattern) DO NOTHING", p, s.dialect.pattern.Replace(p))
	})
}

// Disallow removes patterns of allowed bases.
func (s *Store) Disallow(ctx context.Context, patterns ...string) error {
	return s.each(ctx, patterns, func(q session, p string) error {
		return q.exec("DELETE FROM allowed WHERE pattern = ?", p)
	})
}

func (s *Store) each(ctx context.Context, patterns []string, do func(session, string) error) error {
	return s.Write(ctx, func(tx *sql.Tx) error {
		for _, p := range patterns {
			if err := do(s.in(ctx, tx), storable(strings.TrimSpace(p), maxIndexed)); err != nil {
				return err
			}
		}
		return nil
	})
}

// Allowed returns the patterns of allowed bases, sorted.
func (s *Store) Allowed(ctx context.Context) ([]string, error) {
	return column[string](s.in(ctx, s.db), "SELECT pattern FROM allowed ORDER BY pattern")
}
