package queue

import (
	"context"
	"encoding/json"
	"log/slog"
	"time"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/rivertype"

	"github.com/stemma-go/stemma/layers/printable"
)

// giveUp ends a job because its registry does not answer.
func (o Outage) giveUp() error {
	return river.JobCancel(reason{"the registry does not answer", printable.Line(o.Why)})
}

// enter waits at the registry's gate. It returns an error for River if the job can't come in for
// long, or nobody has patience with the registry any more: who waits behind the one who found
// that out is not to find it out again.
func (q *Queue) enter(ctx context.Context, v *visit) error {
	now, down := time.Now(), v.of.outage()
	closed := down.closed(now)
	switch {
	case closed > 0 && q.impatient(down, now):
		return down.giveUp()
	case closed > 2*longestPause:
		return river.JobSnooze(q.untilImpatient(closed, down, now))
	}
	return v.of.wait(ctx)
}

func (q *Queue) impatient(o Outage, now time.Time) bool {
	return q.opts.Patience > 0 && o.lasted(now) >= q.opts.Patience
}

// untilImpatient shortens a pause that would last longer than the patience.
func (q *Queue) untilImpatient(pause time.Duration, o Outage, now time.Time) time.Duration {
	if q.opts.Patience <= 0 {
		return pause
	}
	return min(pause, max(q.opts.Patience-o.lasted(now), 0))
}

// mostSnoozes is how often a job is tried for which alone the registry does not answer.
const mostSnoozes = 8

// refused closes the registry's gate, and puts the job to sleep until it may be tried again. It
// gives the job up if nothing came from the registry for longer than there is patience; or if
// others are answered, and this one was not, many times.
func (q *Queue) refused(ctx context.Context, v *visit, row *rivertype.JobRow) error {
	now := time.Now()
	down := v.of.refused(now, *v.refuse.Load())
	if down.Since.Equal(now) {
		q.opts.Log.WarnContext(ctx, "a registry does not answer", slog.String("registry", v.host), slog.String("why", down.Why))
	}
	q.tell(ctx, row.Queue, down)
	n := snoozes(row)
	if q.impatient(down, now) || n >= mostSnoozes && down.lasted(now) < longestPause {
		return down.giveUp()
	}
	return river.JobSnooze(max(q.untilImpatient(down.closed(now), down, now), min(firstPause<<n, longestPause)/4))
}

// answered opens the gate of a registry that answers.
func (q *Queue) answered(ctx context.Context, v *visit, row *rivertype.JobRow) {
	was := v.of.outage()
	if !v.of.answered() {
		return
	}
	q.tell(ctx, row.Queue, Outage{})
	if !was.Since.IsZero() {
		q.opts.Log.WarnContext(ctx, "a registry answers again", slog.String("registry", v.host), slog.Duration("after", was.lasted(time.Now())))
	}
}

// tell writes an outage where other processes find it: into the metadata of River's queue. It
// is for those who watch, so that it is no failure if it can't be written.
func (q *Queue) tell(ctx context.Context, queue string, o Outage) {
	b, err := json.Marshal(metadata{Outage: o})
	if err == nil {
		_, err = q.client.QueueUpdate(ctx, queue, &river.QueueUpdateParams{Metadata: b})
	}
	if err != nil && ctx.Err() == nil {
		q.opts.Log.WarnContext(ctx, "an outage could not be noted", slog.String("queue", queue), slog.String("error", err.Error()))
	}
}

// metadata are those of a queue.
type metadata struct {
	Outage Outage `json:"outage,omitzero"`
}

// snoozes is how often a job was put to sleep. River counts that in its metadata.
func snoozes(row *rivertype.JobRow) int {
	var m struct {
		Snoozes int `json:"snoozes"`
	}
	_ = json.Unmarshal(row.Metadata, &m) // River's own; none is 0
	return min(max(m.Snoozes, 0), 20)
}
