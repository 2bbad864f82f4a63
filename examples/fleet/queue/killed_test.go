package queue

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/stemma-go/stemma/examples/fleet/store"
)

// workOn has this test program work on a database instead of testing.
const workOn = "FLEET_TEST_WORK_ON"

func TestMain(m *testing.M) {
	if dsn := os.Getenv(workOn); dsn != "" {
		if err := workUntilKilled(dsn); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// killedLease is how long the killed workers of the test are waited for.
const killedLease = time.Second

func workUntilKilled(dsn string) error {
	ctx := context.Background()
	s, err := store.Open(ctx, dsn)
	if err != nil {
		return err
	}
	r := newReadings()
	q, err := Open(ctx, s, &Options{Read: r.read, Registries: r.registries, lease: killedLease})
	if err != nil {
		return err
	}
	return q.Work(ctx, false, nil)
}

// A worker that is killed at any moment loses nothing and doubles nothing.
func TestKilled(t *testing.T) {
	t.Parallel()
	reg := startRegistry(t)
	var names []string
	const images = 60
	for n := range images {
		names = append(names, fmt.Sprintf("shop/api:%d", n), fmt.Sprintf("other/api:%d", n))
		reg.push(t, nil, names[2*n], names[2*n+1])
	}
	dsn := newDatabase(t)
	q, s, _ := open(t, dsn, Options{lease: killedLease})
	add(t, q, reg.wanted(t, names...))
	kills := 0
	for ; kills < 8 && status(t, q).Reads.LastHour < images; kills++ {
		self := exec.Command(os.Args[0])
		self.Env = append(os.Environ(), workOn+"="+dsn)
		self.Stderr = os.Stderr
		require.NoError(t, self.Start())
		before := status(t, q)
		deadline := time.Now().Add(enough)
		for time.Now().Before(deadline) { // until it does something
			if st := status(t, q); st.Looks.LastHour+st.Reads.LastHour > before.Looks.LastHour+before.Reads.LastHour {
				break
			}
			time.Sleep(5 * time.Millisecond)
		}
		time.Sleep(time.Duration(rand.IntN(100*(kills+1))) * time.Millisecond)
		require.NoError(t, self.Process.Kill())
		_ = self.Wait() // killed
		depose(t, s)
		time.Sleep(killedLease)
	}
	t.Logf("killed %d times, the last time with %+v", kills, *status(t, q))
	work(t, q)
	st := status(t, q)
	assert.Zero(t, st.Looks.Left()+st.Reads.Left())
	assert.Empty(t, st.Failures)
	assert.Equal(t, images, number(t, s, "SELECT count(*) FROM images WHERE ancestor_id IS NOT NULL"))
	assert.Equal(t, images, number(t, s, "SELECT count(*) FROM images"))
	assert.Equal(t, 2*images, number(t, s, "SELECT count(*) FROM sightings"))
	assert.Equal(t, images, number(t, s, "SELECT count(*) FROM river_job WHERE kind = 'read' AND state = 'completed'"))
	assert.Equal(t, 2*images, number(t, s, "SELECT count(*) FROM river_job WHERE kind = 'look' AND state = 'completed'"))
}

// depose spares the test the 15 seconds after which River elects another leader.
func depose(t *testing.T, s *store.Store) {
	t.Helper()
	_, err := s.DB().Exec("DELETE FROM river_leader")
	require.NoError(t, err)
}
