package source

import (
	"errors"
	"io/fs"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// A document with a digest is asked for once, a tag each time, and a repository is reached
// once, by however many.
func TestDocuments(t *testing.T) {
	var asked atomic.Int64
	reg := newRegistry()
	host := serve(t, http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		asked.Add(1)
		reg.ServeHTTP(w, req)
	}))
	img := testImage(t, hostPlatform, "gzip")
	push(t, host+"/app:1", img)
	digest, err := img.Digest()
	require.NoError(t, err)
	manifest, err := img.RawManifest()
	require.NoError(t, err)
	config, err := img.ConfigName()
	require.NoError(t, err)

	asked.Store(0)
	d := NewDocuments(fast())
	assert.Zero(t, asked.Load())
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			got, _, err := d.Get(t.Context(), host+"/app", "manifests", "1", 1<<20)
			assert.NoError(t, err)
			assert.Equal(t, manifest, got)
		})
	}
	wg.Wait()
	assert.EqualValues(t, 1+8, asked.Load())
	for _, want := range []int{1, 0} {
		got, requests, err := d.Get(t.Context(), host+"/app", "manifests", digest.String(), 1<<20)
		require.NoError(t, err)
		assert.Equal(t, manifest, got)
		assert.Equal(t, want, requests)
		_, requests, err = d.Get(t.Context(), host+"/app", "blobs", config.String(), 1<<20)
		require.NoError(t, err)
		assert.Equal(t, want, requests)
	}
	_, requests, err := d.Get(t.Context(), host+"/app", "manifests", "1", 1<<20)
	require.NoError(t, err)
	assert.Equal(t, 1, requests)
	require.NoError(t, d.Close())
}

// Errors say what is wrong in one line, and whether there is no such document.
func TestDocumentErrors(t *testing.T) {
	host := serve(t, newRegistry())
	img := testImage(t, hostPlatform, "gzip")
	push(t, host+"/app:1", img)
	none := "sha256:" + strings.Repeat("7", 64)
	d := NewDocuments(fast())
	for name, test := range map[string]struct {
		repository, what, reference string
		most                        int64
		says                        string
		none                        bool
	}{
		"no tag":             {host + "/app", "manifests", "2", 1 << 20, "has no 2 (404)", true},
		"no digest":          {host + "/app", "manifests", none, 1 << 20, "(404)", true},
		"no blob":            {host + "/app", "blobs", none, 1 << 20, "(404)", true},
		"no repository":      {host + "/other", "manifests", "1", 1 << 20, "404", true},
		"too large":          {host + "/app", "manifests", "1", 10, "over the limit of 10", false},
		"no kind":            {host + "/app", "tags", "list", 1 << 20, "no kind of document", false},
		"a tag of a blob":    {host + "/app", "blobs", "1", 1 << 20, "named by a digest", false},
		"a path":             {host + "/app", "manifests", "../../secret", 1 << 20, "no legal image reference", false},
		"a repository":       {host + "/../app", "manifests", "1", 1 << 20, "no legal image reference", false},
		"a tag in its name":  {host + "/app:1", "manifests", "2", 1 << 20, "no legal image reference", false},
		"a tag and a digest": {host + "/app", "manifests", "1@" + none, 1 << 20, "no legal image reference", false},
		"nothing":            {"", "manifests", "1", 1 << 20, "no legal image reference", false},
		"nobody":             {"127.0.0.1:1/app", "manifests", "1", 1 << 20, "cannot be reached", false},
	} {
		t.Run(name, func(t *testing.T) {
			raw, _, err := d.Get(t.Context(), test.repository, test.what, test.reference, test.most)
			require.ErrorContains(t, err, test.says)
			assert.Empty(t, raw)
			assert.NotContains(t, err.Error(), "\n")
			assert.Equal(t, test.none, errors.Is(err, fs.ErrNotExist), "%v", err)
		})
	}
}
