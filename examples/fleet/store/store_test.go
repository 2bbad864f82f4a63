package store

import (
	"context"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

// open returns an empty SQLite database.
func open(t testing.TB) *Store {
	t.Helper()
	s, err := Open(context.Background(), filepath.Join(t.TempDir(), "fleet ?#%.db")) // any name of a file will do
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, s.Close()) })
	return s
}

func testEmpty(t *testing.T, s *Store) {
	v, err := s.SchemaVersion(t.Context())
	require.NoError(t, err)
	require.Equal(t, 2, v)
	require.NoError(t, s.migrate(t.Context()), "once more changes nothing")
	for _, v := range s.Views() {
		for range s.Query(t.Context(), v.Name, 0) {
			require.Equal(t, "unseen", v.Name, "one row is for all images together")
		}
	}
	require.NoError(t, s.in(t.Context(), s.db).exec("INSERT INTO migrations (version, applied) VALUES (99, 0)"))
	require.ErrorContains(t, s.migrate(t.Context()), "the database has schema version 99, this program knows 2")
}

func testQuery(t *testing.T, s *Store) {
	save(t, s, "r/base:1", facts("base:1").pack("bash 5, libc 2"))
	save(t, s, "r/app:1", facts("base:1 app:1").pack("bash 5, libc 2", "bash 6, libc 2"))
	save(t, s, "r/old:1", facts("base:1 old:1").pack("bash 5, libc 2", "bash 5, libc 2"))
	ask := func(view string, limit int, where ...Where) (rows [][]any, err error) {
		for row, e := range s.Query(t.Context(), view, limit, where...) {
			if err = e; e == nil {
				rows = append(rows, row)
			}
		}
		return rows, err
	}
	for name, c := range map[string]struct {
		view  string
		limit int
		where []Where
		rows  int
		fails string
	}{
		"all":              {"blast_packages", 0, nil, 3, ""},
		"the first":        {"blast_packages", 1, nil, 1, ""},
		"by name":          {"blast_packages", 0, []Where{{"name", "", "bash"}}, 2, ""},
		"by two columns":   {"blast_packages", 0, []Where{{"name", "=", "bash"}, {"version", "<>", "5"}}, 1, ""},
		"by number":        {"blast_packages", 0, []Where{{"images", ">=", "2"}}, 2, ""},
		"by pattern":       {"blast_packages", 0, []Where{{"name", "like", "b*"}}, 2, ""},
		"by signs":         {"blast_packages", 0, []Where{{"name", "like", "b%"}}, 0, ""},
		"by any letter":    {"blast_packages", 0, []Where{{"name", "like", "bas_"}}, 0, ""},
		"by a backslash":   {"blast_packages", 0, []Where{{"name", "like", `bash\`}}, 0, ""},
		"by truth":         {"blast_ancestors", 0, []Where{{"ours", "", "true"}}, 1, ""},
		"by yes":           {"blast_ancestors", 0, []Where{{"ours", "", "yes"}}, 1, ""},
		"by no":            {"blast_ancestors", 0, []Where{{"ours", "=", "no"}}, 0, ""},
		"not known":        {"blast_ancestors", 0, []Where{{"parent_id", "", "-"}}, 1, ""},
		"known":            {"blast_ancestors", 0, []Where{{"parent_id", "<>", "-"}}, 0, ""},
		"less than -":      {"blast_ancestors", 0, []Where{{"parent_id", "<", "-"}}, 0, `no whole number`},
		"by day":           {"blast_ancestors", 0, []Where{{"created", ">=", "2026-03-01"}}, 1, ""},
		"by another day":   {"blast_ancestors", 0, []Where{{"created", ">", "2026-03-02T00:00:00Z"}}, 0, ""},
		"no such view":     {"images", 0, nil, 0, `"images" is no view; there are bases, blast_ancestors, `},
		"no such column":   {"moved", 0, []Where{{"nothing; --", "", "x"}}, 0, `"nothing; --" is no column of moved; there are digest, refs, `},
		"no such operator": {"moved", 0, []Where{{"name", "or", "x"}}, 0, `name cannot be compared by "or"`},
		"no number":        {"blast_packages", 0, []Where{{"images", "", "many"}}, 0, `images: `},
		"no like":          {"blast_packages", 0, []Where{{"images", "like", "1"}}, 0, `images cannot be compared by "like"`},
	} {
		rows, err := ask(c.view, c.limit, c.where...)
		if c.fails != "" {
			require.ErrorContains(t, err, c.fails, name)
			continue
		}
		require.NoError(t, err, name)
		require.Len(t, rows, c.rows, name)
	}
	rows, err := ask("blast_ancestors", 0)
	require.NoError(t, err)
	require.Equal(t, []any{"r/base:1", "proved", false, true, int64(2)}, rows[0][1:6])
	require.Nil(t, rows[0][8], "a root has no parent")
	require.Equal(t, day, rows[0][12])

	rows, err = ask("unseen", 0)
	require.NoError(t, err)
	require.Equal(t, []any{"r/base:1", int64(7), int64(100), int64(3), int64(21)}, rows[0][1:])
	require.Equal(t, []any{nil, nil, int64(14), int64(200), int64(2), int64(14)}, rows[1])
}

// Of findings counts what mends most: how many images have it.
func testRebuilds(t *testing.T, s *Store) {
	save(t, s, "r/base:1", facts("base:2").found("caches", 0).found("caches", 1).found("root", 1))
	save(t, s, "r/app:1", facts("base:2 app:1").found("caches", 0).found("caches", 1).found("root", 1).found("own", 2))
	save(t, s, "r/web:1", facts("base:2 web:1").found("caches", 0).found("caches", 1).found("own", 2))
	var got [][]any
	for row, err := range s.Query(t.Context(), "rebuilds", 0) {
		require.NoError(t, err)
		got = append(got, row[1:])
	}
	// Two findings of a rule about one subject are one: 2 images have that, 1 has the other.
	require.Equal(t, [][]any{{"r/base:1", "proved", false, true, int64(2), int64(2), int64(3), int64(0), int64(25), false, nil}}, got)
	see(t, s, "r/base:1", "r/base:2", 3)
	for row, err := range s.Query(t.Context(), "rebuilds", 0) {
		require.NoError(t, err)
		require.Equal(t, []any{true, day.AddDate(0, 0, 3)}, row[10:])
	}
	requireCounts(t, s)
}
