package queue

import (
	"context"
	"errors"
	"log/slog"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver"
	"github.com/riverqueue/river/rivertype"
)

// alive are the jobs that this process works on. It is a middleware of River's: each job
// passes through it.
//
// River's rescuer gives a job to another worker if its last attempt began too long ago. To
// tell a job that takes long from one whose worker is gone, beat moves that moment on while
// the job runs here.
type alive struct {
	river.MiddlewareDefaults
	lease  time.Duration
	failed func() // is told of each job that failed for good

	mu   sync.Mutex
	jobs map[int64]bool
}

func newAlive(lease time.Duration, failed func()) *alive {
	return &alive{lease: lease, failed: failed, jobs: map[int64]bool{}}
}

// Work notes a job while it runs, and tells if it failed for good.
func (a *alive) Work(ctx context.Context, job *rivertype.JobRow, do func(context.Context) error) error {
	a.set(job.ID, true)
	defer a.set(job.ID, false)
	err := do(ctx)
	if failedForGood(ctx, job, err) {
		a.failed()
	}
	return err
}

// failedForGood reports whether an error is the end of a job, and a failure: River tries it no
// more, and nobody has taken it out of the queue.
func failedForGood(ctx context.Context, job *rivertype.JobRow, err error) bool {
	_, snoozed := errors.AsType[*river.JobSnoozeError](err)
	cancelled, given := errors.AsType[*river.JobCancelError](err)
	switch {
	case err == nil, snoozed, because(err).kind == NotImage:
		return false
	case given: // River's Is takes any JobCancelError for any other
		return error(cancelled) != river.ErrJobCancelledRemotely
	}
	return job.Attempt >= job.MaxAttempts && !errors.Is(context.Cause(ctx), context.Canceled)
}

func (a *alive) set(id int64, runs bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if runs {
		a.jobs[id] = true
	} else {
		delete(a.jobs, id)
	}
}

// timeout is a job's limit. River asks for it twice: before it runs the job here; and in its
// rescuer, which leaves a job alone that may still run. For that a job which runs elsewhere may
// take no longer than the lease.
func (a *alive) timeout(id int64, limit time.Duration) time.Duration {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.jobs[id] {
		return limit
	}
	return a.lease
}

// beat says until ctx is done that the jobs are alive.
func (a *alive) beat(ctx context.Context, db riverdriver.Executor, log *slog.Logger) {
	tick := time.NewTicker(a.lease / 4)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		a.mu.Lock()
		ids := slices.Collect(maps.Keys(a.jobs))
		a.mu.Unlock()
		for _, id := range ids {
			now := time.Now().UTC()
			_, err := db.JobUpdateFull(ctx, &riverdriver.JobUpdateFullParams{ID: id, AttemptedAtDoUpdate: true, AttemptedAt: &now})
			if err != nil && ctx.Err() == nil {
				log.WarnContext(ctx, "a job could not be marked as alive", slog.Int64("job", id), slog.String("error", err.Error()))
				break
			}
		}
	}
}
