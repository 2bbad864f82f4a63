package source

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"sync/atomic"
	"time"
)

const defaultIdleTimeout = time.Minute

// errStalled is what an exchange fails with in which nothing came for too long.
var errStalled = errors.New("sent nothing")

// patience carries the requests to a registry, and knows how long to wait: it
// ends those to which nothing comes back, and notes until when the registry asks
// to be left alone.
type patience struct {
	inner     http.RoundTripper
	idle      time.Duration // negative: no limit
	notBefore atomic.Int64  // Unix nanoseconds, of the last Retry-After
}

// asked is how long the registry asked to be left alone, from now on.
func (p *patience) asked() time.Duration {
	return time.Until(time.Unix(0, p.notBefore.Load()))
}

func (p *patience) RoundTrip(req *http.Request) (*http.Response, error) {
	resp, err := p.roundTrip(req)
	if err == nil && mayAsk(resp.StatusCode) {
		now := time.Now()
		p.notBefore.Store(now.Add(retryAfter(resp.Header.Get("Retry-After"), now)).UnixNano())
	}
	return resp, err
}

func (p *patience) roundTrip(req *http.Request) (*http.Response, error) {
	if p.idle < 0 {
		return p.inner.RoundTrip(req)
	}
	ctx, cancel := context.WithCancel(req.Context())
	w := &watched{idle: p.idle, cancel: cancel}
	w.timer = time.AfterFunc(p.idle, func() {
		w.fired.Store(true)
		cancel()
	})
	resp, err := p.inner.RoundTrip(req.WithContext(ctx))
	w.timer.Stop()
	if err != nil {
		cancel()
		return nil, w.because(err)
	}
	w.ReadCloser = resp.Body
	resp.Body = w
	return resp, nil
}

// watched is a response's body whose every Read must give something in time. The
// time in which nobody reads does not count.
type watched struct {
	io.ReadCloser
	idle   time.Duration
	timer  *time.Timer
	fired  atomic.Bool
	cancel context.CancelFunc
}

func (w *watched) Read(p []byte) (int, error) {
	w.timer.Reset(w.idle)
	n, err := w.ReadCloser.Read(p)
	w.timer.Stop()
	if err != nil && err != io.EOF {
		err = w.because(err)
	}
	return n, err
}

// because says that it was the timer, if it was, instead of its consequence.
func (w *watched) because(err error) error {
	if w.fired.Load() {
		return fmt.Errorf("%w for %s", errStalled, w.idle)
	}
	return err
}

func (w *watched) Close() error {
	w.timer.Stop()
	w.cancel()
	return w.ReadCloser.Close()
}

// longestAsked is more than is ever waited for, and can be added to any time.
const longestAsked = 24 * time.Hour

// retryAfter reads the header of that name: seconds, or a date. What is neither
// asks for nothing.
func retryAfter(header string, now time.Time) time.Duration {
	if seconds, err := strconv.ParseInt(header, 10, 32); err == nil {
		return min(time.Duration(max(seconds, 0))*time.Second, longestAsked)
	}
	if at, err := http.ParseTime(header); err == nil {
		return min(max(at.Sub(now), 0), longestAsked)
	}
	return 0
}
