package queue

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-containerregistry/pkg/v1/random"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// statusAlways answers everything with a status.
func statusAlways(status int) func(http.ResponseWriter, *http.Request) bool {
	return func(w http.ResponseWriter, r *http.Request) bool {
		if status == http.StatusTooManyRequests {
			w.Header().Set("Retry-After", "2")
		}
		w.WriteHeader(status)
		return true
	}
}

// notFoundBut has nothing for other methods than this one.
func notFoundBut(method string) func(http.ResponseWriter, *http.Request) bool {
	return func(w http.ResponseWriter, r *http.Request) bool {
		if r.Method == method || r.URL.Path == "/v2/" {
			return false
		}
		w.WriteHeader(http.StatusNotFound)
		return true
	}
}

// A registry that does not answer delays its own images alone. Once it answers, they are read,
// too, whatever it did before.
func TestDownRegistryDelaysItsOwn(t *testing.T) {
	t.Parallel()
	for name, fault := range map[string]func(http.ResponseWriter, *http.Request) bool{
		"500": statusAlways(500),
		"503": statusAlways(503),
		"429": statusAlways(429),
		"hangs up": func(w http.ResponseWriter, r *http.Request) bool {
			panic(http.ErrAbortHandler)
		},
		"is slow": func(w http.ResponseWriter, r *http.Request) bool {
			select {
			case <-r.Context().Done():
			case <-time.After(3 * time.Second):
			}
			return false
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			bad, good := startRegistry(t), startRegistry(t)
			var names []string
			for _, n := range strings.Split("abcdefgh", "") {
				names = append(names, n+":1")
				bad.push(t, nil, n+":1")
				good.push(t, nil, n+":1")
			}
			bad.misbehave(fault)
			q, _, read := open(t, "", Options{AtOnce: 2})
			add(t, q, append(bad.wanted(t, names...), good.wanted(t, names...)...))
			ctx, stop := context.WithTimeout(context.Background(), enough)
			defer stop()
			done := make(chan error)
			go func() { done <- q.Work(ctx, false, nil) }()
			require.Eventually(t, func() bool { return q.Done().Images == int64(len(names)) }, enough, 20*time.Millisecond)
			st := status(t, q)
			require.Len(t, st.Registries, 1)
			assert.Equal(t, bad.host, st.Registries[0].Host)
			if name != "is slow" {
				assert.NotEmpty(t, st.Registries[0].Outage.Why)
				assert.Equal(t, len(names), st.Looks.Left(), "nothing of it is done, and nothing is lost")
				assert.Less(t, len(bad.asked()), 20*len(names), "it is not besieged")
			}
			bad.misbehave(nil)
			require.NoError(t, <-done)
			assert.Empty(t, status(t, q).Failures)
			assert.Len(t, read.count, 2*len(names))
		})
	}
}

// The same with a registry at whose address nobody listens.
func TestRefusedConnections(t *testing.T) {
	t.Parallel()
	const host = "127.0.0.1:1"
	good := startRegistry(t)
	good.push(t, nil, "a:1")
	q, _, _ := open(t, "", Options{Patience: 3 * time.Second})
	dead := &fakeRegistry{host: host}
	var names []string
	for n := range 300 {
		names = append(names, fmt.Sprintf("a:%d", n))
	}
	add(t, q, append(dead.wanted(t, names...), good.wanted(t, "a:1")...))
	began := time.Now()
	work(t, q)
	assert.Less(t, time.Since(began), enough/2, "those that wait are given up together")
	assert.Equal(t, int64(1), q.Done().Images)
	st := status(t, q)
	require.Len(t, st.Failures, 1)
	assert.Equal(t, "the registry does not answer", st.Failures[0].Kind)
	assert.Equal(t, 300, st.Failures[0].References)
	assert.Contains(t, st.Failures[0].Example, "refused")
}

// While a registry is down for longer than there is patience, nothing is written of its
// images: the next scan reads them.
func TestPatience(t *testing.T) {
	t.Parallel()
	reg := startRegistry(t)
	digest := reg.push(t, nil, "a:1")
	reg.misbehave(func(w http.ResponseWriter, r *http.Request) bool {
		if r.Method == http.MethodHead || r.URL.Path == "/v2/" {
			return false
		}
		w.WriteHeader(http.StatusBadGateway)
		return true
	})
	q, s, _ := open(t, "", Options{Patience: 2 * time.Second})
	add(t, q, reg.wanted(t, "a:1"))
	work(t, q)
	st := status(t, q)
	require.Len(t, st.Failures, 1)
	assert.Equal(t, Failure{Kind: "the registry does not answer", Images: 1, Example: reg.ref(t, "a:1").Name() + ": 502 Bad Gateway",
		Each: []Failed{{Reference: reg.ref(t, "a:1").Name(), Image: digest.String(), Reason: "the registry does not answer: 502 Bad Gateway"}}}, st.Failures[0])
	reg.misbehave(nil)
	q, _, _ = open(t, dsnOf(t, s), Options{})
	add(t, q, reg.wanted(t, "a:1"))
	work(t, q)
	assert.Equal(t, int64(1), q.Done().Images)
	assert.Empty(t, status(t, q).Failures, "a failure is forgotten when it is mended")
}

// An answer that breaks off is tried again.
func TestBrokenAnswer(t *testing.T) {
	t.Parallel()
	reg := startRegistry(t)
	img, err := random.Image(100_000, 1)
	require.NoError(t, err)
	digest := reg.push(t, img, "a:1")
	all, err := img.Layers()
	require.NoError(t, err)
	layer, err := all[0].Digest()
	require.NoError(t, err)
	size, err := all[0].Size()
	require.NoError(t, err)
	breaks := 0
	reg.misbehave(func(w http.ResponseWriter, r *http.Request) bool {
		if !strings.HasSuffix(r.URL.Path, layer.String()) || breaks == 1 {
			return false
		}
		breaks++
		w.Header().Set("Content-Length", strconv.FormatInt(size, 10))
		_, _ = w.Write(make([]byte, 1000))
		_ = http.NewResponseController(w).Flush()
		panic(http.ErrAbortHandler)
	})
	q, s, read := open(t, "", Options{})
	add(t, q, reg.wanted(t, "a:1"))
	work(t, q)
	assert.Equal(t, 2, read.of(digest))
	assert.Equal(t, 1, number(t, s, "SELECT count(*) FROM images WHERE ancestor_id IS NOT NULL AND reason = ''"))
}

// What can't be read is told with a reason, and costs nothing else.
func TestUnreadable(t *testing.T) {
	t.Parallel()
	reg := startRegistry(t)
	reg.push(t, nil, "good:1")
	secret := reg.push(t, nil, "secret:1")
	damaged := reg.push(t, nil, "damaged:1")
	chart := reg.push(t, chartOf(t), "chart:1")
	img, err := random.Image(100, 2)
	require.NoError(t, err)
	layers, err := img.Layers()
	require.NoError(t, err)
	layer, err := layers[1].Digest()
	require.NoError(t, err)
	partial := reg.push(t, img, "partial:1")
	reg.misbehave(func(w http.ResponseWriter, r *http.Request) bool {
		switch {
		case strings.HasPrefix(r.URL.Path, "/v2/hidden/"), strings.HasPrefix(r.URL.Path, "/v2/secret/") && r.Method == http.MethodGet:
			w.WriteHeader(http.StatusForbidden)
		case strings.HasPrefix(r.URL.Path, "/v2/damaged/blobs/"), strings.HasSuffix(r.URL.Path, layer.String()):
			_, _ = io.WriteString(w, "\x1b[2J no blob")
		default:
			return false
		}
		return true
	})
	q, s, _ := open(t, "", Options{})
	names := []string{"good:1", "missing:1", "good:missing", "hidden:1", "secret:1", "damaged:1", "chart:1", "partial:1"}
	add(t, q, reg.wanted(t, names...))
	work(t, q)
	assert.Equal(t, Done{Looks: 5, Images: 2, Unreadable: 3, Failed: 6}, q.Done())
	kinds := map[string]Failure{}
	for _, f := range status(t, q).Failures {
		assert.NotContains(t, f.Example, "\x1b")
		assert.NotEmpty(t, f.Example)
		assert.Len(t, f.Each, f.References+f.Images)
		f.Example, f.Each = "", nil
		kinds[f.Kind] = f
	}
	assert.Equal(t, map[string]Failure{
		"not found":                 {Kind: "not found", References: 2},
		"forbidden":                 {Kind: "forbidden", References: 1, Images: 1},
		"damaged or not understood": {Kind: "damaged or not understood", Images: 1},
		"read in part":              {Kind: "read in part", Images: 1},
		"not an image":              {Kind: "not an image", Images: 1},
	}, kinds)
	assert.Equal(t, 3, number(t, s, "SELECT count(*) FROM images WHERE ancestor_id IS NULL AND reason <> ''"))

	q, _, read := open(t, dsnOf(t, s), Options{})
	add(t, q, reg.wanted(t, names...))
	work(t, q)
	assert.Equal(t, int64(3), q.Done().Failed, "those references are tried again")
	assert.Empty(t, read.count, "an image that could not be read is not tried again unasked")
	reg.misbehave(nil)
	again := reg.wanted(t, names...)
	for i := range again {
		again[i].Again = true
	}
	add(t, q, again)
	q, _, read = open(t, dsnOf(t, s), Options{})
	work(t, q)
	assert.Equal(t, map[string]int{secret.String(): 1, damaged.String(): 1, chart.String(): 1, partial.String(): 1}, read.count)
	assert.Equal(t, 4, number(t, s, "SELECT count(*) FROM images WHERE ancestor_id IS NOT NULL AND NOT partial"))
	assert.Len(t, status(t, q).Failures, 2, "the chart is none, and two references are missing")
}
