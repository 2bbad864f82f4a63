package ping

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// What is the same for all repositories is asked for once, and nothing else is remembered.
func TestMemory(t *testing.T) {
	down := errors.New("nobody is there")
	for name, c := range map[string]struct {
		url, authorization string
		status             int
		err                error
		sent               int // of three
	}{
		"anybody may read":  {"https://r.example/v2/", "", http.StatusOK, nil, 1},
		"log in":            {"https://r.example/v2/", "", http.StatusUnauthorized, nil, 1},
		"with credentials":  {"https://r.example/v2/", "Basic eA==", http.StatusOK, nil, 3},
		"a manifest":        {"https://r.example/v2/a/manifests/1", "", http.StatusOK, nil, 3},
		"busy":              {"https://r.example/v2/", "", http.StatusServiceUnavailable, nil, 3},
		"down":              {"https://r.example/v2/", "", 0, down, 3},
		"with a parameter":  {"https://r.example/v2/?a=b", "", http.StatusOK, nil, 3},
		"redirected":        {"https://r.example/v2/", "", http.StatusFound, nil, 3},
		"it is no registry": {"https://r.example/v2/", "", http.StatusNotFound, nil, 3},
	} {
		var m Memory
		sent := 0
		for range 3 {
			req := httptest.NewRequest(http.MethodGet, c.url, nil)
			if c.authorization != "" {
				req.Header.Set("Authorization", c.authorization)
			}
			resp, err := m.Ask(req, func(*http.Request) (*http.Response, error) {
				sent++
				if c.err != nil {
					return nil, c.err
				}
				return &http.Response{StatusCode: c.status, Header: http.Header{"Www-Authenticate": {"Bearer realm=x"}}, Body: http.NoBody}, nil
			})
			require.Equal(t, c.err, err, name)
			if err == nil {
				assert.Equal(t, c.status, resp.StatusCode, name)
				assert.Equal(t, "Bearer realm=x", resp.Header.Get("WWW-Authenticate"), name)
				require.NoError(t, resp.Body.Close())
			}
		}
		assert.Equal(t, c.sent, sent, name)
	}
}

// That a port has no HTTPS is remembered, for each scheme on its own, and not for ever.
func TestPlain(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	t.Cleanup(server.Close)
	var m Memory
	sent := 0
	ask := func(scheme string) error {
		req := httptest.NewRequest(http.MethodGet, scheme+server.URL[len("http"):]+"/v2/", nil)
		resp, err := m.Ask(req, func(req *http.Request) (*http.Response, error) {
			sent++
			return http.DefaultTransport.RoundTrip(req)
		})
		if err == nil {
			require.NoError(t, resp.Body.Close())
		}
		return err
	}
	for range 3 {
		assert.Error(t, ask("https"))
		assert.NoError(t, ask("http"))
	}
	assert.Equal(t, 2, sent)
	for place, a := range m.answers {
		a.at = a.at.Add(-fresh)
		m.answers[place] = a
	}
	assert.NoError(t, ask("http"))
	assert.Equal(t, 3, sent)
	assert.Less(t, time.Since(m.answers["http://"+server.URL[len("http://"):]].at), fresh)
}
