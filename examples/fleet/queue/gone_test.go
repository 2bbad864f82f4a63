package queue

import (
	"bytes"
	"context"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/random"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/stemma-go/stemma/examples/fleet/store"
	"github.com/stemma-go/stemma/report"
)

// A tag of which the registry says that it is deleted has no image any more. A 404 that says
// nothing may be a proxy's, and changes nothing.
func TestGone(t *testing.T) {
	t.Parallel()
	reg := startRegistry(t)
	reg.push(t, nil, "app:1", "app:2", "other:1")
	q, s, _ := open(t, "", Options{})
	add(t, q, reg.wanted(t, "app:1", "other:1"))
	work(t, q)
	current := func() int { return number(t, s, "SELECT count(*) FROM sightings WHERE latest") }
	reg.misbehave(func(w http.ResponseWriter, r *http.Request) bool {
		if r.URL.Path == "/v2/" {
			return false
		}
		w.WriteHeader(http.StatusNotFound)
		return true
	})
	add(t, q, reg.wanted(t, "app:1", "other:1"))
	q, _, _ = open(t, dsnOf(t, s), Options{})
	work(t, q)
	assert.Equal(t, 2, current())
	assert.Len(t, status(t, q).Failures, 1)

	reg.misbehave(nil)
	require.NoError(t, remote.Delete(reg.ref(t, "app:1")))
	add(t, q, reg.wanted(t, "app:1", "other:1"))
	q, _, _ = open(t, dsnOf(t, s), Options{})
	work(t, q)
	assert.Equal(t, 1, current())
	st := status(t, q)
	require.Len(t, st.Failures, 1)
	assert.Equal(t, 1, st.Failures[0].References)
	assert.Equal(t, 2, number(t, s, "SELECT count(*) FROM sightings"), "it is known that there was one")
}

// An image that could not be read is no failure any more once its tag has another one.
func TestMendedTag(t *testing.T) {
	t.Parallel()
	reg := startRegistry(t)
	reg.push(t, chartOf(t), "app:1")
	q, s, _ := open(t, "", Options{})
	add(t, q, reg.wanted(t, "app:1"))
	work(t, q)
	assert.Len(t, status(t, q).Failures, 1)
	reg.push(t, nil, "app:1")
	add(t, q, reg.wanted(t, "app:1"))
	q, _, _ = open(t, dsnOf(t, s), Options{})
	work(t, q)
	assert.Empty(t, status(t, q).Failures)
}

// An image whose read was given up and that is found unreadable later is one failure.
func TestOneFailure(t *testing.T) {
	t.Parallel()
	reg := startRegistry(t)
	digest := reg.push(t, nil, "app:1")
	q, s, _ := open(t, "", Options{Patience: time.Millisecond})
	reg.misbehave(func(w http.ResponseWriter, r *http.Request) bool {
		if r.Method == http.MethodHead || r.URL.Path == "/v2/" {
			return false
		}
		w.WriteHeader(http.StatusServiceUnavailable)
		return true
	})
	add(t, q, reg.wanted(t, "app:1"))
	work(t, q)
	st := status(t, q)
	require.Len(t, st.Failures, 1)
	assert.Equal(t, 1, st.Failures[0].Images)
	reg.misbehave(notFoundBut(http.MethodHead))
	add(t, q, reg.wanted(t, "app:1"))
	q, _, _ = open(t, dsnOf(t, s), Options{})
	work(t, q)
	st = status(t, q)
	require.Len(t, st.Failures, 1, "%s", digest)
	assert.Equal(t, 1, st.Failures[0].Images)
}

// What is wanted again is read again, also if it waits already without that; and twice in one
// list is once.
func TestAgainWhileItWaits(t *testing.T) {
	t.Parallel()
	reg := startRegistry(t)
	digest := reg.push(t, chartOf(t), "app:1")
	q, s, _ := open(t, "", Options{})
	add(t, q, reg.wanted(t, "app:1", "app:1"))
	assert.Equal(t, 1, number(t, s, "SELECT count(*) FROM river_job"))
	work(t, q)
	add(t, q, reg.wanted(t, "app:1"))
	again := reg.wanted(t, "app:1")
	again[0].Again = true
	add(t, q, again)
	q, _, read := open(t, dsnOf(t, s), Options{})
	work(t, q)
	assert.Equal(t, 1, read.of(digest))
}

// A read that runs is told to stop when it is cancelled by another process.
func TestCancelWhileItRuns(t *testing.T) {
	t.Parallel()
	reg := startRegistry(t)
	img, err := random.Image(200, 1)
	require.NoError(t, err)
	reg.push(t, img, "app:1")
	begun := make(chan struct{}, 9)
	q, s, _ := open(t, "", Options{Read: func(ctx context.Context, _ string) (store.Image, *report.Report, error) {
		begun <- struct{}{}
		<-ctx.Done()
		return store.Image{}, nil, ctx.Err()
	}})
	add(t, q, reg.wanted(t, "app:1"))
	done := make(chan error)
	ctx, stop := context.WithTimeout(context.Background(), enough)
	defer stop()
	go func() { done <- q.Work(ctx, false, nil) }()
	<-begun
	outside, _, _ := open(t, dsnOf(t, s), Options{})
	n, err := outside.Cancel(ctx)
	require.NoError(t, err)
	assert.Equal(t, 1, n)
	began := time.Now()
	require.NoError(t, <-done)
	t.Logf("it stopped after %s", time.Since(began))
	assert.Empty(t, begun)
	assert.Empty(t, status(t, q).Failures)
}

// An index of millions of descriptors is told, and not taken apart.
func TestHugeIndex(t *testing.T) {
	t.Parallel()
	reg := startRegistry(t)
	body := []byte(`{"schemaVersion":2,"mediaType":"application/vnd.oci.image.index.v1+json","manifests":[{}` + strings.Repeat(",{}", 2_000_000) + `]}`)
	digest, _, err := v1.SHA256(bytes.NewReader(body))
	require.NoError(t, err)
	reg.misbehave(func(w http.ResponseWriter, r *http.Request) bool {
		if r.URL.Path == "/v2/" {
			return false
		}
		w.Header().Set("Content-Type", "application/vnd.oci.image.index.v1+json")
		w.Header().Set("Docker-Content-Digest", digest.String())
		w.Header().Set("Content-Length", strconv.Itoa(len(body)))
		if r.Method == http.MethodGet {
			_, _ = w.Write(body)
		}
		return true
	})
	q, _, _ := open(t, "", Options{})
	add(t, q, reg.wanted(t, "huge:1"))
	work(t, q)
	st := status(t, q)
	require.Len(t, st.Failures, 1)
	assert.Equal(t, "too large", st.Failures[0].Kind)
}
