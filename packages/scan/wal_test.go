package scan_test

import (
	"database/sql"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/stemma-go/stemma/layers"
	"github.com/stemma-go/stemma/packages/scan"
	"github.com/stemma-go/stemma/testdata/packaged"
)

// changedInLog returns an rpm database and the log beside it, in which bash is removed.
func changedInLog(t *testing.T) (db, log []byte) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "rpmdb.sqlite")
	require.NoError(t, os.WriteFile(file, rpmdb(t, "sqlite.rpmdb.sqlite"), 0o600))
	c, err := sql.Open("sqlite", file)
	require.NoError(t, err)
	defer c.Close()
	c.SetMaxOpenConns(1)
	for _, q := range []string{"PRAGMA journal_mode=WAL", "PRAGMA wal_autocheckpoint=0",
		"DELETE FROM Packages WHERE hnum IN (SELECT hnum FROM Name WHERE key='bash')"} {
		_, err = c.Exec(q)
		require.NoError(t, err)
	}
	db, err = os.ReadFile(file)
	require.NoError(t, err)
	log, err = os.ReadFile(file + "-wal")
	require.NoError(t, err)
	require.Greater(t, len(log), 32)
	return db, log
}

// Changes that still stand in SQLite's log are read, whichever layer the log is in.
func TestRPMLog(t *testing.T) {
	db, log := changedInLog(t)
	const dir = "usr/lib/sysimage/rpm/"
	base := append(packaged.Text(fedora), packaged.File{Path: dir + "rpmdb.sqlite", Content: db})
	withLog := packaged.File{Path: dir + "rpmdb.sqlite-wal", Content: log}
	const (
		present = "rpm bash:x86_64; 0 introduced 5.2.15-10; present"
		removed = "rpm bash:x86_64; 0 introduced 5.2.15-10; 1 removed 5.2.15-10; removed"
	)
	for _, tt := range []struct {
		name   string
		layers [][]packaged.File
		bash   string
	}{
		{"no log", [][]packaged.File{base}, present},
		{"an empty log", [][]packaged.File{append(base[:len(base):len(base)], packaged.File{Path: dir + "rpmdb.sqlite-wal", Content: log[:32]})}, present},
		{"with the database", [][]packaged.File{append(base[:len(base):len(base)], withLog)}, ""},
		{"in a layer above", [][]packaged.File{base, {withLog}}, removed},
		{"deleted again", [][]packaged.File{base, {withLog}, {{Path: dir + ".wh.rpmdb.sqlite-wal"}}},
			"rpm bash:x86_64; 0 introduced 5.2.15-10; 1 removed 5.2.15-10; 2 reinstalled 5.2.15-10; present"},
		{"both behind a link", [][]packaged.File{append(packaged.Text(fedora), packaged.File{Path: "data/rpmdb.sqlite", Content: db}, packaged.File{Path: "var/lib/rpm", Link: "/data"}),
			{{Path: "data/rpmdb.sqlite-wal", Content: log}}}, removed},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, inv := read(t, packaged.Image(t, tt.layers...))
			assert.Empty(t, inv.Problems)
			assert.NotEmpty(t, inv.Packages)
			bash := ""
			for _, p := range inv.Packages {
				if p.Name == "bash" {
					bash = life(p)
				}
			}
			assert.Equal(t, tt.bash, bash)
		})
	}
}

// A log that SQLite does not take has no say; one that was not kept is told of.
func TestRPMLogUnread(t *testing.T) {
	db, log := changedInLog(t)
	broken := append([]byte("no log"), log[6:]...)
	_, inv := read(t, packaged.Image(t, append(packaged.Text(fedora),
		packaged.File{Path: "var/lib/rpm/rpmdb.sqlite", Content: db}, packaged.File{Path: "var/lib/rpm/rpmdb.sqlite-wal", Content: broken})))
	find(t, inv, "bash")

	c := scan.NewCollector(nil)
	idx, err := layers.Read(t.Context(), packaged.Image(t, append(packaged.Text(fedora),
		packaged.File{Path: "var/lib/rpm/rpmdb.sqlite", Content: db}, packaged.File{Path: "var/lib/rpm/rpmdb.sqlite-wal", Content: log})),
		&layers.Options{Wants: c.Wants(), Limits: layers.Limits{Kept: int64(len(db)) + 2000}})
	require.NoError(t, err)
	inv, err = c.Attribute(t.Context(), idx)
	require.NoError(t, err)
	find(t, inv, "bash")
	require.NotEmpty(t, inv.Problems)
	assert.Contains(t, inv.Problems[0].Error(), "older than the files")
}
