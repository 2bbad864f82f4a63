package queue

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/google/go-containerregistry/pkg/v1/remote/transport"
	"golang.org/x/time/rate"

	"github.com/stemma-go/stemma/examples/fleet/internal/ping"
)

// Registries carries the requests to registries, and knows of each of them how fast it may be
// asked and whether it answers. It is the Transport for those who read images in a job: by the
// context of the job it knows for which registry a request is made, so that requests for a
// token, and those that are redirected, count for the registry that caused them.
type Registries struct {
	inner http.RoundTripper
	rate  rate.Limit
	pings ping.Memory

	mu    sync.Mutex
	hosts map[string]*registry
}

// NewRegistries returns a transport that sends each registry at most so many requests a second,
// from all processes that work one queue, if all have the same limit; 0 is no limit. It sends them by inner; nil is the transport of
// go-containerregistry.
func NewRegistries(perSecond float64, inner http.RoundTripper) *Registries {
	r := &Registries{inner: inner, rate: rate.Limit(perSecond), hosts: map[string]*registry{}}
	if perSecond <= 0 {
		r.rate = rate.Inf
	}
	if inner == nil {
		r.inner = remote.DefaultTransport
	}
	return r
}

// registry returns what is known of a registry.
func (r *Registries) registry(host string) *registry {
	r.mu.Lock()
	defer r.mu.Unlock()
	h := r.hosts[host]
	if h == nil {
		h = &registry{limit: rate.NewLimiter(r.rate, burst(r.rate))}
		r.hosts[host] = h
	}
	return h
}

// A visit is one job's business with its registry.
type visit struct {
	host   string
	of     *registry
	ctx    context.Context // the job's
	refuse atomic.Pointer[refusal]
	broken atomic.Bool // an answer broke off
}

// A refusal is why a registry could not do its part: it was not reached, or its answer says
// that it can't at the moment.
type refusal struct {
	why   string
	after time.Duration // for which it asks; 0 if it does not
}

type visitKey struct{}

// visit marks a context, so that what happens to its requests is noted.
func (r *Registries) visit(ctx context.Context, host string) (context.Context, *visit) {
	v := &visit{host: host, of: r.registry(host), ctx: ctx}
	return context.WithValue(ctx, visitKey{}, v), v
}

// RoundTrip sends a request when the registry's rate allows it.
func (r *Registries) RoundTrip(req *http.Request) (*http.Response, error) {
	v, ok := req.Context().Value(visitKey{}).(*visit)
	if !ok {
		return r.inner.RoundTrip(req)
	}
	resp, err := r.pings.Ask(req, func(req *http.Request) (*http.Response, error) { return r.send(req, v) })
	switch {
	case err != nil:
		v.note(err)
	case isRefusal(resp.StatusCode):
		v.refuse.Store(&refusal{
			why:   statusLine(resp.StatusCode),
			after: retryAfter(resp.Header.Get("Retry-After"), time.Now()),
		})
	default:
		if req.URL.Path == "/v2/" {
			v.refuse.Store(nil) // nobody was there by HTTPS, and somebody is by HTTP
		}
		resp.Body = &watchedBody{ReadCloser: resp.Body, v: v}
	}
	return resp, err
}

// send sends a request when it is its turn.
func (r *Registries) send(req *http.Request, v *visit) (*http.Response, error) {
	if err := v.of.limit.Wait(req.Context()); err != nil {
		if req.Body != nil {
			req.Body.Close()
		}
		return nil, err
	}
	return r.inner.RoundTrip(req)
}

// note keeps that a registry could not be reached. An end of the job is not its fault, and who has
// no certificate, or none that is trusted, will not have one in a minute.
func (v *visit) note(err error) {
	_, untrusted := errors.AsType[*tls.CertificateVerificationError](err)
	_, plain := errors.AsType[tls.RecordHeaderError](err)
	if v.ctx.Err() != nil || untrusted || plain {
		return
	}
	why := err.Error()
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		why = "no answer in time"
	}
	v.refuse.Store(&refusal{why: why})
}

// noteShared keeps a refusal that another job met: jobs that come to a repository at the same
// time share the first request for it, and its error.
func (v *visit) noteShared(err error) {
	_, unreached := errors.AsType[*url.Error](err)
	refused, answer := errors.AsType[*transport.Error](err)
	switch {
	case answer && isRefusal(refused.StatusCode):
		v.refuse.Store(&refusal{why: statusLine(refused.StatusCode)})
	case !answer && (unreached || errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded)):
		v.note(err)
	}
}

// definite reports whether an error is a registry's answer that will be the same next time. It
// counts more than what went wrong before, such as the attempt to reach it by HTTPS.
func definite(err error) bool {
	refused, answer := errors.AsType[*transport.Error](err)
	return answer && !isRefusal(refused.StatusCode)
}

func statusLine(status int) string { return fmt.Sprintf("%d %s", status, http.StatusText(status)) }

// isRefusal reports whether a status says that the registry can't at the moment.
func isRefusal(status int) bool {
	switch status {
	case http.StatusRequestTimeout, http.StatusTooManyRequests:
		return true
	case http.StatusNotImplemented, http.StatusHTTPVersionNotSupported:
		return false
	}
	return status >= http.StatusInternalServerError
}

// retryAfter parses the header Retry-After, seconds or a date.
func retryAfter(header string, now time.Time) time.Duration {
	if seconds, err := strconv.ParseInt(header, 10, 32); err == nil {
		return time.Duration(max(seconds, 0)) * time.Second
	}
	if at, err := http.ParseTime(header); err == nil {
		return max(at.Sub(now), 0)
	}
	return 0
}

// watchedBody notes that an answer broke off.
type watchedBody struct {
	io.ReadCloser
	v *visit
}

func (b *watchedBody) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	if err != nil && err != io.EOF && b.v.ctx.Err() == nil {
		b.v.broken.Store(true)
	}
	return n, err
}
