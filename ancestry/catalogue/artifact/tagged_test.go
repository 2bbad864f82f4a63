//go:build tagged

package artifact_test

import (
	"io"
	"log"
	"net/http"
	"net/http/httputil"
	"net/url"
	"os/exec"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/stemma-go/stemma/ancestry/catalogue/artifact"
	"github.com/stemma-go/stemma/testdata/realregistry"
)

// backend is Debian's docker-registry.
func backend(t testing.TB) http.Handler {
	addr := realregistry.Serve(t, "oci:../../../testdata/sample/image", "app:1")
	return &httputil.ReverseProxy{
		Rewrite: func(r *httputil.ProxyRequest) {
			r.SetURL(&url.URL{Scheme: "http", Host: addr})
			r.Out.Host = r.In.Host // so that it redirects to the proxy
		},
		ErrorLog: log.New(io.Discard, "", 0),
	}
}

// TestTaggedOnDockerRegistry runs the tests with Debian's docker-registry.
func TestTaggedOnDockerRegistry(t *testing.T) {
	for name, test := range map[string]func(*testing.T){
		"push and fetch": TestPushAndFetch, "manifest": TestManifest, "update": TestUpdate, "damaged": TestDamaged,
		"registry fails": TestRegistryFails, "no network": TestNoNetwork, "interrupted": TestInterrupted, "at once": TestAtOnce,
		"processes": TestProcessesAtOnce, "not kept": TestNotKept, "nothing outside": TestNothingIsWrittenOutside,
		"parts": TestParts, "verify": TestVerify, "credentials": TestCredentialsStayHome, "same answers": TestSameAnswers,
	} {
		t.Run(name, test)
	}
}

// TestTaggedReadOnly: where the file system is read-only, what is kept is used, and what is
// newer is fetched and not kept.
func TestTaggedReadOnly(t *testing.T) {
	s, dir := newServer(t), t.TempDir()
	mount := func(args ...string) {
		out, err := exec.Command("mount", args...).CombinedOutput()
		if err != nil {
			t.Skipf("mount: %v: %s", err, out)
		}
	}
	mount("-t", "tmpfs", "-o", "mode=700", "none", dir)
	t.Cleanup(func() { assert.NoError(t, exec.Command("umount", dir).Run()) })
	old, _ := s.push(t, "2026-08-01")
	_, err := artifact.Fetch(t.Context(), s.ref(), once(dir))
	require.NoError(t, err)
	mount("-o", "remount,ro", dir)
	newer, _ := s.push(t, "2026-08-08")
	f, err := artifact.Fetch(t.Context(), s.ref(), once(dir))
	require.NoError(t, err)
	assert.Equal(t, newer, f.File)
	assert.ErrorContains(t, f.NotKept, "read-only")
	o := once(dir)
	o.Offline = true
	f, err = artifact.Fetch(t.Context(), s.ref(), o)
	require.NoError(t, err)
	assert.Equal(t, old, f.File)
}
