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

// silence is the reason of what was given up because its registry did not answer.
func (v *visit) silence() reason {
	return reason{"the registry does not answer", printable.Line(v.refuse.Load().why)}
}

// mostSnoozes is how often a job is tried for which alone the registry does not answer.
const mostSnoozes = 8

// refused closes the registry's gate, and returns the error with which the job goes to sleep
// until it may be tried again. It is nil if the job is to be given up: because nothing came
// from the registry for longer than the queue has patience; or because others are answered,
// and this one was not, many times.
func (q *Queue) refused(ctx context.Context, v *visit, row *rivertype.JobRow) error {
	now := time.Now()
	down := v.of.refused(now, *v.refuse.Load())
	if down.Since.Equal(now) {
		q.opts.Log.WarnContext(ctx, "a registry does not answer", slog.String("registry", v.host), slog.String("why", down.Why))
	}
	q.tell(ctx, row.Queue, down)
	pause := max(down.Until.Sub(now), 0)
	if p := q.opts.Patience; p > 0 {
		if down.lasted(now) >= p {
			return nil
		}
		pause = min(pause, p-down.lasted(now))
	}
	n := snoozes(row)
	if n >= mostSnoozes && down.lasted(now) < longestPause {
		return nil
	}
	return river.JobSnooze(max(pause, min(firstPause<<n, longestPause)/4))
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
