package queue

import (
	"context"
	"math/rand/v2"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// How long nobody asks a registry that does not answer: a second after the first failure, then
// twice as long each time. A registry that says for how long it wants to be left alone is
// believed, up to an hour.
const (
	firstPause   = time.Second
	longestPause = time.Minute
	longestAsked = time.Hour
)

// A registry is what this process knows of one. Its gate is open while the registry answers.
// When it does not, the gate is closed for a while. Jobs that come to a closed gate wait, in
// the places of their own queue, so that neither the registry nor the database is bothered
// with thousands of jobs that can't be done.
type registry struct {
	limit *rate.Limiter

	mu       sync.Mutex
	asked    bool   // it has answered this process before
	down     Outage // zero while the registry answers
	failures int    // openings of the gate since then that were of no use
}

// An Outage is a time in which a registry did not answer. The zero Outage is none.
type Outage struct {
	// Since is the first failure, Until the end of the pause in which nobody asks.
	Since, Until time.Time
	// Why is what happened last: "503 Service Unavailable".
	Why string
}

// lasted is how long the registry has been down.
func (o Outage) lasted(now time.Time) time.Duration {
	if o.Since.IsZero() {
		return 0
	}
	return now.Sub(o.Since)
}

// closed is how long the gate stays closed.
func (o Outage) closed(now time.Time) time.Duration { return max(o.Until.Sub(now), 0) }

func (r *registry) outage() Outage {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.down
}

// wait waits until a gate that is closed may be open.
func (r *registry) wait(ctx context.Context) error {
	pause := time.Until(r.outage().Until)
	if pause <= 0 {
		return ctx.Err()
	}
	t := time.NewTimer(pause)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// refused closes the gate. Of several jobs that were refused while the gate was open, the
// first one closes it.
func (r *registry) refused(now time.Time, why refusal) Outage {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.down.Since.IsZero() {
		r.down.Since = now
	}
	r.down.Why = why.why
	asked := now.Add(min(why.after, longestAsked))
	if now.After(r.down.Until) {
		pause := min(firstPause<<min(r.failures, 10), longestPause)
		r.failures++
		r.down.Until = now.Add(pause/2 + rand.N(pause)) // workers are not to come back together
	}
	if asked.After(r.down.Until) {
		r.down.Until = asked
	}
	return r.down
}

// answered opens the gate. It reports whether that is news: it was closed, or another process
// may have left word that it is.
func (r *registry) answered() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	news := !r.asked || !r.down.Since.IsZero()
	r.asked, r.down, r.failures = true, Outage{}, 0
	return news
}
