package live_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io/fs"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-containerregistry/pkg/authn"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/stemma-go/stemma/ancestry"
	"github.com/stemma-go/stemma/ancestry/live"
	"github.com/stemma-go/stemma/layers/source"
)

// A registry that fails costs the answer about its own image, whatever it does. That of the
// other registry is right.
func TestFaults(t *testing.T) {
	base := on(t, empty.Image, "base", day(3, 1))
	middle := on(t, base, "middle", day(4, 1))
	app := on(t, middle, "app", day(5, 1))
	manifest := func(req *http.Request) bool { return strings.Contains(req.URL.Path, "/manifests/") }
	status := func(code int, retryAfter string) func(http.ResponseWriter, *http.Request) bool {
		return func(w http.ResponseWriter, req *http.Request) bool {
			if manifest(req) {
				w.Header().Set("Retry-After", retryAfter)
				w.WriteHeader(code)
			}
			return manifest(req)
		}
	}
	text := func(what, body string, header ...string) func(http.ResponseWriter, *http.Request) bool {
		return func(w http.ResponseWriter, req *http.Request) bool {
			if !strings.Contains(req.URL.Path, what) {
				return false
			}
			for _, h := range header {
				w.Header().Set("Docker-Content-Digest", h)
			}
			fmt.Fprint(w, body)
			return true
		}
	}
	for what, test := range map[string]struct {
		answer func(http.ResponseWriter, *http.Request) bool
		state  string
		why    string
	}{
		"429":           {status(429, "0"), ancestry.StateNotKnown, "too many requests (429)"},
		"429, for long": {status(429, "3600"), ancestry.StateNotKnown, "too many requests (429)"},
		"500":           {status(500, ""), ancestry.StateNotKnown, "fails with 500"},
		"401":           {status(401, ""), ancestry.StateNotKnown, "denied (401)"},
		"404":           {status(404, ""), ancestry.StateGone, "has no 1 (404)"},
		"nothing": {func(_ http.ResponseWriter, req *http.Request) bool {
			if manifest(req) {
				<-req.Context().Done()
			}
			return manifest(req)
		}, ancestry.StateNotKnown, "no answer within 3s"},
		"nothing at all": {func(_ http.ResponseWriter, req *http.Request) bool {
			<-req.Context().Done()
			return true
		}, ancestry.StateNotKnown, "no answer within 3s"},
		"hangs up": {func(_ http.ResponseWriter, req *http.Request) bool {
			if manifest(req) {
				panic(http.ErrAbortHandler)
			}
			return false
		}, ancestry.StateNotKnown, "the connection broke off"},
		"garbage":                  {text("/manifests/", "<html>\x1b[2J</html>"), ancestry.StateNotKnown, "neither a manifest nor an index"},
		"null":                     {text("/manifests/", "null"), ancestry.StateNotKnown, "neither a manifest nor an index"},
		"an empty one":             {text("/manifests/", `{"config":{},"layers":[]}`), ancestry.StateNotKnown, "names no configuration"},
		"both":                     {text("/manifests/", `{"config":{},"manifests":[]}`), ancestry.StateNotKnown, "neither a manifest nor an index"},
		"another digest":           {text("/blobs/", `{"rootfs":{"diff_ids":[]}}`), ancestry.StateNotKnown, "the bytes have the digest"},
		"announces another digest": {text("/manifests/", "{}", "sha256:"+strings.Repeat("7", 64)), ancestry.StateNotKnown, "the bytes have the digest"},
		"endless":                  {text("/manifests/", strings.Repeat(" ", 5<<20)), ancestry.StateNotKnown, "over the limit of 4194304"},
		"an index of itself": {text("/manifests/", `{"manifests":[{"platform":{"os":"linux","architecture":"amd64"},"digest":"sha256:`+strings.Repeat("7", 64)+`"}]}`),
			ancestry.StateNotKnown, "the bytes have the digest"},
		"another platform": {text("/manifests/", `{"manifests":[{"platform":{"os":"linux","architecture":"s390x"},"digest":"sha256:`+strings.Repeat("7", 64)+`"}]}`),
			ancestry.StateGone, "it has no image for linux/amd64"},
		"a loop": {func(w http.ResponseWriter, req *http.Request) bool {
			if manifest(req) {
				http.Redirect(w, req, req.URL.Path, http.StatusFound)
			}
			return manifest(req)
		}, ancestry.StateNotKnown, "redirects ten times"},
		"to the local network": {func(w http.ResponseWriter, req *http.Request) bool {
			if manifest(req) {
				http.Redirect(w, req, "http://169.254.169.254/latest/meta-data", http.StatusFound)
			}
			return manifest(req)
		}, ancestry.StateNotKnown, "redirects to 169.254.169.254"},
	} {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			timeout := time.Minute
			if strings.HasPrefix(what, "nothing") {
				timeout = 3 * time.Second
			}
			good, bad := serve(t), serve(t)
			good.push(t, "base:1", base)
			bad.push(t, "middle:1", middle)
			c := chain{image: app, grade: ancestry.Recognised, names: []ancestry.Name{named(good.host+"/base", "1"), named(bad.host+"/middle", "1")}}
			bad.fails(test.answer)
			l, err := live.Resolve(t.Context(), c.image, &ancestry.Options{Catalogues: []ancestry.Source{c}},
				&live.Options{Registry: documents(t), Hosts: []string{good.host, bad.host}, Timeout: timeout})
			require.NoError(t, err)
			require.Len(t, l.Ancestors, 3)
			got := of(t, l, 1)
			assert.Equal(t, test.state, got.State)
			assert.Contains(t, got.Why, test.why)
			assert.Equal(t, strings.HasSuffix(test.why, "no image for linux/amd64"), got.Platform == "linux/amd64", got.Platform)
			assert.NotContains(t, got.Why, "\n")
			assert.NotContains(t, got.Why, "\x1b")
			assert.LessOrEqual(t, got.Requests, 16)
			assert.Equal(t, ancestry.Recognised, l.Ancestors[1].Confidence)
			assert.Equal(t, ancestry.StateCurrent, of(t, l, 2).State)
		})
	}
}

// A reader is a registry in a function.
type reader func(ctx context.Context, repository, what, reference string, most int64) ([]byte, int, error)

func (r reader) Get(ctx context.Context, repository, what, reference string, most int64) ([]byte, int, error) {
	return r(ctx, repository, what, reference, most)
}

// All answers together take no longer than the limit, 20 seconds if there is none.
func TestTimeout(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		base := on(t, empty.Image, "base", day(3, 1))
		c := chain{image: on(t, base, "app", day(4, 1)), names: []ancestry.Name{named("slow", "1"), named("slower", "1")}, grade: ancestry.Recognised}
		start := time.Now()
		l := c.resolve(t, reader(func(ctx context.Context, _, _, _ string, _ int64) ([]byte, int, error) {
			<-ctx.Done()
			return nil, 1, ctx.Err()
		}))
		assert.Equal(t, 20*time.Second, time.Since(start))
		for i := range 2 {
			got := of(t, l, i)
			assert.Equal(t, ancestry.StateNotKnown, got.State)
			assert.Equal(t, "no answer within 20s", got.Why)
			assert.NotEmpty(t, got.NoEndOfLife)
			assert.Equal(t, 1, got.Requests)
		}
	})
}

// When the caller gives up, so does Resolve.
func TestCancelled(t *testing.T) {
	base := on(t, empty.Image, "base", day(3, 1))
	c := chain{image: on(t, base, "app", day(4, 1)), names: []ancestry.Name{named("slow", "1")}, grade: ancestry.Recognised}
	ctx, cancel := context.WithCancel(t.Context())
	_, err := live.Resolve(ctx, c.image, &ancestry.Options{Catalogues: []ancestry.Source{c}},
		&live.Options{Registry: reader(func(ctx context.Context, _, _, _ string, _ int64) ([]byte, int, error) {
			cancel()
			<-ctx.Done()
			return nil, 1, ctx.Err()
		})})
	assert.ErrorIs(t, err, context.Canceled)
}

// A registry that gives bytes with another digest is not believed, whoever reads it.
func TestReaderThatDoesNotVerify(t *testing.T) {
	base := on(t, empty.Image, "base", day(3, 1))
	raw, err := base.RawManifest()
	require.NoError(t, err)
	c := chain{image: on(t, base, "app", day(4, 1)), names: []ancestry.Name{named("base", "1")}, grade: ancestry.Recognised}
	l := c.resolve(t, reader(func(_ context.Context, _, what, _ string, _ int64) ([]byte, int, error) {
		if what == "manifests" {
			return raw, 1, nil
		}
		return []byte("{}"), 1, nil
	}))
	assert.Equal(t, ancestry.StateNotKnown, of(t, l, 1).State)
	assert.Contains(t, of(t, l, 1).Why, "bytes with another digest")
}

// A reader that panics costs its own answer.
func TestReaderPanics(t *testing.T) {
	base := on(t, empty.Image, "base", day(3, 1))
	c := chain{image: on(t, base, "app", day(4, 1)), names: []ancestry.Name{named("base", "1"), named("other", "1")}, grade: ancestry.Recognised}
	l := c.resolve(t, reader(func(_ context.Context, repository, _, _ string, _ int64) ([]byte, int, error) {
		if repository == "other" {
			panic("a bug")
		}
		return nil, 1, fs.ErrNotExist
	}))
	assert.Equal(t, ancestry.StateGone, of(t, l, 1).State)
	assert.Equal(t, ancestry.StateNotKnown, of(t, l, 0).State)
	assert.Regexp(t, `^panic: a bug, in \S+TestReaderPanics\S+ \(faults_test\.go:\d+\)$`, of(t, l, 0).Why)
}

// A keychain notes for which registries credentials were asked.
type keychain map[string]authn.AuthConfig

func (k keychain) Resolve(r authn.Resource) (authn.Authenticator, error) {
	if c, ok := k[r.RegistryStr()]; ok {
		return authn.FromConfig(c), nil
	}
	return authn.Anonymous, nil
}

// Credentials are sent to their own registry alone, also where another one redirects there.
func TestCredentials(t *testing.T) {
	one, two, three := serve(t), serve(t), serve(t)
	base := on(t, empty.Image, "base", day(3, 1))
	middle := on(t, base, "middle", day(4, 1))
	app := on(t, middle, "app", day(5, 1))
	one.push(t, "base:1", base)
	two.push(t, "middle:1", middle)
	three.push(t, "app:1", app)
	needs := func(also func(http.ResponseWriter, *http.Request) bool) func(http.ResponseWriter, *http.Request) bool {
		return func(w http.ResponseWriter, req *http.Request) bool {
			if req.Header.Get("Authorization") == "" {
				w.Header().Set("WWW-Authenticate", `Basic realm="here"`)
				w.WriteHeader(http.StatusUnauthorized)
				return true
			}
			return also(w, req)
		}
	}
	no := func(http.ResponseWriter, *http.Request) bool { return false }
	one.fails(needs(no))
	two.fails(needs(func(w http.ResponseWriter, req *http.Request) bool { // its blobs are at the third
		if strings.Contains(req.URL.Path, "/blobs/") {
			http.Redirect(w, req, "http://"+three.host+req.URL.Path, http.StatusTemporaryRedirect)
		}
		return strings.Contains(req.URL.Path, "/blobs/")
	}))
	d := source.NewDocuments(&source.Options{Attempts: 1, Keychain: keychain{
		one.host: {Username: "u", Password: "one"}, two.host: {Username: "u", Password: "two"},
	}})
	c := chain{image: app, names: []ancestry.Name{named(one.host+"/base", "1"), named(two.host+"/middle", "1"), named(three.host+"/app", "1")}, grade: ancestry.Recognised}
	l := c.resolve(t, d, one.host, two.host, three.host)
	assert.Equal(t, ancestry.StateCurrent, of(t, l, 2).State, of(t, l, 2).Why)
	assert.Equal(t, ancestry.StateNotKnown, of(t, l, 1).State) // the third does not have the blob
	assert.Equal(t, ancestry.StateCurrent, of(t, l, 0).State, of(t, l, 0).Why)
	for s, want := range map[*server]string{one: "one", two: "two", three: ""} {
		s.mu.Lock()
		sent := 0
		for _, req := range s.seen {
			_, password, ok := req.BasicAuth()
			assert.Equal(t, req.Header.Get("Authorization") != "", ok)
			if ok {
				sent++
				assert.Equal(t, want, password)
			}
		}
		assert.NotEmpty(t, s.seen)
		assert.Equal(t, want != "", sent > 0)
		s.mu.Unlock()
	}
}

// Names come from the image. Those of the local network are asked only where that is allowed.
func TestHosts(t *testing.T) {
	base := on(t, empty.Image, "base", day(3, 1))
	for name, test := range map[string]struct {
		reference string
		hosts     []string
		asked     bool
	}{
		"debian":                       {asked: true},
		"ghcr.io/acme/base":            {asked: true},
		"8.8.8.8/base":                 {asked: true},
		"localhost/base":               {},
		"localhost:5000/base":          {},
		"127.0.0.1:5000/base":          {},
		"169.254.169.254/latest":       {},
		"10.1.2.3/base":                {},
		"0x7f000001:80/base":           {},
		"127.1:80/base":                {},
		"100.64.0.1:5000/base":         {},
		"[fd00::1]:5000/base":          {},
		"registry.corp/base":           {},
		"registry.home/base":           {},
		"2130706433:80/base":           {},
		"[::1]:5000/base":              {},
		"[::ffff:127.0.0.1]:5000/base": {},
		"registry:5000/base":           {},
		"vault.internal/base":          {},
		"printer.local/base":           {},
		"10.1.2.3/acme/base":           {reference: "10.1.2.3/acme/app:1", asked: true},
		"10.1.2.3/acme/middle":         {reference: "registry:10.1.2.3/acme/app:1", asked: true},
		"10.1.2.3:5000/acme/base":      {reference: "10.1.2.3/acme/app:1"},
		"10.1.2.4/base":                {hosts: []string{"10.1.2.4", "docker.io"}, asked: true},
		"alpine":                       {hosts: []string{"10.1.2.4", "docker.io"}, asked: true},
		"quay.io/acme/base":            {hosts: []string{"10.1.2.4", "docker.io"}},
		"quay.io/acme/middle":          {hosts: []string{}},
	} {
		t.Run(name, func(t *testing.T) {
			c := chain{image: on(t, base, "app", day(4, 1)), names: []ancestry.Name{named(name, "1")}, grade: ancestry.Recognised}
			if _, ok := ancestry.ParseName(name + ":1"); !ok {
				t.Skip("no name: never asked for")
			}
			var asked atomic.Bool
			l, err := live.Resolve(t.Context(), c.image, &ancestry.Options{Hints: ancestry.Hints{Reference: test.reference}, Catalogues: []ancestry.Source{c}},
				&live.Options{Hosts: test.hosts, Registry: reader(func(_ context.Context, repository, _, _ string, _ int64) ([]byte, int, error) {
					if repository == name {
						asked.Store(true)
					}
					return nil, 1, fs.ErrNotExist
				})})
			require.NoError(t, err)
			got := of(t, l, 1)
			assert.Equal(t, test.asked, asked.Load())
			assert.Equal(t, test.asked, got.State == ancestry.StateGone, got.Why)
			if !test.asked {
				assert.Contains(t, got.Why, "Options.Hosts")
				assert.Zero(t, got.Requests)
			}
		})
	}
}

// Whatever a registry answers, the answer is one of the four, and only the image's own layers
// make it current. Where there is no document for the tag, it points to the configuration.
func FuzzAnswers(f *testing.F) {
	base := on(f, empty.Image, "base", day(3, 1))
	c := chain{image: on(f, base, "app", day(4, 1)), names: []ancestry.Name{named("base", "1")}, grade: ancestry.Recognised}
	config, err := base.RawConfigFile()
	require.NoError(f, err)
	other, err := on(f, empty.Image, "other", day(5, 1)).RawConfigFile()
	require.NoError(f, err)
	idx, err := indexOf(f, base).RawManifest()
	require.NoError(f, err)
	f.Add([]byte(nil), config, []byte(`{"manifests":[]}`))
	f.Add(idx, config, []byte(nil))
	f.Add([]byte(nil), other, []byte(`{"manifests":[{"artifactType":"application/vnd.microsoft.artifact.lifecycle","annotations":{"vnd.microsoft.artifact.lifecycle.end-of-life.date":"2026-01-01"}}]}`))
	diffID := must(base.ConfigFile()).RootFS.DiffIDs[0]
	f.Fuzz(func(t *testing.T, tag, config, referrers []byte) {
		parsed, err := v1.ParseConfigFile(bytes.NewReader(config))
		if err != nil {
			parsed = &v1.ConfigFile{}
		}
		if len(tag) == 0 {
			tag = must(json.Marshal(v1.Manifest{SchemaVersion: 2, Config: v1.Descriptor{Digest: hash(config), Size: int64(len(config))},
				Layers: make([]v1.Descriptor, min(len(parsed.RootFS.DiffIDs), 10))}))
		}
		l := c.resolve(t, reader(func(_ context.Context, _, what, reference string, _ int64) ([]byte, int, error) {
			switch {
			case what == "blobs":
				return config, 1, nil
			case what == "referrers":
				return referrers, 1, nil
			}
			return tag, 1, nil
		}))
		got := of(t, l, 1)
		switch got.State {
		case ancestry.StateCurrent:
			require.Equal(t, diffID, parsed.RootFS.DiffIDs[0])
		case ancestry.StateMoved, ancestry.StateNotKnown, ancestry.StateGone:
		default:
			t.Fatalf("state %q", got.State)
		}
	})
}
