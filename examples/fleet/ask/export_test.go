package ask

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/parquet-go/parquet-go"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/stemma-go/stemma/examples/fleet/export"
	"github.com/stemma-go/stemma/examples/fleet/store"
)

// Every table and column of the database is exported, and is null where that has null; but for
// tables of the program's own.
func TestExportHasTheSchema(t *testing.T) {
	s := small(t)
	want := map[string][]string{}
	rows, err := s.DB().QueryContext(t.Context(), `SELECT m.name, c.name, c."notnull" OR c.pk FROM sqlite_master m, pragma_table_info(m.name) c WHERE m.type = 'table' ORDER BY m.name, c.cid`)
	require.NoError(t, err)
	defer rows.Close()
	for rows.Next() {
		var table, column string
		var sure bool
		require.NoError(t, rows.Scan(&table, &column, &sure))
		if own := []string{"prefixes", "migrations", "schema"}; slices.Contains(own, table) || strings.HasPrefix(table, "sqlite_") || strings.HasPrefix(table, "river_") {
			continue
		}
		want[table] = append(want[table], fmt.Sprint(column, " null: ", !sure))
	}
	require.NoError(t, rows.Err())
	got := map[string][]string{}
	for _, table := range export.Tables() {
		for _, c := range table.Columns {
			got[table.Name] = append(got[table.Name], fmt.Sprint(c.Name, " null: ", c.Null))
		}
	}
	assert.Equal(t, want, got)
}

// Every table and view is written in every format, with all its rows.
func TestExportTables(t *testing.T) {
	s := small(t)
	var names []string
	for _, table := range export.Tables() {
		names = append(names, table.Name)
	}
	for _, v := range s.Views() {
		names = append(names, v.Name)
	}
	for _, f := range export.Formats() {
		dir := filepath.Join(t.TempDir(), "new")
		var b bytes.Buffer
		require.NoError(t, ExportTables(t.Context(), s, &b, f.Name, dir, names, Options{Env: env}))
		files, err := os.ReadDir(dir)
		require.NoError(t, err)
		assert.Len(t, files, len(names))
		for _, name := range names {
			var n int
			require.NoError(t, s.DB().QueryRowContext(t.Context(), `SELECT COUNT(*) FROM `+name).Scan(&n))
			assert.Equal(t, n, rowsIn(t, filepath.Join(dir, name+f.Suffix)), name)
		}
	}
	dir := t.TempDir()
	require.NoError(t, ExportTables(t.Context(), s, &bytes.Buffer{}, "csv", dir, []string{"refs"}, Options{}))
	files, err := os.ReadDir(dir)
	require.NoError(t, err)
	require.Len(t, files, 1)
	b, err := os.ReadFile(filepath.Join(dir, "refs.csv"))
	require.NoError(t, err)
	assert.Contains(t, string(b), "\n1,registry.example.org/shop/base,2,,,2")
	assert.ErrorContains(t, ExportTables(t.Context(), s, &bytes.Buffer{}, "csv", dir, []string{"nonesuch"}, Options{}), `there is no table and no view "nonesuch": one of images, ancestors,`)
	assert.ErrorContains(t, ExportTables(t.Context(), s, &bytes.Buffer{}, "xls", dir, nil, Options{}), "unknown format")
}

func rowsIn(t *testing.T, path string) int {
	b, err := os.ReadFile(path)
	require.NoError(t, err)
	switch filepath.Ext(path) {
	case ".parquet":
		f, err := parquet.OpenFile(bytes.NewReader(b), int64(len(b)))
		require.NoError(t, err)
		return int(f.NumRows())
	case ".csv":
		rows, err := csv.NewReader(bytes.NewReader(b)).ReadAll()
		require.NoError(t, err)
		return len(rows) - 1
	}
	return strings.Count(string(b), "\n")
}

// What is in Parquet is what is in the database.
func TestExportedImages(t *testing.T) {
	s := small(t)
	dir := t.TempDir()
	require.NoError(t, ExportTables(t.Context(), s, &bytes.Buffer{}, "parquet", dir, []string{"images"}, Options{}))
	rows, err := parquet.ReadFile[struct {
		ID       int64   `parquet:"id"`
		Digest   string  `parquet:"digest"`
		Ancestor *int64  `parquet:"ancestor_id"`
		Reason   string  `parquet:"reason"`
		Partial  bool    `parquet:"partial"`
		Current  bool    `parquet:"current"`
		Platform *string `parquet:"platform"`
	}](filepath.Join(dir, "images.parquet"))
	require.NoError(t, err)
	var broken, past int
	for i, r := range rows {
		assert.Equal(t, digest(i+1).String(), r.Digest)
		if r.Ancestor == nil {
			broken++
			assert.Equal(t, "layer 2: gzip: invalid checksum", r.Reason)
		}
		if !r.Current {
			past++
		}
	}
	assert.Len(t, rows, 16)
	assert.Equal(t, 1, broken)
	assert.Equal(t, 2, past, "the tags of a base and of a tool have moved")
	c, err := s.Counts(t.Context())
	require.NoError(t, err)
	assert.Equal(t, store.Counts{Read: 15, Current: 13, Unreadable: 1, Waiting: 1}, c)
}
