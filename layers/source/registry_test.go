package source

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-containerregistry/pkg/authn"
	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/registry"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/google/go-containerregistry/pkg/v1/remote/transport"
	"github.com/google/go-containerregistry/pkg/v1/types"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// fast are options without pauses between attempts.
func fast() *Options {
	return &Options{pause: time.Millisecond, Attempts: 2}
}

func newRegistry() http.Handler { return registry.New(registry.Logger(log.New(io.Discard, "", 0))) }

// serve serves a registry and returns its host.
func serve(t testing.TB, h http.Handler) string {
	t.Helper()
	srv := httptest.NewServer(h)
	t.Cleanup(srv.Close)
	return strings.TrimPrefix(srv.URL, "http://")
}

func push(t testing.TB, ref string, what remote.Taggable) {
	t.Helper()
	parsed, err := name.ParseReference(ref)
	require.NoError(t, err)
	if idx, ok := what.(v1.ImageIndex); ok {
		require.NoError(t, remote.WriteIndex(parsed, idx))
		return
	}
	require.NoError(t, remote.Write(parsed, what.(v1.Image)))
}

// refusing answers every request with a status and a body.
func refusing(status int, body string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(status)
		fmt.Fprint(w, body)
	})
}

// beside serves something at one path, and a registry at all others.
func beside(h http.Handler, path, mediaType, body string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		if !strings.HasSuffix(req.URL.Path, path) {
			h.ServeHTTP(w, req)
			return
		}
		w.Header().Set("Content-Type", mediaType)
		fmt.Fprint(w, body)
	})
}

func TestRegistryIndex(t *testing.T) {
	idx := testIndex(t, otherPlatform, hostPlatform)
	host := serve(t, newRegistry())
	push(t, host+"/app:1", idx)
	img := mustOpen(t, host+"/app:1", nil)
	requireSame(t, testImage(t, hostPlatform, "gzip"), img)
	assert.Equal(t, hostPlatform, img.Platform)
	assert.Equal(t, hash(t, idx.Digest), img.IndexDigest)
	assert.Equal(t, hostPlatform.String(), img.Annotations["stemma.platform"])
	assert.Equal(t, "debian:bookworm", img.Annotations[baseName])
	assert.Equal(t, []string{host + "/app:1"}, img.Tags)

	other := mustOpen(t, "registry:"+host+"/app:1", &Options{Platform: &otherPlatform})
	assert.Equal(t, otherPlatform, other.Platform)
	assert.ErrorIs(t, openError(t, host+"/app:1", &Options{Platform: &thirdPlatform}), ErrNotFound)
}

func TestRegistryErrors(t *testing.T) {
	page := "<html>\n<body>" + strings.Repeat("refused\n", 500)
	reg := newRegistry()
	good := serve(t, reg)
	push(t, good+"/app:1", testImage(t, hostPlatform, "gzip"))
	large := fmt.Sprintf(`{"schemaVersion":2,"config":{},"layers":[],"x":%q}`, strings.Repeat("x", 9<<20))
	closed := httptest.NewServer(reg)
	closed.Close()
	for what, test := range map[string]struct {
		ref    string
		status int // of the transport.Error; 0: none
		is     error
		says   string
	}{
		"no tag":        {good + "/app:2", 404, ErrNotFound, "repository app has no 2 (404)"},
		"no repository": {good + "/none:1", 404, ErrNotFound, "no repository none"},
		"no scheme":     {serve(t, refusing(404, page)) + "/app:2", 404, ErrNotFound, "404"},
		"unauthorized":  {serve(t, refusing(401, page)) + "/app", 401, nil, "access to app denied (401)"},
		"forbidden":     {serve(t, refusing(403, `{"errors":[{"code":"DENIED","message":"go\naway"}]}`)) + "/app", 403, nil, `it says "go away"`},
		"too many":      {serve(t, refusing(429, `{"errors":[{"code":"TOOMANYREQUESTS","message":"slow down"}]}`)) + "/app", 429, nil, "too many requests (429)"},
		"server error":  {serve(t, refusing(500, page)) + "/app", 500, nil, "fails with 500 Internal Server Error"},
		"teapot":        {serve(t, refusing(418, "")) + "/app", 418, nil, "answers 418"},
		"no registry":   {serve(t, refusing(200, page)) + "/app", 0, ErrNotImage, "not the manifest of an image"},
		"schema 1":      {serve(t, beside(reg, "/manifests/1", string(types.DockerManifestSchema1Signed), `{"schemaVersion":1,"fsLayers":[]}`)) + "/app:1", 0, ErrNotImage, "schema version 1"},
		"large":         {serve(t, beside(reg, "/manifests/1", string(types.OCIManifestSchema1), large)) + "/app:1", 0, ErrLimit, "over the limit of 8388608"},
		"unreachable":   {strings.TrimPrefix(closed.URL, "http://") + "/app", 0, nil, "cannot be reached"},
	} {
		t.Run(what, func(t *testing.T) {
			err := openError(t, test.ref, fast())
			if test.is != nil {
				assert.ErrorIs(t, err, test.is)
			}
			assert.ErrorContains(t, err, test.says)
			assert.Less(t, len(err.Error()), 400)
			refused, ok := errors.AsType[*transport.Error](err)
			assert.Equal(t, test.status != 0, ok)
			if ok {
				assert.Equal(t, test.status, refused.StatusCode)
			}
		})
	}
}

func TestRegistryForcedHint(t *testing.T) {
	t.Parallel()
	o := fast()
	o.Transport = roundTripper(func(req *http.Request) (*http.Response, error) {
		rec := httptest.NewRecorder()
		refusing(http.StatusNotFound, "").ServeHTTP(rec, req)
		resp := rec.Result()
		resp.Request = req
		return resp, nil
	})
	assert.ErrorContains(t, openError(t, "registry:2", o), "the image registry:2 is written registry:registry:2")
}

type roundTripper func(*http.Request) (*http.Response, error)

func (r roundTripper) RoundTrip(req *http.Request) (*http.Response, error) { return r(req) }

// keychain has the same credentials for every registry.
type keychain struct{ authn.Authenticator }

func (k keychain) Resolve(authn.Resource) (authn.Authenticator, error) { return k.Authenticator, nil }

func TestRegistryCredentials(t *testing.T) {
	reg := newRegistry()
	push(t, serve(t, reg)+"/app:1", testImage(t, hostPlatform, "gzip"))
	var agent atomic.Value
	guarded := serve(t, http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		if user, password, _ := req.BasicAuth(); user != "me" || password != "secret" {
			w.Header().Set("WWW-Authenticate", `Basic realm="test"`)
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		agent.Store(req.UserAgent())
		reg.ServeHTTP(w, req)
	}))
	with := func(password string) *Options {
		o := fast()
		o.Keychain = keychain{&authn.Basic{Username: "me", Password: password}}
		return o
	}
	requireSame(t, testImage(t, hostPlatform, "gzip"), mustOpen(t, guarded+"/app:1", with("secret")))
	assert.Contains(t, agent.Load(), "stemma")
	err := openError(t, guarded+"/app:1", with("wrong"))
	assert.ErrorContains(t, err, "denied (401)")
	assert.NotContains(t, err.Error(), "wrong")
}

// TestPlainHTTP asks a registry on a private network, with which go-containerregistry
// would use plain HTTP, and one that sends its client there for a token.
func TestPlainHTTP(t *testing.T) {
	reg := newRegistry()
	push(t, serve(t, reg)+"/app:1", testImage(t, hostPlatform, "gzip"))
	var plain atomic.Int32
	o := fast()
	o.Keychain = keychain{&authn.Basic{Username: "me", Password: "secret"}}
	o.Transport = roundTripper(func(req *http.Request) (*http.Response, error) {
		if req.URL.Scheme != "http" {
			return nil, errors.New("no TLS here")
		}
		plain.Add(1)
		rec := httptest.NewRecorder()
		reg.ServeHTTP(rec, req)
		resp := rec.Result()
		resp.Request = req
		return resp, nil
	})
	for _, host := range []string{"10.1.2.3:5000", "192.168.1.1", "x.localhost:80", "registry.test"} {
		assert.Error(t, openError(t, host+"/app:1", o))
		assert.Zero(t, plain.Load(), host)
	}
	assert.ErrorIs(t, openError(t, "10.1.2.3:5000/app:1", o), errPlainHTTP)
	o.Insecure = true
	mustOpen(t, "10.1.2.3:5000/app:1", o)
	assert.Positive(t, plain.Load())

	host := serve(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("WWW-Authenticate", `Bearer realm="http://tokens.test/token",service="x"`)
		w.WriteHeader(http.StatusUnauthorized)
	}))
	bearer := fast()
	bearer.Keychain = o.Keychain
	assert.ErrorIs(t, openError(t, host+"/app:1", bearer), errPlainHTTP)
}

func TestUntrustedCertificate(t *testing.T) {
	reg := newRegistry()
	push(t, serve(t, reg)+"/app:1", testImage(t, hostPlatform, "gzip"))
	srv := httptest.NewUnstartedServer(reg)
	srv.Config.ErrorLog = log.New(io.Discard, "", 0)
	srv.StartTLS()
	t.Cleanup(srv.Close)
	host := strings.TrimPrefix(srv.URL, "https://")
	assert.ErrorContains(t, openError(t, host+"/app:1", fast()), "certificate is not trusted")
	o := fast()
	o.Insecure = true
	mustOpen(t, host+"/app:1", o)
}

func TestRegistryCancelled(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := Open(ctx, serve(t, newRegistry())+"/app:1", fast())
	assert.ErrorIs(t, err, context.Canceled)
}
