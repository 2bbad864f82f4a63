package queue

import (
	"cmp"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/rivertype"
)

// A Status is how far a queue is.
type Status struct {
	// Looks and Reads are references to be looked at, and images to be read.
	Looks, Reads Line
	// Registries are those for which something waits, the longest line first.
	Registries []Registry
	// Failures are what could not be read, the most frequent kind first.
	Failures []Failure
}

// A Line is how many jobs of one sort wait or run, and how many were done lately.
type Line struct {
	Waiting, Running int
	// Lost are those whose worker has been silent for longer than a lease: it is gone, and they
	// will be given back soon.
	Lost                 int
	LastMinute, LastHour int
}

// Left is how many are still to be done.
func (l Line) Left() int { return l.Waiting + l.Running + l.Lost }

// A Registry is what is known of one of them.
type Registry struct {
	Host                   string
	Waiting, Running, Lost int    // as in a Line
	Outage                 Outage // zero if it answers
}

// Left is how many jobs are still to be done.
func (r Registry) Left() int { return r.Waiting + r.Running + r.Lost }

// Status returns how far the queue is, for all processes that work it.
func (q *Queue) Status(ctx context.Context) (*Status, error) {
	s := &Status{}
	hosts, err := q.unfinishedJobs(ctx, s)
	if err != nil {
		return nil, err
	}
	if err := q.addOutages(ctx, hosts); err != nil {
		return nil, err
	}
	for _, r := range hosts {
		s.Registries = append(s.Registries, *r)
	}
	slices.SortFunc(s.Registries, func(a, b Registry) int {
		return cmp.Or(cmp.Compare(b.Left(), a.Left()), strings.Compare(a.Host, b.Host))
	})
	if err := q.doneLately(ctx, s); err != nil {
		return nil, err
	}
	return s, q.failures(ctx, s)
}

// unfinishedJobs counts what is to be done, and returns it by the queues of registries.
func (q *Queue) unfinishedJobs(ctx context.Context, s *Status) (map[string]*Registry, error) {
	rows, err := q.store.DB().QueryContext(ctx, "SELECT queue, kind, CAST(state AS text), state = 'running' AND attempted_at < "+q.ago(q.opts.lease)+" AS lost, count(*), min(args->>'ref') FROM river_job WHERE state IN ("+quoted(unfinished())+") GROUP BY queue, kind, state, lost")
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	hosts := map[string]*Registry{}
	for rows.Next() {
		var queue, kind, state string
		var ref sql.NullString
		var lost sql.NullBool
		var n int
		if err := rows.Scan(&queue, &kind, &state, &lost, &n, &ref); err != nil {
			return nil, err
		}
		r := hosts[queue]
		if r == nil {
			r = &Registry{Host: queue}
			if parsed, err := q.parse(ref.String); err == nil {
				r.Host = parsed.Context().RegistryStr()
			}
			hosts[queue] = r
		}
		line := &s.Looks
		if kind == (readArgs{}).Kind() {
			line = &s.Reads
		}
		switch {
		case lost.Bool:
			r.Lost += n
			line.Lost += n
		case state == string(rivertype.JobStateRunning):
			r.Running += n
			line.Running += n
		default:
			r.Waiting += n
			line.Waiting += n
		}
	}
	return hosts, rows.Err()
}

// addOutages adds what workers have noted of registries.
func (q *Queue) addOutages(ctx context.Context, hosts map[string]*Registry) error {
	for name, r := range hosts {
		queue, err := q.client.QueueGet(ctx, name)
		if errors.Is(err, river.ErrNotFound) {
			continue // nobody has worked it yet
		}
		if err != nil {
			return err
		}
		var m metadata
		if err := json.Unmarshal(queue.Metadata, &m); err == nil {
			r.Outage = m.Outage
		}
	}
	return nil
}

// ago is a moment before now, in SQL, by the clock of the database.
func (q *Queue) ago(d time.Duration) string {
	seconds := fmt.Sprintf("%.3f seconds", d.Seconds())
	if q.store.Postgres() {
		return "now() - interval '" + seconds + "'"
	}
	return "datetime('now', 'subsec', '-" + seconds + "')"
}

func (q *Queue) doneLately(ctx context.Context, s *Status) error {
	rows, err := q.store.DB().QueryContext(ctx, "SELECT kind, count(*), count(CASE WHEN finalized_at > "+q.ago(time.Minute)+" THEN 1 END) FROM river_job WHERE state = 'completed' AND finalized_at > "+q.ago(time.Hour)+" GROUP BY kind")
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var kind string
		var hour, minute int
		if err := rows.Scan(&kind, &hour, &minute); err != nil {
			return err
		}
		line := &s.Looks
		if kind == (readArgs{}).Kind() {
			line = &s.Reads
		}
		line.LastHour, line.LastMinute = hour, minute
	}
	return rows.Err()
}
