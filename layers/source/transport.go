package source

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/google/go-containerregistry/pkg/v1/remote/transport"
)

// guard carries the requests to a registry. It refuses plain HTTP to a host that
// is not on the loopback interface, which go-containerregistry permits for
// private networks, and where a registry sends its client to another host; and
// redirects to a local network that it does not know. And it limits all answers
// but blobs: manifests before they are read, and what is read only to be thrown away.
type guard struct {
	inner    http.RoundTripper
	own      *http.Transport // inner, if it was made for this guard
	insecure bool
	manifest int64 // bytes
}

// errPlainHTTP is what a refused request fails with.
var errPlainHTTP = errors.New("plain HTTP is not allowed except on the loopback interface")

func newGuard(o *Options) *guard {
	g := &guard{inner: o.Transport, insecure: o.Insecure, manifest: o.Limits.Manifest}
	if g.inner == nil {
		g.inner = remote.DefaultTransport
		if t, ok := g.inner.(*http.Transport); ok && o.Insecure {
			t = t.Clone()
			t.TLSClientConfig = &tls.Config{InsecureSkipVerify: true} // what Options.Insecure says
			g.inner, g.own = t, t
		}
	}
	return g
}

func (g *guard) RoundTrip(req *http.Request) (*http.Response, error) {
	if req.URL.Scheme == "http" && !g.insecure && !isLoopback(req.URL.Hostname()) {
		if req.Body != nil {
			req.Body.Close()
		}
		return nil, fmt.Errorf("%s: %w", req.URL.Host, errPlainHTTP)
	}
	if from := req.Response; from != nil && from.Request != nil {
		if err := checkHost(from.Request.URL.Hostname(), req.URL.Hostname()); err != nil {
			return nil, err
		}
	}
	resp, err := g.inner.RoundTrip(req)
	if err == nil && !isBlob(req, resp) {
		resp.Body = &limitedBody{ReadCloser: resp.Body, left: g.manifest, limit: g.manifest}
	}
	return resp, err
}

// forBlob marks the context of the requests of a blob, redirects included.
type forBlob struct{}

// isBlob tells whether an answer is a blob, or a part of one, whose size its reader
// knows. The address does not tell: it may be any, after a redirect.
func isBlob(req *http.Request, resp *http.Response) bool {
	return req.Context().Value(forBlob{}) != nil &&
		(resp.StatusCode == http.StatusOK || resp.StatusCode == http.StatusPartialContent)
}

// limitedBody fails where a reader of the response would need more than the limit.
type limitedBody struct {
	io.ReadCloser
	left, limit int64
}

func (l *limitedBody) Read(p []byte) (int, error) {
	n, err := l.ReadCloser.Read(p)
	if l.left -= int64(n); l.left < 0 {
		return n, tooLarge("manifest", l.limit-l.left, l.limit)
	}
	return n, err
}

func registryHost(ref name.Reference) string {
	host := ref.Context().RegistryStr()
	if h, _, err := net.SplitHostPort(host); err == nil {
		return h
	}
	return strings.Trim(host, "[]")
}

// isLoopback tells whether a host is this machine's loopback interface for sure.
func isLoopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

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

const (
	defaultAttempts = 5
	defaultPause    = time.Second

	// longestPause is where the pauses between attempts cease to double.
	longestPause = 30 * time.Second

	// longestWait is how long a registry's Retry-After is waited for. One
	// that asks for more, as some do for hours, has its refusal reported.
	longestWait = time.Minute
)

// retry is how failing requests to a registry are repeated.
type retry struct {
	attempts int
	pause    time.Duration        // before the second attempt; doubled before each further one
	asked    func() time.Duration // how long the registry asked to be left alone, from now on
}

// do calls f until it succeeds, or fails for good or too often. It repeats what
// broke off and what a registry says may be repeated; a registry that cannot be
// reached at all is more often a wrong name than a short failure.
func (r *retry) do(ctx context.Context, f func() error) error {
	for failed := 1; ; failed++ {
		err := f()
		if err == nil || !brokeOff(err) || !r.wait(ctx, failed, err) {
			if err != nil && ctx.Err() != nil {
				return ctx.Err()
			}
			return err
		}
	}
}

// wait pauses before the next attempt when failed ones have been made, the last
// of which ended with err. It reports whether there may be another one.
func (r *retry) wait(ctx context.Context, failed int, err error) bool {
	if failed >= r.attempts {
		return false
	}
	pause := min(r.pause<<min(failed-1, 20), longestPause)
	pause = min(pause/2+rand.N(pause), longestPause) // layers that failed together do not come back together
	if busy(err) {
		asked := r.asked()
		if asked > longestWait {
			return false
		}
		pause += max(asked, 0)
	}
	t := time.NewTimer(pause)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// permanent is an error that no further attempt can mend.
type permanent struct{ error }

func (p permanent) Unwrap() error { return p.error }

// temporary tells whether the request of a blob may succeed when it is repeated:
// whenever nothing says the contrary.
func temporary(err error) bool {
	if refused, ok := errors.AsType[*transport.Error](err); ok {
		return temporaryStatus(refused.StatusCode)
	}
	_, never := errors.AsType[permanent](err)
	return !never && !errors.Is(err, errPlainHTTP) && !certificateError(err)
}

// brokeOff tells whether err is about an exchange with a registry that had begun.
func brokeOff(err error) bool {
	if !temporary(err) {
		return false
	}
	if _, ok := errors.AsType[*transport.Error](err); ok {
		return true
	}
	return errors.Is(err, errStalled) || connectionBroke(err)
}

// streamError has the form of net/http's own error for a broken HTTP/2 stream,
// which has no exported name and lets itself be asked for by its fields.
type streamError struct {
	StreamID, Code uint32
	Cause          error
}

func (e streamError) Error() string { return fmt.Sprintf("stream %d: error %d", e.StreamID, e.Code) }

func connectionBroke(err error) bool {
	if _, ok := errors.AsType[streamError](err); ok {
		return true
	}
	// Of an HTTP/2 connection as a whole there is but the text.
	if text := err.Error(); strings.Contains(text, "http2: server sent GOAWAY") || strings.Contains(text, "http2: client connection lost") {
		return true
	}
	for _, is := range []error{io.EOF, io.ErrUnexpectedEOF, syscall.ECONNRESET, syscall.EPIPE} {
		if errors.Is(err, is) {
			return true
		}
	}
	return false
}

// temporaryStatus goes by the status alone: the codes in a refusal's body vary
// from registry to registry.
func temporaryStatus(status int) bool {
	switch status {
	case http.StatusRequestTimeout, http.StatusTooManyRequests:
		return true
	case http.StatusNotImplemented, http.StatusHTTPVersionNotSupported:
		return false
	}
	return status >= 500
}

// busy tells whether err is a refusal that may come with a Retry-After.
func busy(err error) bool {
	refused, ok := errors.AsType[*transport.Error](err)
	return ok && mayAsk(refused.StatusCode)
}

func mayAsk(status int) bool {
	return status == http.StatusTooManyRequests || status == http.StatusServiceUnavailable
}
