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
	"net/url"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/google/go-containerregistry/pkg/v1/remote/transport"
)

// restrictedTransport sends the requests to a registry, and restricts what
// go-containerregistry allows. It refuses plain HTTP to a host that is not on the
// loopback interface, and redirects to a local network. It limits all answers but
// blobs, those included that go-containerregistry reads only to throw them away.
type restrictedTransport struct {
	inner    http.RoundTripper
	own      *http.Transport // inner, if it was made for this transport
	insecure bool            // plain HTTP is allowed
	local    []string        // hosts of the local network that redirects may lead to
	manifest int64           // bytes
	last     atomic.Pointer[url.URL]
}

// lastRequest returns where the last request went, without its query.
func (t *restrictedTransport) lastRequest() string {
	u := t.last.Load()
	if u == nil {
		return "the registry"
	}
	return u.Scheme + "://" + u.Host + u.EscapedPath()
}

// errPlainHTTP says that a request was refused.
var errPlainHTTP = errors.New("plain HTTP is not allowed except on the loopback interface")

func newRestrictedTransport(o *Options) *restrictedTransport {
	t := &restrictedTransport{inner: o.Transport, insecure: o.Insecure, local: o.LocalRedirects, manifest: o.Limits.Manifest}
	if t.inner == nil {
		t.inner = remote.DefaultTransport
		if shared, ok := t.inner.(*http.Transport); ok && o.Insecure {
			t.own = shared.Clone()
			t.own.TLSClientConfig = &tls.Config{InsecureSkipVerify: true} // what Options.Insecure says
			t.inner = t.own
		}
	}
	return t
}

func (t *restrictedTransport) RoundTrip(req *http.Request) (*http.Response, error) {
	t.last.Store(req.URL)
	countRequest(req)
	if req.URL.Scheme == "http" && !t.insecure && !isLoopback(req.URL.Hostname()) {
		if req.Body != nil {
			req.Body.Close()
		}
		return nil, fmt.Errorf("%s: %w", req.URL.Host, errPlainHTTP)
	}
	if from := req.Response; from != nil && from.Request != nil {
		if err := checkHost(from.Request.URL.Hostname(), req.URL.Hostname(), t.local); err != nil {
			return nil, err
		}
	}
	resp, err := t.inner.RoundTrip(req)
	if err == nil && !isBlob(req, resp) {
		resp.Body = &limitedBody{ReadCloser: resp.Body, left: t.manifest, limit: t.manifest}
	}
	return resp, err
}

// forBlob marks the context of the requests for a blob, redirects included.
type forBlob struct{}

// isBlob reports whether an answer is a blob, or a part of one: its reader knows how
// long that is. The address of the request does not say so after a redirect.
func isBlob(req *http.Request, resp *http.Response) bool {
	return req.Context().Value(forBlob{}) != nil &&
		(resp.StatusCode == http.StatusOK || resp.StatusCode == http.StatusPartialContent)
}

// limitedBody is the body of a response. Reading more than the limit is an error.
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

// isLoopback reports whether a host is certainly the loopback interface of this
// machine.
func isLoopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

const (
	defaultIdleTimeout   = time.Minute
	defaultAnswerTimeout = 30 * time.Second
)

// errStalled says that nothing came for too long.
var errStalled = errors.New("sent nothing")

// timedTransport sends the requests to a registry. It ends those to which no answer
// comes, and notes until when the registry asks to wait.
type timedTransport struct {
	inner     http.RoundTripper
	idle      time.Duration // negative: no limit
	notBefore atomic.Int64  // from the last Retry-After, in Unix nanoseconds
}

// retryAfter returns how long the registry asks to wait, from now on.
func (t *timedTransport) retryAfter() time.Duration {
	return time.Until(time.Unix(0, t.notBefore.Load()))
}

func (t *timedTransport) RoundTrip(req *http.Request) (*http.Response, error) {
	resp, err := t.roundTrip(req)
	if err == nil && hasRetryAfter(resp.StatusCode) {
		now := time.Now()
		t.notBefore.Store(now.Add(parseRetryAfter(resp.Header.Get("Retry-After"), now)).UnixNano())
	}
	return resp, err
}

func (t *timedTransport) roundTrip(req *http.Request) (*http.Response, error) {
	if t.idle < 0 {
		return t.inner.RoundTrip(req)
	}
	ctx, cancel := context.WithCancel(req.Context())
	body := &timedBody{idle: t.idle, cancel: cancel}
	body.timer = time.AfterFunc(t.idle, func() {
		body.fired.Store(true)
		cancel()
	})
	resp, err := t.inner.RoundTrip(req.WithContext(ctx))
	body.timer.Stop()
	if err != nil {
		cancel()
		return nil, body.explain(err)
	}
	body.ReadCloser = resp.Body
	resp.Body = body
	return resp, nil
}

// timedBody is the body of a response. Each Read must return something in time; the
// time between two of them does not count.
type timedBody struct {
	io.ReadCloser
	idle   time.Duration
	timer  *time.Timer
	fired  atomic.Bool
	cancel context.CancelFunc
}

func (b *timedBody) Read(p []byte) (int, error) {
	b.timer.Reset(b.idle)
	n, err := b.ReadCloser.Read(p)
	b.timer.Stop()
	if err != nil && err != io.EOF {
		err = b.explain(err)
	}
	return n, err
}

// explain returns errStalled in place of an error that the timer caused.
func (b *timedBody) explain(err error) error {
	if b.fired.Load() {
		return fmt.Errorf("%w for %s", errStalled, b.idle)
	}
	return err
}

func (b *timedBody) Close() error {
	b.timer.Stop()
	b.cancel()
	return b.ReadCloser.Close()
}

// longestAsked bounds a Retry-After. It is longer than any wait, and can be added to
// any time.
const longestAsked = 24 * time.Hour

// parseRetryAfter parses the header Retry-After: seconds, or a date. It returns 0 for
// anything else.
func parseRetryAfter(header string, now time.Time) time.Duration {
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

	// longestPause is the longest pause between attempts without a Retry-After.
	longestPause = 30 * time.Second

	// longestWait is the longest wait that a registry may ask for by Retry-After. Some
	// ask for hours; then its refusal is reported.
	longestWait = time.Minute
)

// retry says how failed requests to a registry are repeated.
type retry struct {
	attempts   int
	pause      time.Duration        // before the second attempt; doubled before each further one
	retryAfter func() time.Duration // how long the registry asks to wait, from now on
}

// do calls f until it succeeds, or fails for good or too often. It repeats what broke
// off and what the registry's status says may be repeated. It does not repeat an
// attempt that could not reach the registry: the name is more likely to be wrong than
// the network.
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

// wait pauses before the next attempt, after failed ones of which the last ended with
// err. It reports whether there is to be another one.
func (r *retry) wait(ctx context.Context, failed int, err error) bool {
	if failed >= r.attempts {
		return false
	}
	pause := min(r.pause<<min(failed-1, 20), longestPause)
	pause = min(pause/2+rand.N(pause), longestPause) // so that layers that failed together are not repeated together
	if refused, ok := errors.AsType[*transport.Error](err); ok && hasRetryAfter(refused.StatusCode) {
		asked := r.retryAfter()
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

// permanent is an error for which no further attempt is made.
type permanent struct{ error }

func (p permanent) Unwrap() error { return p.error }

// temporary reports whether the request for a blob may succeed when it is repeated,
// which is so unless something speaks against it.
func temporary(err error) bool {
	if refused, ok := errors.AsType[*transport.Error](err); ok {
		return temporaryStatus(refused.StatusCode)
	}
	_, never := errors.AsType[permanent](err)
	return !never && !errors.Is(err, errPlainHTTP) && !certificateError(err)
}

// brokeOff reports whether err is temporary and came after the registry had been
// reached.
func brokeOff(err error) bool {
	if !temporary(err) {
		return false
	}
	if _, ok := errors.AsType[*transport.Error](err); ok {
		return true
	}
	return errors.Is(err, errStalled) || connectionBroke(err)
}

// streamError has the form of net/http's error for a broken HTTP/2 stream. That one is
// not exported, but errors.As finds it by its fields.
type streamError struct {
	StreamID, Code uint32
	Cause          error
}

func (e streamError) Error() string { return fmt.Sprintf("stream %d: error %d", e.StreamID, e.Code) }

// connectionBroke reports whether err says that a connection ended early.
func connectionBroke(err error) bool {
	if _, ok := errors.AsType[streamError](err); ok {
		return true
	}
	// The errors of a whole HTTP/2 connection are known by their text only.
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

// temporaryStatus reports whether a request may succeed after an answer with that
// status. The codes in the body would differ from registry to registry.
func temporaryStatus(status int) bool {
	switch status {
	case http.StatusRequestTimeout, http.StatusTooManyRequests:
		return true
	case http.StatusNotImplemented, http.StatusHTTPVersionNotSupported:
		return false
	}
	return status >= 500
}

// hasRetryAfter reports whether an answer with that status may have a Retry-After.
func hasRetryAfter(status int) bool {
	return status == http.StatusTooManyRequests || status == http.StatusServiceUnavailable
}
