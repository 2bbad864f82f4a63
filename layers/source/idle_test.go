package source

import (
	"context"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestStalled(t *testing.T) {
	t.Parallel()
	src, digests := largeImage(t, 2, 100_000)
	for what, test := range map[string]struct {
		faults []fault
		idle   time.Duration // long where a busy machine must not be taken for a stalled registry
		says   string
	}{
		"once":               {[]fault{stalled(50_000), sound}, 300 * time.Millisecond, ""},
		"before the answer":  {[]fault{silent, sound}, 300 * time.Millisecond, ""},
		"in what is skipped": {[]fault{dropped(90_000), rangeless(stalled(50_000)), sound}, 300 * time.Millisecond, ""},
		"always":             {[]fault{stalled(20_000)}, 50 * time.Millisecond, "broke off after "},
		"never an answer":    {[]fault{silent}, 50 * time.Millisecond, "3 attempts, the last: "},
	} {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			o := patient(3)
			ref, _ := behind(t, src, digests[1], test.faults...)
			o.IdleTimeout = test.idle
			says := requireHonest(t, src, mustOpen(t, ref, o))
			if test.says == "" {
				assert.Empty(t, says)
				return
			}
			assert.Contains(t, says[1], test.says)
			assert.Contains(t, says[1], "sent nothing for 50ms")
		})
	}
}

// TestIdleReader pauses between two Reads for longer than IdleTimeout.
func TestIdleReader(t *testing.T) {
	t.Parallel()
	src, digests := largeImage(t, 1, 1<<20)
	ref, p := behind(t, src, digests[0])
	o := patient(1)
	o.IdleTimeout = 300 * time.Millisecond
	all, err := mustOpen(t, ref, o).Layers()
	require.NoError(t, err)
	rc, err := all[0].Compressed()
	require.NoError(t, err)
	defer rc.Close()
	_, err = io.CopyN(io.Discard, rc, 100_000)
	require.NoError(t, err)
	time.Sleep(o.IdleTimeout + 100*time.Millisecond)
	_, err = io.Copy(io.Discard, rc)
	require.NoError(t, err)
	assert.Len(t, p.asked(digests[0]), 1)
}

// TestOpenIsRepeated has a registry fail before a layer is asked for.
func TestOpenIsRepeated(t *testing.T) {
	t.Parallel()
	src := testImage(t, hostPlatform, "gzip")
	reg := newRegistry()
	push(t, serve(t, reg)+"/app:1", src)
	for what, f := range map[string]fault{
		"429": refused(429, "0"), "503": refused(503, ""), "dropped": dropped(10), "stalled": stalled(10), "truncated": truncated(10, false),
	} {
		for _, path := range []string{"/v2/", "/v2/app/manifests/1", "/v2/app/blobs/" + hash(t, src.ConfigName).String()} {
			if path == "/v2/" && (what == "dropped" || what == "stalled" || what == "truncated") {
				continue // its body is not read
			}
			t.Run(what+path, func(t *testing.T) {
				var once sync.Once
				host := serve(t, http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
					act := fault(sound)
					if req.URL.Path == path {
						once.Do(func() { act = f })
					}
					act(reg, w, req)
				}))
				t.Parallel()
				o := patient(2)
				o.IdleTimeout = 300 * time.Millisecond
				if what == "truncated" && strings.Contains(path, "manifests") {
					assert.ErrorContains(t, openError(t, host+"/app:1", o), "not the manifest of an image")
					return
				}
				requireSame(t, src, mustOpen(t, host+"/app:1", o))
			})
		}
	}
}

func TestRetryAfter(t *testing.T) {
	t.Parallel()
	src, digests := largeImage(t, 2, 1000)
	ref, _ := behind(t, src, digests[1], refused(429, "1"), sound)
	img := mustOpen(t, ref, patient(2))
	start := time.Now()
	assert.Empty(t, requireHonest(t, src, img))
	assert.GreaterOrEqual(t, time.Since(start), time.Second)

	now := time.Date(2024, 2, 29, 12, 0, 0, 0, time.UTC)
	for header, want := range map[string]time.Duration{
		"": 0, "7": 7 * time.Second, "-7": 0, "soon": 0, "99999999999999999999": 0,
		"Thu, 29 Feb 2024 12:00:30 GMT": 30 * time.Second, "Thu, 29 Feb 2024 11:00:00 GMT": 0,
	} {
		assert.Equal(t, want, parseRetryAfter(header, now), header)
	}
}

func TestPauses(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	r := &retry{attempts: 100, pause: defaultPause}
	for failed := 1; failed < 100; failed++ { // no overflow, however often
		assert.False(t, r.wait(ctx, failed, io.ErrUnexpectedEOF))
	}
	assert.False(t, r.wait(t.Context(), 100, io.ErrUnexpectedEOF))
}
