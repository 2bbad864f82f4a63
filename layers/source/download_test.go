package source

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/types"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestRegistryLayers opens an image of a registry that then loses its layers, or
// cuts them.
func TestRegistryLayers(t *testing.T) {
	reg := newRegistry()
	src := testImage(t, hostPlatform, "gzip")
	push(t, serve(t, reg)+"/app:1", src)
	layers, err := src.Layers()
	require.NoError(t, err)
	first, second := hash(t, layers[0].Digest), hash(t, layers[1].Digest)
	host := serve(t, http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		switch {
		case strings.HasSuffix(req.URL.Path, first.String()):
			w.WriteHeader(http.StatusNotFound)
		case strings.HasSuffix(req.URL.Path, second.String()):
			fmt.Fprint(w, "short")
		default:
			reg.ServeHTTP(w, req)
		}
	}))
	opened, err := mustOpen(t, host+"/app:1", fast()).Layers()
	require.NoError(t, err)
	for n, blob := range []v1.Hash{first, second} {
		rc, err := opened[n].Compressed()
		require.NoError(t, err)
		_, err = io.ReadAll(rc)
		assert.ErrorContains(t, err, "blob "+blob.String()+": ")
		assert.NotContains(t, err.Error(), "\n")
		assert.NoError(t, rc.Close())
	}
	// More streams at once than go-containerregistry would allow by default.
	for range 10 {
		rc, err := opened[2].Compressed()
		require.NoError(t, err)
		defer rc.Close()
	}
}

// TestExpiry has a registry whose tokens and addresses are good for one request only. To
// continue a blob, new ones are needed.
func TestExpiry(t *testing.T) {
	t.Parallel()
	src, digests := largeImage(t, 1, 100_000)
	reg := newRegistry()
	push(t, serve(t, reg)+"/app:1", src)
	var mu sync.Mutex
	tokens, stored := map[string]bool{}, map[string]bool{}
	spend := func(of map[string]bool, key string) bool {
		mu.Lock()
		defer mu.Unlock()
		ok := of[key]
		delete(of, key)
		return ok
	}
	issue := func(of map[string]bool) string {
		mu.Lock()
		defer mu.Unlock()
		key := fmt.Sprintf("%d", time.Now().UnixNano())
		of[key] = true
		return key
	}
	var broken atomic.Int32
	storage := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		if req.Header.Get("Authorization") != "" || !spend(stored, req.URL.Query().Get("signature")) {
			w.WriteHeader(http.StatusForbidden)
			return
		}
		act := fault(sound)
		if strings.HasSuffix(req.URL.Path, digests[0].String()) && broken.Add(1) <= 3 {
			act = dropped(20_000)
		}
		act(reg, w, req)
	}))
	t.Cleanup(storage.Close)
	host := serve(t, http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		token := strings.TrimPrefix(req.Header.Get("Authorization"), "Bearer ")
		switch {
		case req.URL.Path == "/token":
			fmt.Fprintf(w, `{"token":%q}`, issue(tokens))
		case !spend(tokens, token):
			w.Header().Set("WWW-Authenticate", fmt.Sprintf(`Bearer realm="http://%s/token",service="test"`, req.Host))
			w.WriteHeader(http.StatusUnauthorized)
		case strings.Contains(req.URL.Path, "/blobs/"):
			http.Redirect(w, req, storage.URL+req.URL.Path+"?signature="+issue(stored), http.StatusTemporaryRedirect)
		default:
			reg.ServeHTTP(w, req)
		}
	}))
	assert.Empty(t, requireHonest(t, src, mustOpen(t, host+"/app:1", patient(4))))
	assert.EqualValues(t, 4, broken.Load())
}

// TestForeignLayer asks for a layer that the registry was not given.
func TestForeignLayer(t *testing.T) {
	plain := tarOf(t, file{name: "Files/x", body: "x"})
	foreign := newTestLayer(t, plain, "gzip")
	img, err := mutate.Append(testImage(t, hostPlatform, "gzip"), mutate.Addendum{
		Layer:     foreign,
		MediaType: types.DockerForeignLayer,
		URLs:      []string{"https://layers.test/a"},
	})
	require.NoError(t, err)
	ref, _ := behind(t, img, hash(t, foreign.Digest), refused(http.StatusNotFound, ""))
	says := requireHonest(t, img, mustOpen(t, ref, fast()))
	assert.Len(t, says, 1)
	assert.Contains(t, says[4], "has no sha256:")
	assert.Contains(t, says[4], "(a foreign layer, whose bytes are at https://layers.test/a)")
}

// TestRedirects has a public registry send its client somewhere.
func TestRedirects(t *testing.T) {
	for host, want := range map[string]bool{
		"registry.test": true, "cdn.test": true, "cdn.test.": true, "8.8.8.8": true, "2001:4860:4860::8888": true, "localhost.test": true,
		"localhost": false, "x.LOCALHOST.": false,
		"10.1.2.3": false, "127.0.0.1": false, "169.254.169.254": false, "0.0.0.0": false, "::1": false, "fe80::1%eth0": false,
		"::ffff:10.0.0.1": false, "127.1": false, "2130706433": false, "0x7f000001": false, "0177.0.0.1": false, "0x7f.1.": false,
	} {
		if strings.Contains(host, ":") {
			host = "[" + strings.ReplaceAll(host, "%", "%25") + "]"
		}
		from := httptest.NewRequest(http.MethodGet, "https://registry.test/v2/", nil)
		to := httptest.NewRequest(http.MethodGet, "https://"+host+"/x", nil)
		assert.Equal(t, want, checkRedirect(nil)(to, []*http.Request{from}) == nil, host)
		assert.NoError(t, checkRedirect(nil)(to, []*http.Request{to}), host)
		assert.Error(t, checkRedirect(nil)(to, slices.Repeat([]*http.Request{to}, 10)))
	}
	src := testImage(t, hostPlatform, "gzip")
	reg := newRegistry()
	push(t, serve(t, reg)+"/app:1", src)
	o := fast()
	o.Insecure = true
	rt, asked := redirecting(t, reg, "/blobs/", "https://169.254.169.254/secret")
	o.Transport = rt
	assert.ErrorContains(t, openError(t, "registry.test/app:1", o), "redirects to 169.254.169.254, an address of a local network")
	assert.Equal(t, 1, *asked)
}

// redirecting sends the requests for registry.test to reg, but redirects those whose
// path contains what, and counts them. Other hosts must not be asked.
func redirecting(t *testing.T, reg http.Handler, what, elsewhere string) (rt http.RoundTripper, asked *int) {
	asked = new(int)
	return roundTripper(func(req *http.Request) (*http.Response, error) {
		rec := httptest.NewRecorder()
		switch {
		case req.URL.Hostname() != "registry.test":
			t.Errorf("%s was asked", req.URL)
		case strings.Contains(req.URL.Path, what):
			*asked++
			http.Redirect(rec, req, elsewhere, http.StatusTemporaryRedirect)
		default:
			reg.ServeHTTP(rec, req)
		}
		resp := rec.Result()
		resp.Request = req
		return resp, nil
	}), asked
}

func TestContentRange(t *testing.T) {
	for header, want := range map[string]bool{
		"bytes 5-9/10": true, "bytes 5-7/10": true, "bytes 5-9/*": true,
		"": false, "bytes": false, "bytes 4-9/10": false, "bytes 6-9/10": false, "bytes 5-10/10": false, "bytes 5-9/11": false,
		"bytes 5-4/10": false, "bytes */10": false, "items 5-9/10": false, "bytes 5-99999999999999999999/10": false, "bytes 5-9": false,
	} {
		err := checkRange(header, 5, 10)
		assert.Equal(t, want, err == nil, header)
		if err != nil {
			assert.ErrorIs(t, err, errRange)
			assert.True(t, temporary(err))
		}
	}
}
