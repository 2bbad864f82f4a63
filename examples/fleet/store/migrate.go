package store

import (
	"context"
	"embed"
	"fmt"
	"io/fs"
	"time"
)

//go:embed schema/*.sql
var schema embed.FS

// migrationLock is the number of the lock under which a Postgres database is migrated.
const migrationLock = 0x5374656d6d61

// migrate brings the schema to the newest version, one transaction for all that is missing.
func (s *Store) migrate(ctx context.Context) error {
	files, err := fs.Glob(schema, "schema/*.sql")
	if err != nil {
		return err
	}
	tx, err := s.Begin(ctx)
	if err != nil {
		return fmt.Errorf("open the database: %w", err)
	}
	defer tx.Rollback()
	q := s.in(ctx, tx)
	if err := q.lock(migrationLock); err != nil {
		return err
	}
	if err := q.exec("CREATE TABLE IF NOT EXISTS migrations (version bigint PRIMARY KEY, applied bigint NOT NULL)"); err != nil {
		return err
	}
	var have int
	if err := q.row("SELECT COALESCE(MAX(version), 0) FROM migrations", nil, &have); err != nil {
		return err
	}
	if have > len(files) {
		return fmt.Errorf("the database has schema version %d, this program knows %d: use the program that made it", have, len(files))
	}
	for i := have; i < len(files); i++ {
		text, err := schema.ReadFile(files[i])
		if err != nil {
			return err
		}
		if _, err := tx.ExecContext(ctx, s.dialect.words.Replace(string(text))); err != nil {
			return fmt.Errorf("%s: %w", files[i], err)
		}
		if err := q.exec("INSERT INTO migrations (version, applied) VALUES (?, ?)", i+1, time.Now().Unix()); err != nil {
			return err
		}
	}
	return tx.Commit()
}

// SchemaVersion returns the version of the database's schema.
func (s *Store) SchemaVersion(ctx context.Context) (version int, err error) {
	err = s.in(ctx, s.db).row("SELECT MAX(version) FROM migrations", nil, &version)
	return version, err
}
