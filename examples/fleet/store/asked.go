package store

import (
	"context"
	"iter"
	"strings"
)

// Counts say how much of a fleet is known.
type Counts struct {
	Read       int // images
	Current    int // of Read, those that a reference has now
	Partial    int // of Current, those of which some could not be read
	Unreadable int // images that a reference has now, and that could not be read
	Waiting    int // references that have no image, or one that nobody has tried to read yet
}

// Counts counts images and references.
func (s *Store) Counts(ctx context.Context) (Counts, error) {
	var c Counts
	err := s.db.QueryRowContext(ctx, `
		SELECT COUNT(*) FILTER (WHERE ancestor_id IS NOT NULL),
			COUNT(*) FILTER (WHERE ancestor_id IS NOT NULL AND current),
			COUNT(*) FILTER (WHERE ancestor_id IS NOT NULL AND current AND partial),
			COUNT(*) FILTER (WHERE ancestor_id IS NULL AND current AND reason <> ''),
			(SELECT COUNT(*) FROM refs WHERE NOT EXISTS (
				SELECT 1 FROM sightings JOIN images AS seen ON seen.id = sightings.image_id
				WHERE sightings.ref_id = refs.id AND sightings.latest AND (seen.ancestor_id IS NOT NULL OR seen.reason <> '')))
		FROM images`).Scan(&c.Read, &c.Current, &c.Partial, &c.Unreadable, &c.Waiting)
	return c, err
}

// Table yields all rows of a table, with the columns that are named, sorted by its key: values
// as the database's driver returns them, valid until the next row. It is for those who copy tables elsewhere. Names of tables and
// columns must be the program's own, since they become part of the query.
func (s *Store) Table(ctx context.Context, table string, columns, key []string) iter.Seq2[[]any, error] {
	// SQLite takes a name in quotes for text where there is no such column, unless it is one of a table.
	quoted := func(names []string) string { return `t."` + strings.Join(names, `", t."`) + `"` }
	query := `SELECT ` + quoted(columns) + ` FROM "` + table + `" t ORDER BY ` + quoted(key)
	return func(yield func([]any, error) bool) {
		rows, err := s.db.QueryContext(ctx, query)
		if err != nil {
			yield(nil, err)
			return
		}
		defer rows.Close()
		values, into := make([]any, len(columns)), make([]any, len(columns))
		for i := range into {
			into[i] = &values[i]
		}
		for rows.Next() {
			err := rows.Scan(into...)
			if !yield(values, err) || err != nil {
				return
			}
		}
		if err := rows.Err(); err != nil {
			yield(nil, err)
		}
	}
}
