package artifact_test

import (
	"bytes"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/stemma-go/stemma/ancestry/catalogue/artifact"
	"github.com/stemma-go/stemma/ancestry/catalogue/own"
	"github.com/stemma-go/stemma/layers/source"
)

// fileOf makes a catalogue file of a day.
func fileOf(t testing.TB, day string) []byte {
	t.Helper()
	at, err := time.Parse(time.DateOnly, day)
	require.NoError(t, err)
	b := own.New("example.com/bases@"+strings.Repeat("c", 40), at)
	require.NoError(t, b.AddDockerfiles(t.Context(), fstest.MapFS{
		"acme/base/1/Dockerfile": {Data: fmt.Appendf(nil, "FROM debian:trixie\nRUN make %s\nENV A=b\n", day)},
	}, nil))
	var out bytes.Buffer
	_, err = b.WriteTo(&out)
	require.NoError(t, err)
	return out.Bytes()
}

// A server is a registry whose requests are noted, and may be tampered with.
type server struct {
	host   string
	mu     sync.Mutex
	got    []string
	tamper tamper
	reg    http.Handler
	close  func()
}

func newServer(t testing.TB) *server {
	t.Helper()
	reg := backend(t)
	s := &server{reg: reg}
	srv := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.mu.Lock()
		s.got = append(s.got, r.Method+" "+r.URL.Path)
		tamper := s.tamper
		s.mu.Unlock()
		if tamper == nil || !tamper(s, w, r) {
			reg.ServeHTTP(w, r)
		}
	}))
	srv.Config.ErrorLog = log.New(io.Discard, "", 0)
	srv.Start()
	t.Cleanup(srv.Close)
	s.close = srv.Close
	s.host = strings.TrimPrefix(srv.URL, "http://")
	return s
}

// set has all further requests tampered with, and forgets those before.
func (s *server) set(tamper tamper) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.tamper, s.got = tamper, nil
}

// asked counts the requests whose path has a part.
func (s *server) asked(part string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	n := 0
	for _, g := range s.got {
		if strings.Contains(g, part) {
			n++
		}
	}
	return n
}

func (s *server) ref() string { return s.host + "/acme/bases:2" }

// push publishes a catalogue of a day, and returns its file and reference by digest.
func (s *server) push(t testing.TB, day string) (file []byte, pinned string) {
	t.Helper()
	file = fileOf(t, day)
	h, err := artifact.Push(t.Context(), s.ref(), file, nil)
	require.NoError(t, err)
	return file, s.host + "/acme/bases@" + h.String()
}

// once are options that keep catalogues in dir, and try once.
func once(dir string) *artifact.Options {
	return &artifact.Options{Dir: dir, Registry: source.Options{Attempts: 1}}
}
