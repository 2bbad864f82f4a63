package artifact_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-containerregistry/pkg/authn"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/stemma-go/stemma/ancestry/catalogue/artifact"
)

// A tamper answers a request itself and returns true, or leaves it.
type tamper func(s *server, w http.ResponseWriter, r *http.Request) bool

func itoa(n int) string { return strconv.Itoa(n) }

func refuse(status int) tamper {
	return func(_ *server, w http.ResponseWriter, _ *http.Request) bool { w.WriteHeader(status); return true }
}

// onBlobs answers the requests for blobs.
func onBlobs(answer func(http.ResponseWriter)) tamper {
	return func(_ *server, w http.ResponseWriter, r *http.Request) bool {
		if r.Method != http.MethodGet || !strings.Contains(r.URL.Path, "/blobs/") {
			return false
		}
		answer(w)
		return true
	}
}

// manifest changes the manifest on its way.
func manifest(change *strings.Replacer) tamper {
	return func(s *server, w http.ResponseWriter, r *http.Request) bool {
		if r.Method != http.MethodGet || !strings.Contains(r.URL.Path, "/manifests/") {
			return false
		}
		is := httptest.NewRecorder()
		s.reg.ServeHTTP(is, r)
		w.Header().Set("Content-Type", "application/vnd.oci.image.manifest.v1+json")
		_, _ = w.Write([]byte(change.Replace(is.Body.String())))
		return true
	}
}

func raw(t testing.TB, s *server) []byte {
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+s.host+"/v2/acme/bases/manifests/2", nil)
	require.NoError(t, err)
	req.Header.Set("Accept", "application/vnd.oci.image.manifest.v1+json")
	resp, err := http.DefaultClient.Do(req)
	require.NoError(t, err)
	defer resp.Body.Close()
	var m json.RawMessage
	require.NoError(t, json.NewDecoder(resp.Body).Decode(&m))
	return m
}

func manifestOf(t testing.TB, s *server) (m v1.Manifest) {
	require.NoError(t, json.Unmarshal(raw(t, s), &m))
	return m
}

// files are those of a directory whose names begin so.
func files(t testing.TB, dir, prefix string) []string {
	t.Helper()
	all, err := filepath.Glob(filepath.Join(dir, prefix+"*"))
	require.NoError(t, err)
	return all
}

func overwrite(t testing.TB, dir, ending, content string) {
	t.Helper()
	all, err := filepath.Glob(filepath.Join(dir, "*"+ending))
	require.NoError(t, err)
	require.NotEmpty(t, all)
	for _, f := range all {
		require.NoError(t, os.WriteFile(f, []byte(content), 0o600))
	}
}

type keychain struct{ host string }

func (k keychain) Resolve(r authn.Resource) (authn.Authenticator, error) {
	if r.RegistryStr() != k.host {
		return authn.Anonymous, nil
	}
	return &authn.Basic{Username: "user", Password: "secret"}, nil
}

// A registry that sends its client elsewhere does not send the credentials with it.
func TestCredentialsStayHome(t *testing.T) {
	s, other := newServer(t), newServer(t)
	s.push(t, "2026-08-01")
	other.push(t, "2026-08-01")
	own, strange := 0, 0
	other.set(func(_ *server, _ http.ResponseWriter, r *http.Request) bool {
		if r.Header.Get("Authorization") != "" {
			strange++
		}
		return false
	})
	s.set(func(_ *server, w http.ResponseWriter, r *http.Request) bool {
		if r.Header.Get("Authorization") == "" {
			w.Header().Set("WWW-Authenticate", `Basic realm="x"`)
			w.WriteHeader(http.StatusUnauthorized)
			return true
		}
		own++
		if strings.Contains(r.URL.Path, "/blobs/") {
			http.Redirect(w, r, "http://"+other.host+r.URL.Path, http.StatusTemporaryRedirect)
			return true
		}
		return false
	})
	o := once(t.TempDir())
	o.Registry.Keychain = keychain{s.host}
	_, err := artifact.Fetch(t.Context(), s.ref(), o)
	require.NoError(t, err)
	assert.Positive(t, own)
	assert.Equal(t, 1, other.asked("/blobs/"))
	assert.Zero(t, strange)
}
