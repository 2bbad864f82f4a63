package source

import (
	"bytes"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/google/go-containerregistry/pkg/v1/remote/transport"
	"github.com/google/go-containerregistry/pkg/v1/types"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestRepositoryCalledManifests: the limit for manifests does not hold for the layers of
// a repository with that word in its name.
func TestRepositoryCalledManifests(t *testing.T) {
	src, _ := largeImage(t, 1, 2<<20)
	host := serve(t, newRegistry())
	push(t, host+"/team/manifests/app:1", src)
	o := fast()
	o.Limits.Manifest, o.Attempts = 10_000, 1
	assert.Empty(t, requireHonest(t, src, mustOpen(t, host+"/team/manifests/app:1", o)))
}

// TestEndlessAnswers: no answer that is not a layer may be endless, wherever it comes
// from.
func TestEndlessAnswers(t *testing.T) {
	t.Parallel()
	endless := func(w http.ResponseWriter) {
		w.Header().Set("Content-Type", string(types.OCIManifestSchema1))
		for block := bytes.Repeat([]byte(" "), 1<<16); ; {
			if _, err := w.Write(block); err != nil {
				return
			}
		}
	}
	reg := newRegistry()
	src := testImage(t, hostPlatform, "gzip")
	push(t, serve(t, reg)+"/app:1", src)
	at := func(path string) string {
		return serve(t, http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
			switch {
			case req.URL.Path == path:
				endless(w)
			case req.URL.Path == "/v2/app/manifests/1" && path == "/elsewhere":
				http.Redirect(w, req, "/elsewhere", http.StatusTemporaryRedirect)
			default:
				reg.ServeHTTP(w, req)
			}
		})) + "/app:1"
	}
	o := fast()
	o.Limits.Manifest = 1 << 20
	requireSame(t, src, mustOpen(t, at("/v2/"), o))
	for _, path := range []string{"/v2/app/manifests/1", "/elsewhere"} {
		err := openError(t, at(path), o)
		assert.ErrorIs(t, err, ErrLimit, path)
		assert.ErrorContains(t, err, "over the limit of 1048576", path)
	}
}

// TestRedirectToThisMachine has a registry on another machine send its client to
// this one's loopback interface by name.
func TestRedirectToThisMachine(t *testing.T) {
	src := testImage(t, hostPlatform, "gzip")
	reg := newRegistry()
	push(t, serve(t, reg)+"/app:1", src)
	for _, what := range []string{"/manifests/", "/blobs/"} {
		o := fast()
		o.Transport, _ = redirecting(t, reg, what, "http://localhost:8080/secret")
		assert.ErrorContains(t, openError(t, "registry.test/app:1", o), "redirects to localhost, an address of a local network", what)
	}
	from := httptest.NewRequest(http.MethodGet, "http://127.0.0.1:5000/v2/", nil)
	to := httptest.NewRequest(http.MethodGet, "http://localhost:9000/x", nil)
	assert.NoError(t, checkRedirect(nil)(to, []*http.Request{from}), "from this machine to itself")
}

// TestPausesAreBounded checks that pauses are as Options.Attempts says.
func TestPausesAreBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := &retry{attempts: 100, pause: defaultPause, retryAfter: func() time.Duration { return 0 }}
		for failed := 1; failed < 50; failed++ {
			start := time.Now()
			require.True(t, r.wait(t.Context(), failed, errors.New("broke off")))
			assert.LessOrEqual(t, time.Since(start), longestPause)
			assert.GreaterOrEqual(t, time.Since(start), min(defaultPause<<min(failed-1, 10), longestPause)/2)
		}
	})
}

// TestFarRetryAfter: a registry that asks to wait for centuries is not asked again.
func TestFarRetryAfter(t *testing.T) {
	p := &timedTransport{idle: -1, inner: roundTripper(func(req *http.Request) (*http.Response, error) {
		rec := httptest.NewRecorder()
		refused(http.StatusTooManyRequests, "Fri, 31 Dec 9999 23:59:59 GMT")(nil, rec, req)
		return rec.Result(), nil
	})}
	_, err := p.RoundTrip(httptest.NewRequest(http.MethodGet, "https://registry.test/v2/", nil))
	require.NoError(t, err)
	assert.Greater(t, p.retryAfter(), longestWait)
	r := &retry{attempts: 2, pause: time.Nanosecond, retryAfter: p.retryAfter}
	assert.False(t, r.wait(t.Context(), 1, fmt.Errorf("refused: %w", &transport.Error{StatusCode: http.StatusTooManyRequests})))
}

// TestNoConnectionIsLeft: the connections to an insecure registry are closed with the
// image, or when Open returns an error.
func TestNoConnectionIsLeft(t *testing.T) {
	reg := newRegistry()
	push(t, serve(t, reg)+"/app:1", testImage(t, hostPlatform, "gzip"))
	srv := httptest.NewTLSServer(reg)
	t.Cleanup(srv.Close)
	host := strings.TrimPrefix(srv.URL, "https://")
	http.DefaultTransport.(*http.Transport).CloseIdleConnections()
	remote.DefaultTransport.(*http.Transport).CloseIdleConnections()
	for _, tag := range []string{"1", "none"} {
		time.Sleep(50 * time.Millisecond) // what was closed ends
		before := runtime.NumGoroutine()
		o := fast()
		o.Insecure = true
		img, err := Open(t.Context(), host+"/app:"+tag, o)
		if tag == "1" {
			require.NoError(t, err)
			require.NoError(t, img.Close())
		} else {
			require.ErrorIs(t, err, ErrNotFound)
		}
		assert.Eventually(t, func() bool { return runtime.NumGoroutine() <= before+1 }, 5*time.Second, 5*time.Millisecond, tag) // 1: Eventually's own
	}
}
