package queue

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync/atomic"
	"time"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/rivertype"
)

// counter counts what this process has done.
type counter struct{ looks, images, unreadable, failed atomic.Int64 }

// Done is what this process has done.
type Done struct {
	// Looks are references looked at, Images those read, whole or in part, and Unreadable
	// those that can't be read.
	Looks, Images, Unreadable int64
	// Failed are references that could not be looked at, and images that could not be read,
	// or only in part. What is no image has not failed.
	Failed int64
}

// Done returns what this process has done so far.
func (q *Queue) Done() Done {
	return Done{q.count.looks.Load(), q.count.images.Load(), q.count.unreadable.Load(), q.count.failed.Load()}
}

// patienceWithDatabase is how long the database may be away while the queue is worked.
const patienceWithDatabase = 10 * time.Minute

// Work works until nothing is left to be done, here or by others; or with stay until ctx is
// done. Twice a second, or more often, it tells progress, if that is not nil, how many jobs are
// left. When ctx is done, it gives the jobs that run back to the queue, and returns ctx's error.
func (q *Queue) Work(ctx context.Context, stay bool, progress func(left int)) error {
	if q.opts.Read == nil {
		return errors.New("a queue without a way to read images can't be worked")
	}
	if err := q.checkClock(ctx); err != nil {
		return err
	}
	running, stop := context.WithCancel(context.WithoutCancel(ctx))
	defer stop()
	if err := q.client.Start(running); err != nil {
		return err
	}
	go q.alive.beat(running, q.driver.GetExecutor(), q.opts.Log)
	err := q.workQueues(ctx, stay, progress)
	ending, cancel := context.WithTimeout(running, time.Minute)
	defer cancel()
	return errors.Join(err, q.client.StopAndCancel(ending))
}

// untilNextCount is after which time the jobs that are left are counted again: soon when there are
// few, which may be done any moment, and are quickly counted; less and less often while they stay
// as many as before, since they may wait for a registry that is down. waited is for how long it
// was waited last.
func untilNextCount(left, before int, waited time.Duration) time.Duration {
	const few, soon, late = 1000, 50 * time.Millisecond, 500 * time.Millisecond
	switch {
	case left == 0 || left > few:
		return late
	case left != before:
		return soon
	}
	return min(max(waited+waited/4, soon), late)
}

// workQueues adds the queues of registries as they turn up.
func (q *Queue) workQueues(ctx context.Context, stay bool, progress func(int)) error {
	lastSeen := time.Now()
	before, wait := 0, time.Duration(0)
	for {
		left, err := q.addQueues(ctx)
		if err == nil {
			err = q.share(ctx)
		}
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case err == nil:
			lastSeen = time.Now()
			if progress != nil {
				progress(left)
			}
			if left == 0 && !stay {
				return nil
			}
		case time.Since(lastSeen) > patienceWithDatabase:
			return fmt.Errorf("the database is away: %w", err)
		default:
			q.opts.Log.WarnContext(ctx, "the database is away", slog.String("error", err.Error()))
		}
		before, wait = left, untilNextCount(left, before, wait)
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(wait):
		}
	}
}

// addQueues has this process work the queues in which there is something to do, and returns how
// many jobs there are.
func (q *Queue) addQueues(ctx context.Context) (int, error) {
	rows, err := q.store.DB().QueryContext(ctx, "SELECT queue, count(*) FROM river_job WHERE state IN ("+quoted(unfinished())+") GROUP BY queue")
	if err != nil {
		return 0, err
	}
	left := 0
	var names []string
	for rows.Next() {
		var name string
		var n int
		if err := rows.Scan(&name, &n); err != nil {
			return 0, errors.Join(err, rows.Close())
		}
		left += n
		names = append(names, name)
	}
	if err := errors.Join(rows.Err(), rows.Close()); err != nil {
		return 0, err
	}
	for _, name := range names {
		err := q.client.Queues().Add(name, river.QueueConfig{MaxWorkers: q.opts.AtOnce})
		if err != nil && !errors.Is(err, &river.QueueAlreadyAddedError{}) {
			return left, err
		}
	}
	return left, nil
}

// quoted are states as a list in SQL.
func quoted(states []rivertype.JobState) string {
	var b strings.Builder
	for i, s := range states {
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteString("'" + string(s) + "'")
	}
	return b.String()
}
