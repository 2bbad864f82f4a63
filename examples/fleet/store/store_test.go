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
	s, err := Open(context.Background(), filepath.Join(t.TempDir(), "fleet.db"))
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, s.Close()) })
	return s
}

func testEmpty(t *testing.T, s *Store) {
	v, err := s.SchemaVersion(t.Context())
	require.NoError(t, err)
	require.Equal(t, 2, v)
	for _, v := range s.Views() {
		for _, err := range s.Query(t.Context(), v.Name, 0) {
			require.NoError(t, err, v.Name)
		}
	}
}
