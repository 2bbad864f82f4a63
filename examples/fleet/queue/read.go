package queue

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"
	"slices"
	"time"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riverdatabasesql"
	"github.com/riverqueue/river/rivertype"

	"github.com/stemma-go/stemma/examples/fleet/store"
	"github.com/stemma-go/stemma/layers/printable"
	"github.com/stemma-go/stemma/report"
)

// reader reads an image and writes it to the store.
type reader struct {
	river.WorkerDefaults[readArgs]
	q *Queue
}

func (r *reader) Timeout(job *river.Job[readArgs]) time.Duration {
	return r.q.alive.timeout(job.ID, r.q.opts.Limit)
}

// mostDeaths is how many workers may die over an image.
const mostDeaths = 3

func (r *reader) Work(ctx context.Context, job *river.Job[readArgs]) error {
	q := r.q
	digest, err := v1.NewHash(job.Args.Digest)
	if err != nil {
		return river.JobCancel(err)
	}
	ref, err := q.parse(job.Args.Ref)
	if err != nil {
		return river.JobCancel(err)
	}
	done := q.store.Known
	if job.Args.Again {
		done = q.store.Whole
	}
	if is, err := done(ctx, digest); err != nil || is {
		return err
	}
	if n := deaths(job.JobRow); n >= mostDeaths {
		return q.finish(ctx, job, digest, outcome{err: reason{"too much for a worker", fmt.Sprintf("%d workers died while they read it", n)}})
	}
	got, wait := q.read(ctx, job.JobRow, ref.Context(), digest)
	if wait != nil {
		return wait
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Minute) // the job's own time may be over
	defer cancel()
	if got.err != nil {
		if moved, err := q.tryElsewhere(ctx, job, ref.Context().Name(), digest); moved || err != nil {
			return err
		}
	}
	return q.finish(ctx, job, digest, got)
}

// An outcome is what came of reading an image.
type outcome struct {
	img store.Image
	rep *report.Report
	err error // why it can't be read
}

// failed reports whether the image is one, and could not be read, or only in part.
func (o outcome) failed() bool {
	if o.err != nil {
		return because(o.err).kind != NotImage
	}
	return o.rep.Partial
}

// read reads an image. Instead of an outcome there may be an error for River: the image is to
// be tried again.
func (q *Queue) read(ctx context.Context, row *rivertype.JobRow, repo name.Repository, digest v1.Hash) (outcome, error) {
	in, v := q.opts.Registries.visit(ctx, repo.RegistryStr())
	if err := q.enter(ctx, v); err != nil {
		return outcome{}, err
	}
	select {
	case q.places <- struct{}{}:
		defer func() { <-q.places }()
	case <-ctx.Done():
		return outcome{}, context.Cause(ctx)
	}
	img, rep, err := q.safeRead(in, repo.Digest(digest.String()).Name())
	got := outcome{img, rep, err}
	last := row.Attempt >= row.MaxAttempts
	switch {
	case err == nil && !rep.Partial:
		q.answered(ctx, v, row)
		return got, nil
	case errors.Is(ctx.Err(), context.DeadlineExceeded):
		slow := reason{"too slow", fmt.Sprintf("it took longer than %s", q.opts.Limit)}
		if last {
			return outcome{err: slow}, nil
		}
		return outcome{}, slow
	case ctx.Err() != nil:
		return outcome{}, context.Cause(ctx)
	case v.refuse.Load() != nil && !definite(err):
		return outcome{}, q.refused(ctx, v, row)
	case v.broken.Load() && !last:
		return outcome{}, reason{"the registry's answer broke off", printable.Line(fmt.Sprint(errors.Join(err, problems(rep))))}
	case err == nil: // what is damaged is damaged, and the rest is worth having
		q.answered(ctx, v, row)
	}
	return got, nil
}

// safeRead has a panic told like any other error, with the image that caused it.
func (q *Queue) safeRead(ctx context.Context, ref string) (img store.Image, rep *report.Report, err error) {
	defer func() {
		if p := recover(); p != nil {
			q.opts.Log.ErrorContext(ctx, "reading panicked", slog.String("reference", ref), slog.Any("panic", p), slog.String("stack", string(debug.Stack())))
			err = reason{"a bug in the reader", printable.Line(fmt.Sprint(p))}
		}
	}()
	return q.opts.Read(ctx, ref)
}

// problems are those of a report, if there is one.
func problems(r *report.Report) error {
	if r == nil || len(r.Problems) == 0 {
		return nil
	}
	return r.Problems[0]
}

// tryElsewhere has the image read from another repository in which it was seen, in the queue of
// that one's registry.
func (q *Queue) tryElsewhere(ctx context.Context, job *river.Job[readArgs], repository string, digest v1.Hash) (bool, error) {
	const most = 5
	tried := append(slices.Clone(job.Args.Tried), repository)
	if len(tried) >= most {
		return false, nil
	}
	refs, err := q.store.RefsOf(ctx, digest)
	if err != nil {
		return false, err
	}
	for _, r := range refs {
		ref, err := q.parse(r.String())
		if err != nil || slices.Contains(tried, ref.Context().Name()) {
			continue
		}
		return true, q.transact(ctx, func(tx *sql.Tx) error {
			if _, err := river.JobCompleteTx[*riverdatabasesql.Driver](ctx, tx, job); err != nil {
				return err
			}
			_, err := q.client.InsertTx(ctx, tx, readArgs{Digest: job.Args.Digest, Ref: r.String(), Again: job.Args.Again, Tried: tried},
				&river.InsertOpts{Queue: queueOf(ref.Context().RegistryStr())})
			return err
		})
	}
	return false, nil
}

// finish writes what came of an image together with the job's end, so that neither is there
// without the other.
func (q *Queue) finish(ctx context.Context, job *river.Job[readArgs], digest v1.Hash, got outcome) error {
	got.img.Digest, got.img.Read, got.img.Run, got.img.Version = digest, time.Now(), q.opts.Run, q.opts.Version
	err := q.transact(ctx, func(tx *sql.Tx) error {
		var err error
		if got.err != nil {
			err = q.store.Unreadable(ctx, tx, got.img, because(got.err).Error())
		} else {
			err = q.store.Save(ctx, tx, got.img, got.rep)
		}
		if err != nil {
			return err
		}
		_, err = river.JobCompleteTx[*riverdatabasesql.Driver](ctx, tx, job)
		return err
	})
	if err != nil {
		return err
	}
	if got.failed() {
		q.count.failed.Add(1)
	}
	switch {
	case got.err != nil:
		q.count.unreadable.Add(1)
	default:
		q.count.images.Add(1)
	}
	return nil
}

// deaths counts the workers that died over a job.
func deaths(row *rivertype.JobRow) int {
	n := 0
	for _, e := range row.Errors {
		if e.Error == rescued {
			n++
		}
	}
	return n
}

// rescued is what River's rescuer writes.
const rescued = "Stuck job rescued by JobRescuer"
