//go:build tagged

package store

import (
	"context"
	"database/sql"
	"fmt"
	"math/rand/v2"
	"net/url"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/stemma-go/stemma/examples/fleet/internal/postgres"
)

func TestTaggedPostgres(t *testing.T) {
	server := postgres.Start(t)
	for name, test := range cases() {
		t.Run(name, func(t *testing.T) { test(t, openPostgres(t, server, name)) })
	}
}

// openPostgres returns an empty database of a server.
func openPostgres(t testing.TB, server *postgres.Server, name string) *Store {
	t.Helper()
	first, err := connect(server.URL)
	require.NoError(t, err)
	defer first.Close()
	_, err = first.DB().Exec("CREATE DATABASE \"" + name + "\"")
	require.NoError(t, err)
	u, err := url.Parse(server.URL)
	require.NoError(t, err)
	u.Path = "/" + name
	s, err := Open(context.Background(), u.String())
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, s.Close()) })
	return s
}

// Many workers save images of the same bases at the same time, twice each, while tags move:
// none waits for ever, and the end is as if one had saved all.
func TestTaggedConcurrent(t *testing.T) {
	server := postgres.Start(t)
	chains := map[string]string{"r/os:1": "os:2", "r/scm:1": "(os:2) scm:2", "r/web:1": "os:2 (scm:2) web:1", "r/lone:1": "lone:1"}
	for i := range 12 {
		chains[fmt.Sprintf("r/app-%d:1", i)] = fmt.Sprintf("(os:2) (scm:2) app-%d:2", i)
		chains[fmt.Sprintf("r/www-%d:1", i)] = fmt.Sprintf("(os:2) (scm:2) (web:1) www-%d:2", i%6)
		chains[fmt.Sprintf("r/alone-%d:1", i)] = fmt.Sprintf("lone:1 alone-%d:1", i)
	}
	one := openPostgres(t, server, "one")
	names := sortedKeys(chains)
	for _, n := range names {
		save(t, one, n, someFacts(chains[n]))
	}
	want := dump(t, one)

	many := openPostgres(t, server, "many")
	many.DB().SetMaxOpenConns(12)
	var work []string
	for range 2 {
		work = append(work, names...)
	}
	rand.Shuffle(len(work), func(i, j int) { work[i], work[j] = work[j], work[i] })
	jobs := make(chan string)
	var workers sync.WaitGroup
	for i := range 8 {
		workers.Go(func() {
			for n := range jobs {
				img := Image{Digest: sha("manifest of " + n), Config: sha("config"), Platform: "linux/amd64", Read: day, Version: "test"}
				at := day.AddDate(0, 0, rand.IntN(30))
				err := many.Write(context.Background(), func(tx *sql.Tx) error {
					_, err := many.See(context.Background(), tx, Ref{Repository: fmt.Sprint("r/moving-", rand.IntN(3)), Tag: "1"}, img.Digest, at)
					return err
				})
				if err == nil {
					err = many.Write(context.Background(), func(tx *sql.Tx) error { return many.SaveFacts(context.Background(), tx, img, someFacts(chains[n])) })
				}
				if err != nil {
					t.Errorf("worker %d: %s: %v", i, n, err)
				}
			}
		})
	}
	for _, n := range work {
		jobs <- n
	}
	close(jobs)
	workers.Wait()
	require.Equal(t, want, dump(t, many))
	requireCounts(t, many)
}
