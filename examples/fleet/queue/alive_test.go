package queue

import (
	"context"
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver"
	"github.com/riverqueue/river/rivertype"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/stemma-go/stemma/examples/fleet/store"
	"github.com/stemma-go/stemma/report"
)

// A job that takes long is not taken for one whose worker is gone.
func TestLongJobIsAlive(t *testing.T) {
	t.Parallel()
	reg := startRegistry(t)
	reg.push(t, nil, "a:1")
	const short = 400 * time.Millisecond
	goOn := make(chan struct{})
	reading := make(chan struct{})
	var read *readings
	o := Options{lease: short}
	o.Read = func(ctx context.Context, ref string) (store.Image, *report.Report, error) {
		close(reading)
		<-goOn
		return read.read(ctx, ref)
	}
	q, _, r := open(t, "", o)
	read = r
	add(t, q, reg.wanted(t, "a:1"))
	done := make(chan error)
	go func() { done <- q.Work(context.Background(), false, nil) }()
	<-reading
	time.Sleep(3 * short)
	stuck, err := q.driver.GetExecutor().JobGetStuck(context.Background(), &riverdriver.JobGetStuckParams{Max: 10, StuckHorizon: time.Now().Add(-short)})
	require.NoError(t, err)
	assert.Empty(t, stuck, "River's rescuer would not find it")
	assert.Equal(t, 1, status(t, q).Reads.Running)
	close(goOn)
	require.NoError(t, <-done)
	assert.Equal(t, int64(1), q.Done().Images)
}

func TestTimeout(t *testing.T) {
	a := newAlive(time.Second, nil)
	row := &rivertype.JobRow{ID: 7}
	require.NoError(t, a.Work(context.Background(), row, func(context.Context) error {
		assert.Equal(t, time.Hour, a.timeout(7, time.Hour), "it runs here")
		return nil
	}))
	assert.Equal(t, time.Second, a.timeout(7, time.Hour), "it may run elsewhere")
}

// An image over which workers die is not tried for ever, and is told.
func TestTooMuchForAWorker(t *testing.T) {
	t.Parallel()
	reg := startRegistry(t)
	digest := reg.push(t, nil, "a:1")
	q, s, read := open(t, "", Options{})
	ctx := context.Background()
	job, err := q.client.Insert(ctx, readArgs{Digest: digest.String(), Ref: reg.ref(t, "a:1").Name()}, &river.InsertOpts{Queue: queueOf(reg.host)})
	require.NoError(t, err)
	var errs [][]byte
	for n := range mostDeaths {
		b, err := json.Marshal(rivertype.AttemptError{At: time.Now(), Attempt: n + 1, Error: rescued})
		require.NoError(t, err)
		errs = append(errs, b)
	}
	_, err = q.driver.GetExecutor().JobUpdateFull(ctx, &riverdriver.JobUpdateFullParams{ID: job.Job.ID, ErrorsDoUpdate: true, Errors: errs})
	require.NoError(t, err)
	work(t, q)
	assert.Zero(t, read.of(digest))
	assert.Equal(t, 1, number(t, s, "SELECT count(*) FROM images WHERE reason LIKE 'too much for a worker: %'"))
}

// Reading that takes too long is tried again, and told in the end.
func TestTooSlow(t *testing.T) {
	t.Parallel()
	reg := startRegistry(t)
	digest := reg.push(t, nil, "a:1")
	q, s, _ := open(t, "", Options{Limit: 50 * time.Millisecond, Read: func(ctx context.Context, _ string) (store.Image, *report.Report, error) {
		<-ctx.Done()
		return store.Image{}, nil, fmt.Errorf("reading: %w", ctx.Err())
	}})
	ctx := context.Background()
	_, err := q.client.Insert(ctx, readArgs{Digest: digest.String(), Ref: reg.ref(t, "a:1").Name()}, &river.InsertOpts{Queue: queueOf(reg.host), MaxAttempts: 2})
	require.NoError(t, err)
	work(t, q)
	assert.Equal(t, 1, number(t, s, "SELECT count(*) FROM images WHERE reason = 'too slow: it took longer than 50ms'"))
}

// A job whose worker is silent is told as lost.
func TestLost(t *testing.T) {
	t.Parallel()
	q, _, _ := open(t, "", Options{})
	reg := startRegistry(t)
	add(t, q, reg.wanted(t, "a:1", "a:2", "a:3"))
	for id, ago := range map[int]time.Duration{1: time.Second, 2: time.Minute} {
		_, err := q.store.DB().Exec(fmt.Sprintf("UPDATE river_job SET state = 'running', attempted_at = %s WHERE id = %d", q.ago(ago), id))
		require.NoError(t, err)
	}
	st := status(t, q)
	assert.Equal(t, Line{Waiting: 1, Running: 1, Lost: 1}, st.Looks)
	assert.Equal(t, []Registry{{Host: reg.host, Waiting: 1, Running: 1, Lost: 1}}, st.Registries)
}
