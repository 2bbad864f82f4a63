package list

import (
	"context"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/registry"
	"github.com/google/go-containerregistry/pkg/v1/random"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// serve starts a registry with images of these names, and returns its host.
func serve(t *testing.T, wrap func(http.Handler) http.Handler, names ...string) string {
	t.Helper()
	var handler http.Handler = registry.New(registry.Logger(log.New(io.Discard, "", 0)))
	if wrap != nil {
		handler = wrap(handler)
	}
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	host := strings.TrimPrefix(server.URL, "http://")
	img, err := random.Image(100, 1)
	require.NoError(t, err)
	for _, n := range names {
		ref, err := name.ParseReference(host + "/" + n)
		require.NoError(t, err)
		require.NoError(t, remote.Write(ref, img))
	}
	return host
}

// places returns what stands behind the host.
func places(t *testing.T, host, place, tags string) (refs, errs []string) {
	t.Helper()
	p, err := ParsePlace(host+place, tags)
	require.NoError(t, err)
	p.AtOnce = 4
	puller, err := remote.NewPuller(remote.WithPageSize(1000), remote.WithTransport(Bounded(http.DefaultTransport)))
	require.NoError(t, err)
	for item, err := range p.References(context.Background(), puller) {
		if err != nil {
			errs = append(errs, err.Error())
			continue
		}
		refs = append(refs, strings.TrimPrefix(item.Reference.Name(), host+"/"))
	}
	return refs, errs
}

func TestRegistry(t *testing.T) {
	host := serve(t, nil, "shop/api:1", "shop/api:2", "shop/api:sha256-"+strings.Repeat("a", 64)+".sig", "shop/web:1.0", "shopping/list:1", "team/shop/api:7")
	for name, c := range map[string]struct {
		place, tags string
		want        []string
	}{
		"all":           {"", "", []string{"shop/api:1", "shop/api:2", "shop/web:1.0", "shopping/list:1", "team/shop/api:7"}},
		"a namespace":   {"/shop", "", []string{"shop/api:1", "shop/api:2", "shop/web:1.0"}},
		"one of many":   {"/shop/web/", "", []string{"shop/web:1.0"}},
		"tags":          {"/shop", "1*", []string{"shop/api:1", "shop/web:1.0"}},
		"nothing there": {"/nobody", "", nil},
	} {
		t.Run(name, func(t *testing.T) {
			refs, errs := places(t, host, c.place, c.tags)
			assert.ElementsMatch(t, c.want, refs)
			assert.Empty(t, errs)
		})
	}
}

// So many repositories are asked at the same time, and no more; what they have comes in their order.
func TestAtOnce(t *testing.T) {
	var mu sync.Mutex
	now, most := 0, 0
	four := make(chan struct{})
	count := func(n int) {
		mu.Lock()
		defer mu.Unlock()
		now += n
		if most = max(most, now); now == 4 && n > 0 {
			select {
			case <-four:
			default:
				close(four)
			}
		}
	}
	var pings atomic.Int32
	crowd := func(h http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			switch {
			case r.URL.Path == "/v2/":
				pings.Add(1)
			case r.URL.Path == "/v2/_catalog": // that of package registry has no order
				_, _ = io.WriteString(w, `{"repositories": ["r00", "r01", "r02", "r03", "r04", "r05", "r06", "r07", "r08", "r09", "r10", "r11"]}`)
				return
			case strings.HasSuffix(r.URL.Path, "/tags/list"):
				count(1)
				defer count(-1)
				select {
				case <-four:
				case <-time.After(time.Minute):
					t.Error("the others do not come")
				}
			}
			h.ServeHTTP(w, r)
		})
	}
	var names []string
	for i := range 12 {
		names = append(names, fmt.Sprintf("r%02d:1", i), fmt.Sprintf("r%02d:2", i))
	}
	host := serve(t, crowd, names...)
	pings.Store(0)
	refs, errs := places(t, host, "", "")
	assert.Equal(t, names, refs)
	assert.Empty(t, errs)
	assert.Equal(t, 4, most)
	assert.Equal(t, int32(1), pings.Load(), "it is asked once how it wants to be asked")
}

// hidden is a registry that shows nobody what repositories it has.
func hidden(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/v2/_catalog" {
			http.Error(w, "", http.StatusUnauthorized)
			return
		}
		h.ServeHTTP(w, r)
	})
}

func TestWithoutCatalog(t *testing.T) {
	host := serve(t, hidden, "shop/api:1", "shop/api:2")
	refs, errs := places(t, host, "/shop/api", "")
	assert.Equal(t, []string{"shop/api:1", "shop/api:2"}, refs)
	assert.Empty(t, errs)
	refs, errs = places(t, host, "", "")
	assert.Empty(t, refs)
	require.Len(t, errs, 1)
	assert.Contains(t, errs[0], "shows it to nobody")
}

func TestParsePlace(t *testing.T) {
	for _, bad := range []string{"", "/x", "a b", "host/UPPER"} {
		_, err := ParsePlace(bad, "")
		assert.Error(t, err, bad)
	}
	_, err := ParsePlace("registry.example.org", "[")
	assert.ErrorContains(t, err, "no pattern")
}

// A registry that goes on for ever ends with an error, and without filling the memory.
func TestEndless(t *testing.T) {
	for name, c := range map[string]struct {
		page func(n int) string // the names of page n, as JSON
		says string
	}{
		"the same page":  {func(int) string { return `"a", "b"` }, "the registry repeats the same page"},
		"many names":     {func(n int) string { return fmt.Sprintf(`"r%d"`, n) + strings.Repeat(`, "b"`, 200_000) }, "longer than 1000000"},
		"an endless one": {nil, "the answer is longer than 64 MB"},
	} {
		t.Run(name, func(t *testing.T) {
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if r.URL.Path == "/v2/" {
					return
				}
				if c.page == nil {
					_, _ = io.WriteString(w, `{"repositories": ["`)
					for {
						if _, err := io.WriteString(w, strings.Repeat("a", 1<<20)); err != nil {
							return
						}
					}
				}
				var n int
				_, _ = fmt.Sscan(r.URL.Query().Get("last"), &n)
				w.Header().Set("Link", fmt.Sprintf(`</v2/_catalog?last=%d>; rel="next"`, n+1))
				_, _ = io.WriteString(w, `{"repositories": [`+c.page(n)+`]}`)
			}))
			t.Cleanup(server.Close)
			refs, errs := places(t, strings.TrimPrefix(server.URL, "http://"), "/nobody", "")
			assert.Empty(t, refs)
			require.Len(t, errs, 1)
			assert.Contains(t, errs[0], c.says)
		})
	}
}
