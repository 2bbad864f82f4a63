// Package counting counts what a server is asked for and what it sends, for tests.
package counting

import (
	"net/http"
	"slices"
	"sync"
)

// A Handler passes requests on to another, and counts.
type Handler struct {
	inner http.Handler

	mu       sync.Mutex
	requests []string
	bytes    int64
}

// New returns a Handler before inner.
func New(inner http.Handler) *Handler { return &Handler{inner: inner} }

// Requests returns the requests so far: "GET /v2/".
func (h *Handler) Requests() []string {
	h.mu.Lock()
	defer h.mu.Unlock()
	return slices.Clone(h.requests)
}

// Bytes returns the bytes of all answers so far, without their headers. What a client has
// not read may be among them.
func (h *Handler) Bytes() int64 {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.bytes
}

func (h *Handler) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	h.mu.Lock()
	h.requests = append(h.requests, req.Method+" "+req.URL.Path)
	h.mu.Unlock()
	h.inner.ServeHTTP(&writer{ResponseWriter: w, handler: h}, req)
}

type writer struct {
	http.ResponseWriter
	handler *Handler
}

// Write writes little at a time, so that what a client does not take is not counted.
func (w *writer) Write(p []byte) (written int, err error) {
	const piece = 16 << 10
	for written < len(p) && err == nil {
		var n int
		n, err = w.ResponseWriter.Write(p[written:min(written+piece, len(p))])
		written += n
		w.handler.mu.Lock()
		w.handler.bytes += int64(n)
		w.handler.mu.Unlock()
	}
	return written, err
}
