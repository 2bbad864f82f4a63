package queue

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/time/rate"

	"github.com/stemma-go/stemma/examples/fleet/store"
	"github.com/stemma-go/stemma/report"
)

// Two workers that read images of one registry have half of its rate each, and who is alone has all
// of it.
func TestShare(t *testing.T) {
	t.Parallel()
	reg := startRegistry(t)
	reg.push(t, nil, "a:1")
	reg.push(t, nil, "b:1")
	const limit = 1000
	dsn := newDatabase(t)
	type worker struct {
		q       *Queue
		reading chan struct{} // it has begun
		goOn    chan struct{}
		done    chan error
	}
	start := func() *worker {
		w := &worker{reading: make(chan struct{}, 2), goOn: make(chan struct{}), done: make(chan error, 1)}
		var read *readings
		o := Options{AtOnce: 1, Read: func(ctx context.Context, ref string) (store.Image, *report.Report, error) {
			w.reading <- struct{}{}
			<-w.goOn
			return read.read(ctx, ref)
		}}
		w.q, _, read = open(t, dsn, o)
		w.q.opts.Registries.rate = limit
		return w
	}
	has := func(w *worker) rate.Limit { return w.q.opts.Registries.registry(reg.host).limit.Limit() }
	one, other := start(), start()
	add(t, one.q, reg.wanted(t, "a:1", "b:1"))
	for _, w := range []*worker{one, other} {
		go func() { w.done <- w.q.Work(context.Background(), false, nil) }()
		<-w.reading // one image each
	}
	halves := func() bool { return has(one) == limit/2 && has(other) == limit/2 }
	require.Eventually(t, halves, enough, 10*time.Millisecond)
	close(one.goOn)
	require.Eventually(t, func() bool { return has(other) == limit }, enough, 10*time.Millisecond, "the other one has no job any more")
	close(other.goOn)
	assert.NoError(t, <-one.done)
	assert.NoError(t, <-other.done)
}

// Each registry has its own workers.
func TestDivide(t *testing.T) {
	r := NewRegistries(3, nil)
	crowded, quiet := r.registry("crowded"), r.registry("quiet")
	r.divide(func(host string) int { return map[string]int{"crowded": 6, "quiet": 1}[host] })
	assert.Equal(t, []rate.Limit{0.5, 3}, []rate.Limit{crowded.limit.Limit(), quiet.limit.Limit()})
	assert.Equal(t, []int{1, 3}, []int{crowded.limit.Burst(), quiet.limit.Burst()}, "one request is always possible")
	assert.Equal(t, rate.Limit(3), r.registry("new").limit.Limit())
}
