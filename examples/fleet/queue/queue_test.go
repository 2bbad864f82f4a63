package queue

import (
	"context"
	"regexp"
	"strings"
	"testing"
	"time"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/random"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/stemma-go/stemma/examples/fleet/store"
	"github.com/stemma-go/stemma/layers/source"
	"github.com/stemma-go/stemma/report"
)

func mustPlatform(t *testing.T, s string) *v1.Platform {
	t.Helper()
	p, err := source.ParsePlatform(s)
	require.NoError(t, err)
	return p
}

// An image is read once, however often and under however many references it is added.
func TestEachImageOnce(t *testing.T) {
	t.Parallel()
	reg := startRegistry(t)
	q, s, read := open(t, "", Options{AtOnce: 8})
	var digests []v1.Hash
	var names []string
	for _, repo := range []string{"a", "b", "c"} {
		of := []string{repo + "/x:1", repo + "/x:latest", "other/" + repo + ":1"}
		digests = append(digests, reg.push(t, nil, of...))
		names = append(names, of...)
	}
	names = append(names, "a/x@"+digests[0].String())
	add(t, q, reg.wanted(t, names...))
	added, err := q.Add(t.Context(), reg.wanted(t, append([]string{"new/x:1", "new/x:1"}, append(names, names...)...)...)...)
	require.NoError(t, err)
	assert.Equal(t, 1, added, "the others wait already")
	_, err = q.Forget(t.Context(), reg.ref(t, "new/x:1"))
	require.NoError(t, err)
	assert.Equal(t, len(names), status(t, q).Looks.Waiting, "each reference waits once")
	work(t, q)
	for _, d := range digests {
		assert.Equal(t, 1, read.of(d))
	}
	assert.Equal(t, 3, number(t, s, "SELECT count(*) FROM images WHERE ancestor_id IS NOT NULL"))
	assert.Equal(t, Done{Looks: 10, Images: 3}, q.Done())
	st := status(t, q)
	assert.Empty(t, st.Failures)
	assert.Empty(t, st.Registries)
	assert.Equal(t, Line{LastMinute: 10, LastHour: 10}, st.Looks)
	assert.Equal(t, Line{LastMinute: 3, LastHour: 3}, st.Reads)

	again, _, read := open(t, dsnOf(t, s), Options{})
	add(t, again, reg.wanted(t, names...))
	work(t, again)
	assert.Empty(t, read.count, "nothing has changed")
}

// An unchanged fleet costs one request a reference, and one a registry for how it is asked.
func TestSecondScan(t *testing.T) {
	t.Parallel()
	reg := startRegistry(t)
	q, s, _ := open(t, "", Options{})
	var names []string
	for _, n := range []string{"1", "2", "3", "4", "5"} {
		names = append(names, "shop/api-"+n+":1")
		reg.push(t, nil, "shop/api-"+n+":1")
	}
	add(t, q, reg.wanted(t, names...))
	reg.asked()
	work(t, q)
	first := len(reg.asked())
	q, _, _ = open(t, dsnOf(t, s), Options{AtOnce: 1})
	add(t, q, reg.wanted(t, names...))
	work(t, q)
	second := reg.asked()
	assert.Greater(t, first, 5*len(names))
	assert.Len(t, second, 1+len(names))
	for _, r := range second {
		assert.True(t, r == "GET /v2/" || strings.HasPrefix(r, "HEAD /v2/shop/api-"), r)
	}
}

// A tag that has moved is a new image. What it was before stays.
func TestMovedTag(t *testing.T) {
	t.Parallel()
	reg := startRegistry(t)
	q, s, _ := open(t, "", Options{})
	old := reg.push(t, nil, "app:1")
	add(t, q, reg.wanted(t, "app:1"))
	work(t, q)
	young := reg.push(t, nil, "app:1")
	q, _, read := open(t, dsnOf(t, s), Options{})
	n, err := q.AddAll(context.Background())
	require.NoError(t, err)
	assert.Equal(t, 1, n)
	work(t, q)
	assert.Zero(t, read.of(old))
	assert.Equal(t, 1, read.of(young))
	assert.Equal(t, 2, number(t, s, "SELECT count(*) FROM images WHERE ancestor_id IS NOT NULL"))
	assert.Equal(t, 2, number(t, s, "SELECT count(*) FROM sightings"))
	refs, err := s.RefsOf(context.Background(), old)
	require.NoError(t, err)
	assert.Len(t, refs, 1)
}

// Of an index the image for the platform is read, and known again under its own digest.
func TestIndex(t *testing.T) {
	t.Parallel()
	reg := startRegistry(t)
	platforms := []string{"linux/amd64", "linux/arm64"}
	var index v1.ImageIndex = empty.Index
	digests := map[string]v1.Hash{}
	for _, p := range platforms {
		img, err := random.Image(100, 1)
		require.NoError(t, err)
		cfg, err := img.ConfigFile()
		require.NoError(t, err)
		platform := mustPlatform(t, p)
		cfg.OS, cfg.Architecture = platform.OS, platform.Architecture
		img, err = mutate.ConfigFile(img, cfg)
		require.NoError(t, err)
		index = mutate.AppendManifests(index, mutate.IndexAddendum{Add: img, Descriptor: v1.Descriptor{Platform: platform}})
		digests[p], err = img.Digest()
		require.NoError(t, err)
	}
	require.NoError(t, remote.WriteIndex(reg.ref(t, "multi:1"), index))
	q, s, read := open(t, "", Options{Platform: mustPlatform(t, "linux/arm64")})
	add(t, q, reg.wanted(t, "multi:1", "multi@"+digests["linux/arm64"].String()))
	work(t, q)
	assert.Equal(t, map[string]int{digests["linux/arm64"].String(): 1}, read.count)
	assert.Equal(t, 1, number(t, s, "SELECT count(*) FROM images"))
}

// What a registry no longer has in one repository is read from another one.
func TestElsewhere(t *testing.T) {
	t.Parallel()
	gone, here := startRegistry(t), startRegistry(t)
	img, err := random.Image(200, 1)
	require.NoError(t, err)
	digest := gone.push(t, img, "a:1")
	here.push(t, img, "b:1")
	q, s, _ := open(t, "", Options{})
	add(t, q, append(gone.wanted(t, "a:1"), here.wanted(t, "b:1")...))
	gone.misbehave(notFoundBut("HEAD"))
	work(t, q)
	assert.Empty(t, status(t, q).Failures)
	known, err := s.Known(context.Background(), digest)
	require.NoError(t, err)
	assert.True(t, known)
}

// What is cancelled is not done, and is no failure.
func TestCancel(t *testing.T) {
	t.Parallel()
	down, other := startRegistry(t), startRegistry(t)
	down.push(t, nil, "a:1", "a:2")
	other.push(t, nil, "b:1")
	down.misbehave(statusAlways(503))
	q, s, _ := open(t, "", Options{AtOnce: 1})
	add(t, q, append(down.wanted(t, "a:1", "a:2"), other.wanted(t, "b:1")...))
	done := make(chan error)
	ctx, stop := context.WithTimeout(context.Background(), enough)
	defer stop()
	go func() { done <- q.Work(ctx, false, nil) }()
	require.Eventually(t, func() bool { return q.Done().Images == 1 }, enough, 50*time.Millisecond)
	outside, _, _ := open(t, dsnOf(t, s), Options{})
	n, err := outside.Cancel(ctx, down.host)
	require.NoError(t, err)
	assert.Equal(t, 2, n)
	require.NoError(t, <-done)
	st := status(t, q)
	assert.Empty(t, st.Failures)
	assert.Zero(t, st.Looks.Left())

	down.misbehave(nil)
	add(t, q, down.wanted(t, "a:1", "a:2"))
	q, _, read := open(t, dsnOf(t, s), Options{})
	work(t, q)
	assert.Len(t, read.count, 1, "what is added again is done again")
}

// A worker that is stopped gives its jobs back at once, and no attempt is counted.
func TestInterrupted(t *testing.T) {
	t.Parallel()
	reg := startRegistry(t)
	reg.push(t, nil, "a:1")
	reading := make(chan struct{})
	q, s, _ := open(t, "", Options{Read: func(ctx context.Context, _ string) (store.Image, *report.Report, error) {
		close(reading)
		<-ctx.Done()
		return store.Image{}, nil, ctx.Err()
	}})
	add(t, q, reg.wanted(t, "a:1"))
	ctx, stop := context.WithCancel(context.Background())
	go func() { <-reading; stop() }()
	require.ErrorIs(t, q.Work(ctx, false, nil), context.Canceled)
	assert.Equal(t, 1, number(t, s, "SELECT count(*) FROM river_job WHERE kind = 'read' AND state = 'available' AND attempt = 0"))
	q, _, _ = open(t, dsnOf(t, s), Options{})
	work(t, q)
	assert.Equal(t, int64(1), q.Done().Images)
}

// A bug that an image brings to light costs that image alone.
func TestPanic(t *testing.T) {
	t.Parallel()
	reg := startRegistry(t)
	reg.push(t, nil, "a:1")
	q, _, _ := open(t, "", Options{Read: func(context.Context, string) (store.Image, *report.Report, error) { panic("no such layer\x1b") }})
	add(t, q, reg.wanted(t, "a:1"))
	work(t, q)
	st := status(t, q)
	require.Len(t, st.Failures, 1)
	assert.Equal(t, "a bug in the reader", st.Failures[0].Kind)
	assert.Contains(t, st.Failures[0].Example, `: no such layer\x1b`)
}

func TestQueueOf(t *testing.T) {
	river := regexp.MustCompile(`^(?:[a-z0-9])+(?:[_|\-]?[a-z0-9]+)*$`) // client.go of River
	seen := map[string]bool{}
	for _, host := range []string{"index.docker.io", "localhost:5000", "LOCALHOST:5000", "[::1]:5000", "a-.b", "a.b", "a-b", "é", "", strings.Repeat("long.", 100) + "example"} {
		n := queueOf(host)
		assert.Regexp(t, river, n)
		assert.LessOrEqual(t, len(n), 64)
		assert.False(t, seen[n], "%s is taken", n)
		seen[n] = true
	}
}
