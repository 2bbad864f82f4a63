package queue

import (
	"context"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// The longer a registry is down, the less often it is asked, and one good answer ends that.
func TestGate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := NewRegistries(0, nil).registry("a")
		began := time.Now()
		var pauses []time.Duration
		for range 12 {
			now := time.Now()
			o := r.refused(now, refusal{why: "503 Service Unavailable"})
			assert.Equal(t, o, r.refused(now, refusal{why: "503 Service Unavailable"}), "who comes with the first does not close it again")
			assert.Equal(t, began, o.Since)
			require.NoError(t, r.wait(t.Context()))
			pauses = append(pauses, time.Since(now))
			time.Sleep(time.Millisecond)
		}
		assert.Less(t, pauses[0], 2*firstPause)
		assert.Greater(t, pauses[11], longestPause/3)
		assert.Less(t, pauses[11], 2*longestPause)
		assert.True(t, r.answered())
		assert.False(t, r.answered())
		assert.Zero(t, r.outage())
		before := time.Now()
		require.NoError(t, r.wait(t.Context()))
		assert.Zero(t, time.Since(before))
	})
}

// A registry is left alone for as long as it wants, up to an hour.
func TestRetryAfter(t *testing.T) {
	now := time.Date(2026, 11, 29, 10, 0, 0, 0, time.UTC)
	for header, want := range map[string]time.Duration{
		"":                              0,
		"7":                             7 * time.Second,
		"-7":                            0,
		"soon":                          0,
		"Sun, 29 Nov 2026 10:02:00 GMT": 2 * time.Minute,
		"Sun, 29 Nov 2026 09:02:00 GMT": 0,
		"999999999":                     999999999 * time.Second,
	} {
		assert.Equal(t, want, retryAfter(header, now), header)
	}
	r := NewRegistries(0, nil).registry("a")
	assert.Equal(t, now.Add(7*time.Minute), r.refused(now, refusal{after: 7 * time.Minute}).Until)
	assert.Equal(t, now.Add(longestAsked), r.refused(now, refusal{after: 999999 * time.Hour}).Until)
}

func TestWaitEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := NewRegistries(0, nil).registry("a")
		r.refused(time.Now(), refusal{})
		ctx, stop := context.WithTimeout(t.Context(), time.Millisecond)
		defer stop()
		assert.ErrorIs(t, r.wait(ctx), context.DeadlineExceeded)
	})
}

// What a registry asks for that is longer than a worker waits is slept, by River, and no request
// is made in the meantime.
func TestLongPause(t *testing.T) {
	t.Parallel()
	reg := startRegistry(t)
	reg.push(t, nil, "a:1")
	q, s, _ := open(t, "", Options{})
	q.opts.Registries.registry(reg.host).refused(time.Now(), refusal{why: "429 Too Many Requests", after: 30 * time.Minute})
	add(t, q, reg.wanted(t, "a:1"))
	reg.asked()
	ctx, stop := context.WithCancel(context.Background())
	asleep := func() bool {
		return number(t, s, "SELECT count(*) FROM river_job WHERE state = 'scheduled' AND attempt = 0") == 1
	}
	done := make(chan error)
	go func() { done <- q.Work(ctx, false, nil) }()
	require.Eventually(t, asleep, enough, 20*time.Millisecond)
	stop()
	require.ErrorIs(t, <-done, context.Canceled)
	assert.Empty(t, reg.asked())
}

type answers func(*http.Request) (*http.Response, error)

func (a answers) RoundTrip(r *http.Request) (*http.Response, error) { return a(r) }

// Each registry has a rate of its own, to which belongs what it redirects to.
func TestRate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := NewRegistries(2, answers(func(*http.Request) (*http.Response, error) {
			return &http.Response{StatusCode: 200, Body: io.NopCloser(strings.NewReader(""))}, nil
		}))
		slow, _ := r.visit(t.Context(), "slow")
		other, _ := r.visit(t.Context(), "other")
		ask := func(ctx context.Context, url string) {
			req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
			require.NoError(t, err)
			resp, err := r.RoundTrip(req)
			require.NoError(t, err)
			require.NoError(t, resp.Body.Close())
		}
		began := time.Now()
		for range 10 {
			ask(slow, "https://slow/v2/a/manifests/1")
			ask(slow, "https://storage.slow/blob")
		}
		took := time.Since(began)
		assert.InDelta(t, 9*time.Second, took, float64(time.Second), "20 requests, of which 2 are at once")
		ask(other, "https://other/v2/a/manifests/1")
		ask(t.Context(), "https://nobody/")
		assert.Equal(t, took, time.Since(began))
	})
}
