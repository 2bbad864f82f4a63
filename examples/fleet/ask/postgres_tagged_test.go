//go:build tagged

package ask

import (
	"bytes"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/stemma-go/stemma/examples/fleet/export"
	"github.com/stemma-go/stemma/examples/fleet/internal/postgres"
	"github.com/stemma-go/stemma/examples/fleet/store"
)

// On Postgres the screens are those of SQLite, and so are the exported rows.
func TestTaggedPostgres(t *testing.T) {
	s, err := store.Open(t.Context(), postgres.Start(t).URL)
	require.NoError(t, err)
	defer s.Close()
	plant(t, s)
	for name, say := range map[string]func(b *bytes.Buffer) error{
		"stands-on-debian": func(b *bytes.Buffer) error { return StandsOn(t.Context(), s, b, "debian:12", Options{Env: env}) },
		"stands-on-tie":    func(b *bytes.Buffer) error { return StandsOn(t.Context(), s, b, "alpine:3.20", Options{Env: env}) },
		"stale":            func(b *bytes.Buffer) error { return Stale(t.Context(), s, b, Options{Env: env}) },
		"tree":             func(b *bytes.Buffer) error { return Tree(t.Context(), s, b, Options{Env: env}) },
	} {
		var b bytes.Buffer
		require.NoError(t, say(&b))
		golden(t, "small-"+name+".txt", b.String())
	}
	sqlite := small(t)
	for _, table := range export.Tables() {
		var columns []string
		for _, c := range table.Columns {
			columns = append(columns, c.Name)
		}
		var n [2]int
		for i, db := range []*store.Store{s, sqlite} {
			for _, err := range db.Table(t.Context(), table.Name, columns, table.Key) {
				require.NoError(t, err)
				n[i]++
			}
		}
		assert.Equal(t, n[1], n[0], table.Name)
	}
	for _, f := range export.Formats() {
		assert.NoError(t, ExportTables(t.Context(), s, &bytes.Buffer{}, f.Name, t.TempDir(), nil, Options{}))
	}
}
