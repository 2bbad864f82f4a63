package syft

import (
	"context"
	"database/sql"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"

	"github.com/stemma-go/stemma/layers"
)

// SQLite keeps the latest changes of a database in a file beside it, the write-ahead log
// NAME-wal, and moves them into the database now and then. A build step that ends before
// that leaves both files. What the database lists is then older than what is installed.
// See https://www.sqlite.org/walformat.html.
const (
	walSuffix = "-wal"
	walHeader = 32 // bytes; a log of no more has no changes
)

// mayHaveWAL reports whether the file at p is a database of SQLite, by its name.
func mayHaveWAL(p string) bool { return strings.HasSuffix(p, ".sqlite") }

// isWAL reports whether p is the log beside a database that a cataloger reads.
func (s *Set) isWAL(p string) bool {
	db, ok := strings.CutSuffix(p, walSuffix)
	return ok && mayHaveWAL(db) && len(s.Kept(db)) > 0
}

// WAL returns the log of changes of the database at p, as of a layer. ok is false if
// there is none, or no change in it.
func WAL(idx *layers.Index, layer int, p string) (e layers.Entry, ok bool) {
	if !mayHaveWAL(p) {
		return layers.Entry{}, false
	}
	db, ok := idx.Resolve(layer, p) // SQLite looks for the log beside the file that links lead to
	if !ok {
		return layers.Entry{}, false
	}
	e, ok = idx.Resolve(layer, db.Path+walSuffix)
	return e, ok && e.Type == layers.Regular && e.Size > walHeader
}

// withWAL returns a database with the changes of the log beside it. If that can't be
// done it returns the database as it is, and says that it is old.
func (v *View) withWAL(p string, db []byte) []byte {
	e, ok := WAL(v.Index, v.Layer, p)
	if !ok {
		return db
	}
	log, ok := v.Index.Content(e)
	err := errNotKept
	if ok {
		var changed []byte
		if changed, err = checkpoint(db, log); err == nil {
			return changed
		}
	}
	if v.Stale != nil {
		v.Stale(e.Path, fmt.Errorf("changes of the package database that stand here were not read, so its list of packages is older than the files: %w", err))
	}
	return db
}

// checkpoint has SQLite move the changes of a log into the database. The two are copied
// to a temporary directory for that.
func checkpoint(db, log []byte) (_ []byte, err error) {
	dir, err := os.MkdirTemp("", "stemma-wal-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	file := filepath.Join(dir, "db.sqlite")
	if err := os.WriteFile(file, db, 0o600); err != nil {
		return nil, err
	}
	if err := os.WriteFile(file+walSuffix, log, 0o600); err != nil {
		return nil, err
	}
	if err := truncateLog(file); err != nil {
		return nil, err
	}
	return os.ReadFile(file)
}

func truncateLog(file string) (err error) {
	c, err := sql.Open("sqlite", (&url.URL{Scheme: "file", Opaque: filepath.ToSlash(file)}).String())
	if err != nil {
		return err
	}
	defer func() {
		if closing := c.Close(); err == nil {
			err = closing
		}
	}()
	var busy, left, moved int
	if err := c.QueryRowContext(context.Background(), "PRAGMA wal_checkpoint(TRUNCATE)").Scan(&busy, &left, &moved); err != nil {
		return err
	}
	if busy != 0 {
		return fmt.Errorf("SQLite says that the database is in use")
	}
	return nil
}
