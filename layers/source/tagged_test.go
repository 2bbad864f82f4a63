//go:build tagged

package source

import (
	"io"
	"log"
	"net/http"
	"net/http/httputil"
	"net/url"
	"testing"
	"time"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/stemma-go/stemma/testdata/realregistry"
)

// TestTaggedFaults reads the sample image from Debian's docker-registry, behind the
// proxy that does the faults.
func TestTaggedFaults(t *testing.T) {
	const sample = "oci:../../testdata/sample/image"
	src := mustOpen(t, sample, nil)
	registry := startRegistry(t, sample)
	m, err := src.Manifest()
	require.NoError(t, err)
	largest := m.Layers[0]
	var digests []v1.Hash
	for _, d := range m.Layers {
		digests = append(digests, d.Digest)
		if d.Size > largest.Size {
			largest = d
		}
	}
	open := func(o *Options, faults func(blob string) []fault) (*Image, *proxy) {
		p := newProxy(registry, faults)
		return mustOpen(t, serve(t, p)+"/app:1", o), p
	}
	on := func(faults ...fault) func(blob string) []fault {
		return func(blob string) []fault {
			if blob == largest.Digest.String() {
				return faults
			}
			return nil
		}
	}

	half := largest.Size / 2
	for what, test := range map[string]struct {
		faults   []fault
		complete bool
		requests int
	}{
		"sound":          {[]fault{sound}, true, 1},
		"dropped":        {[]fault{dropped(half), dropped(half / 2), sound}, true, 3},
		"always dropped": {[]fault{dropped(half / 9)}, false, 4},
		"429":            {[]fault{refused(429, "1"), dropped(half), refused(429, "0"), sound}, true, 4},
		"always 429":     {[]fault{refused(429, "0")}, false, 4},
		"500":            {[]fault{refused(500, ""), dropped(half), refused(500, ""), sound}, true, 4},
		"always 500":     {[]fault{refused(500, "")}, false, 4},
		"truncated":      {[]fault{truncated(half, false), sound}, true, 2},
		"short":          {[]fault{truncated(half, true)}, false, 1},
		"stalled":        {[]fault{stalled(half), silent, sound}, true, 3},
		"always stalled": {[]fault{stalled(half / 9)}, false, 4},
		"corrupted":      {[]fault{corrupted(half)}, false, 1},
		"no ranges":      {[]fault{dropped(half), rangeless(sound)}, true, 2},
		"404":            {[]fault{dropped(half), refused(404, "")}, false, 2},
	} {
		t.Run(what, func(t *testing.T) {
			o := patient(4)
			o.IdleTimeout = 2 * time.Second
			img, p := open(o, on(test.faults...))
			says := requireHonest(t, src, img)
			assert.Equal(t, test.complete, len(says) == 0, "%v", says)
			if !test.complete {
				assert.Len(t, says, 1)
			}
			assert.Len(t, p.asked(largest.Digest), test.requests)
		})
	}

	const offsets = 12
	for n := range int64(offsets) {
		at := n * (largest.Size - 1) / (offsets - 1)
		img, _ := open(patient(2), on(dropped(at), sound))
		require.Empty(t, requireHonest(t, src, img), "dropped after %d bytes", at)
	}

	const runs = 25
	broken := 0
	for seed := range uint64(runs) {
		o := patient(4)
		o.IdleTimeout = time.Second
		img, _ := open(o, chaos(seed, digests, largest.Size/3))
		broken += len(requireHonest(t, src, img))
	}
	t.Logf("chaos: %d of %d layers were not complete, and said so", broken, runs*len(digests))
	assert.NotZero(t, broken)
	assert.Less(t, broken, runs*len(digests)/2)
}

// startRegistry serves the layout as app:1, and returns a handler that leads to it.
func startRegistry(t *testing.T, layout string) http.Handler {
	addr := realregistry.Serve(t, layout, "app:1")
	return &httputil.ReverseProxy{
		Rewrite:  func(r *httputil.ProxyRequest) { r.SetURL(&url.URL{Scheme: "http", Host: addr}) },
		ErrorLog: log.New(io.Discard, "", 0),
	}
}
