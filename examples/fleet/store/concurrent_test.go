package store

import (
	"context"
	"database/sql"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
)

// Many workers save images of the same bases at the same time, each twice, while tags move: none
// waits for ever, and the end is as if one had saved all, on either kind of database.
func testConcurrent(t *testing.T, s *Store) {
	chains := map[string]string{"r/os:1": "os:2", "r/scm:1": "(os:2) scm:2", "r/web:1": "os:2 (scm:2) web:1", "r/lone:1": "lone:1"}
	for i := range 12 {
		chains[fmt.Sprintf("r/app-%d:1", i)] = fmt.Sprintf("(os:2) (scm:2) app-%d:2", i)
		chains[fmt.Sprintf("r/www-%d:1", i)] = fmt.Sprintf("(os:2) (scm:2) (web:1) www-%d:2", i%6)
		chains[fmt.Sprintf("r/alone-%d:1", i)] = fmt.Sprintf("lone:1 alone-%d:1", i)
	}
	names := sortedKeys(chains)
	one := open(t)
	for _, n := range names {
		save(t, one, n, someFacts(chains[n]))
	}
	s.DB().SetMaxOpenConns(12)
	work := append(names, names...)
	rand.Shuffle(len(work), func(i, j int) { work[i], work[j] = work[j], work[i] })
	jobs := make(chan string, len(work))
	for _, n := range work {
		jobs <- n
	}
	close(jobs)
	var workers sync.WaitGroup
	for range 8 {
		workers.Go(func() {
			for n := range jobs {
				if err := seeAndSave(s, n, someFacts(chains[n])); err != nil {
					t.Errorf("%s: %v", n, err)
				}
			}
		})
	}
	workers.Wait()
	require.Equal(t, dump(t, one), dump(t, s))
	requireCounts(t, s)
}

// seeAndSave does what a worker does, in two transactions; one of three tags moves.
func seeAndSave(s *Store, name string, f *Facts) error {
	ctx := context.Background()
	img := Image{Digest: sha("manifest of " + name), Config: sha("config"), Platform: "linux/amd64", Read: day, Version: "test"}
	ref := Ref{Repository: fmt.Sprint("r/moving-", rand.IntN(3)), Tag: "1"}
	err := s.Write(ctx, func(tx *sql.Tx) error {
		_, err := s.See(ctx, tx, ref, img.Digest, day.AddDate(0, 0, rand.IntN(30)))
		return err
	})
	if err != nil {
		return err
	}
	return s.Write(ctx, func(tx *sql.Tx) error { return s.SaveFacts(ctx, tx, img, f) })
}
