package queue

import (
	"context"
	"errors"

	"golang.org/x/time/rate"
)

// share gives this process its part of what registries may be asked in a second: as much as each
// of the other processes that work on their jobs at the moment. A process whose jobs are not known
// to be alive does not count.
func (q *Queue) share(ctx context.Context) error {
	if q.opts.Registries.rate == rate.Inf {
		return nil
	}
	last, mark := "json_extract(attempted_by, '$[#-1]')", "?1"
	if q.store.Postgres() {
		last, mark = "attempted_by[array_upper(attempted_by, 1)]", "$1"
	}
	rows, err := q.store.DB().QueryContext(ctx, "SELECT queue, count(DISTINCT "+last+") FROM river_job WHERE state = 'running' AND attempted_at > "+
		q.ago(q.opts.lease)+" AND "+last+" <> "+mark+" GROUP BY queue", q.client.ID())
	if err != nil {
		return err
	}
	others := map[string]int{}
	for rows.Next() {
		var name string
		var n int
		if err := rows.Scan(&name, &n); err != nil {
			return errors.Join(err, rows.Close())
		}
		others[name] = n
	}
	if err := errors.Join(rows.Err(), rows.Close()); err != nil {
		return err
	}
	q.opts.Registries.divide(func(host string) int { return 1 + others[queueOf(host)] })
	return nil
}

// divide divides the rate of each registry among so many.
func (r *Registries) divide(among func(host string) int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for host, h := range r.hosts {
		if part := r.rate / rate.Limit(among(host)); part != h.limit.Limit() {
			h.limit.SetLimit(part)
			h.limit.SetBurst(burst(part))
		}
	}
}

// burst is how many requests may be sent at once after a pause: those of a second.
func burst(l rate.Limit) int { return max(1, int(min(l, 1000))) }
