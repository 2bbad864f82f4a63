package orchard_test

import (
	"database/sql"
	"iter"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/stemma-go/stemma/examples/fleet/internal/orchard"
	"github.com/stemma-go/stemma/examples/fleet/store"
)

// Every view answers on a fleet of rows alone. How long that takes at a hundred thousand
// images is told by TestTaggedViews.
func TestViews(t *testing.T) {
	n := 1500
	if testing.Short() {
		n = 400
	}
	s, err := store.Open(t.Context(), filepath.Join(t.TempDir(), "fleet.db"))
	require.NoError(t, err)
	defer s.Close()
	next, stop := iter.Pull(orchard.Paper(n, 1))
	defer stop()
	fill(t, s, next, n)
	answer(t, s)
}

// fill writes n images and their references, many in one transaction.
func fill(t *testing.T, s *store.Store, next func() (orchard.Sheet, bool), n int) {
	const batch = 500
	var tx *sql.Tx
	for i := range n {
		sheet, ok := next()
		require.True(t, ok)
		var err error
		if i%batch == 0 {
			tx, err = s.Begin(t.Context())
			require.NoError(t, err)
		}
		require.NoError(t, s.Add(t.Context(), tx, sheet.Ref))
		_, err = s.See(t.Context(), tx, sheet.Ref, sheet.Image.Digest, sheet.Seen)
		require.NoError(t, err)
		require.NoError(t, s.SaveFacts(t.Context(), tx, sheet.Image, sheet.Facts))
		if i%batch == batch-1 || i == n-1 {
			require.NoError(t, tx.Commit())
		}
	}
}

// answer asks every view, for its first hundred rows and for all of them, and tells how long
// each took.
func answer(t *testing.T, s *store.Store) (slowest time.Duration) {
	require.NotEmpty(t, s.Views())
	for _, v := range s.Views() {
		took := map[int]time.Duration{}
		rows := map[int]int{}
		for _, limit := range []int{100, 0} {
			start := time.Now()
			for row, err := range s.Query(t.Context(), v.Name, limit) {
				require.NoError(t, err, v.Name)
				require.Len(t, row, len(v.Columns), v.Name)
				rows[limit]++
			}
			took[limit] = time.Since(start)
		}
		assert.Positive(t, rows[0], "%s has no rows", v.Name)
		t.Logf("%-18s the first 100 rows in %6.3f s, all %7d in %6.3f s", v.Name, took[100].Seconds(), rows[0], took[0].Seconds())
		slowest = max(slowest, took[100])
	}
	return slowest
}
