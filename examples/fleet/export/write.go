package export

import (
	"context"
	"fmt"
	"io"
	"iter"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// A Format is how tables are written.
type Format struct {
	Name   string // "parquet"
	Suffix string // of its files: ".parquet"
	Says   string
	open   func(io.Writer, Table) (sink, error)
}

// A sink takes the rows of one table. Values are nil, string, int64, float64, bool or time.Time, one
// for each column, and of its kind.
type sink interface {
	row(values []any) error
	close() error // writes what is left
}

// Formats returns all formats of tables.
func Formats() []Format {
	return []Format{
		{"parquet", ".parquet", "for DuckDB, BigQuery, Spark, pandas", newParquet},
		{"csv", ".csv", "for spreadsheets", newCSV},
		{"jsonl", ".jsonl", "JSON Lines, for jq and scripts", newJSONLines},
	}
}

// FormatOf returns the format of a name.
func FormatOf(name string) (Format, error) {
	all := Formats()
	if i := slices.IndexFunc(all, func(f Format) bool { return f.Name == name }); i >= 0 {
		return all[i], nil
	}
	var names []string
	for _, f := range all {
		names = append(names, f.Name)
	}
	return Format{}, fmt.Errorf("unknown format %q: one of %s", name, strings.Join(names, ", "))
}

// Rows are the rows of a table, one after the other. What is yielded is valid until the next.
type Rows = iter.Seq2[[]any, error]

// Write writes a table, row by row, and returns how many rows it has. No more than a batch of
// them, or a row group of Parquet, is held in memory.
func Write(w io.Writer, f Format, t Table, rows Rows) (int64, error) {
	s, err := f.open(w, t)
	if err != nil {
		return 0, err
	}
	var n int64
	values := make([]any, len(t.Columns))
	for raw, err := range rows {
		if err != nil {
			return n, fmt.Errorf("%s: row %d: %w", t.Name, n+1, err)
		}
		if len(raw) != len(t.Columns) {
			return n, fmt.Errorf("%s: row %d: %d values for %d columns", t.Name, n+1, len(raw), len(t.Columns))
		}
		for i, c := range t.Columns {
			if values[i], err = c.value(raw[i]); err != nil {
				return n, fmt.Errorf("%s: row %d: %s: %w", t.Name, n+1, c.Name, err)
			}
		}
		if err := s.row(values); err != nil {
			return n, fmt.Errorf("%s: row %d: %w", t.Name, n+1, err)
		}
		n++
	}
	return n, s.close()
}

// WriteFile writes a table into a directory: a file of the table's name.
func WriteFile(ctx context.Context, dir string, f Format, t Table, rows Rows) (path string, n int64, err error) {
	path = filepath.Join(dir, t.Name+f.Suffix)
	err = Whole(path, func(w io.Writer) error {
		n, err = Write(w, f, t, until(ctx, rows))
		return err
	})
	return path, n, err
}

// Whole writes a file, which is there in full, or as it was before.
func Whole(path string, write func(io.Writer) error) error {
	if info, err := os.Stat(path); err == nil && info.IsDir() {
		return fmt.Errorf("%s is a directory", path)
	}
	temp, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+"-*")
	if err != nil {
		return err
	}
	defer os.Remove(temp.Name()) // if it has not got its name
	defer temp.Close()
	if err := write(temp); err != nil {
		return err
	}
	if err := temp.Chmod(0o644); err != nil {
		return err
	}
	if err := temp.Close(); err != nil {
		return err
	}
	return os.Rename(temp.Name(), path)
}

// until ends the rows when the context does.
func until(ctx context.Context, rows Rows) Rows {
	return func(yield func([]any, error) bool) {
		for r, err := range rows {
			if err == nil {
				err = ctx.Err()
			}
			if !yield(r, err) || err != nil {
				return
			}
		}
	}
}
