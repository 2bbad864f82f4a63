// Package ping remembers how registries answer GET /v2/, by which clients learn whether a
// registry speaks HTTPS, and where it wants them to log in.
//
// Package remote of go-containerregistry asks that for each repository. The answer is the same for
// all repositories of a registry, so that for a fleet of many repositories with a few tags each
// it is every second request.
// https://github.com/opencontainers/distribution-spec/blob/main/spec.md#determining-support
package ping

import (
	"crypto/tls"
	"errors"
	"io"
	"net/http"
	"sync"
	"time"
)

// fresh is how long an answer is taken for today's.
const fresh = time.Minute

// A Memory is what registries answered. The zero Memory is empty. It is safe for concurrent use.
type Memory struct {
	mu      sync.Mutex
	answers map[string]answer
}

// An answer is a status and its header, or an error.
type answer struct {
	at     time.Time
	status int
	header http.Header
	err    error
}

// Ask answers a request from memory if it asks for /v2/ alone, and a registry answered that less
// than a minute ago. Anything else is sent. Remembered are that everybody may read, that one must
// log in, and that there is no HTTPS at that port; never that a registry is down.
func (m *Memory) Ask(req *http.Request, send func(*http.Request) (*http.Response, error)) (*http.Response, error) {
	if req.Method != http.MethodGet || req.URL.Path != "/v2/" || req.URL.RawQuery != "" || req.Header.Get("Authorization") != "" {
		return send(req)
	}
	place := req.URL.Scheme + "://" + req.URL.Host
	if a, ok := m.recall(place); ok {
		return a.response(req)
	}
	resp, err := send(req)
	a := answer{at: time.Now(), err: err}
	if _, plain := errors.AsType[tls.RecordHeaderError](err); err != nil && !plain {
		return resp, err
	}
	if err == nil {
		if resp.StatusCode != http.StatusOK && resp.StatusCode != http.StatusUnauthorized {
			return resp, nil
		}
		a.status, a.header = resp.StatusCode, resp.Header.Clone()
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.answers == nil {
		m.answers = map[string]answer{}
	}
	m.answers[place] = a
	return resp, err
}

func (m *Memory) recall(place string) (answer, bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	a, ok := m.answers[place]
	return a, ok && time.Since(a.at) < fresh
}

// response is the answer once more, without its body, which says nothing.
func (a answer) response(req *http.Request) (*http.Response, error) {
	if req.Body != nil {
		req.Body.Close()
	}
	if a.err != nil {
		return nil, a.err
	}
	header := a.header.Clone()
	header.Del("Content-Length")
	return &http.Response{
		Status: http.StatusText(a.status), StatusCode: a.status, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: header, Body: io.NopCloser(http.NoBody), Request: req,
	}, nil
}
