package source

import (
	"bytes"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"

	v1 "github.com/google/go-containerregistry/pkg/v1"
)

// fault answers a request wrongly. It has the registry's right answer at hand.
type fault func(right http.Handler, w http.ResponseWriter, req *http.Request)

func sound(right http.Handler, w http.ResponseWriter, req *http.Request) { right.ServeHTTP(w, req) }

// tampered passes on a registry's answer with changes.
type tampered struct {
	http.ResponseWriter
	header func(http.Header)
	body   func(at int64, p []byte) []byte // of the answer; what is to be written
	at     int64
}

func (t *tampered) WriteHeader(status int) {
	if t.header != nil {
		t.header(t.Header())
	}
	t.ResponseWriter.WriteHeader(status)
}

func (t *tampered) Write(p []byte) (int, error) {
	out := p
	if t.body != nil {
		out = t.body(t.at, bytes.Clone(p))
	}
	t.at += int64(len(p))
	n, err := t.ResponseWriter.Write(out)
	if err == nil {
		n = len(p)
	}
	return n, err
}

func (t *tampered) flush() { _ = http.NewResponseController(t.ResponseWriter).Flush() }

// after lets n bytes of an answer pass, and then calls a function.
func after(n int64, then func(t *tampered, req *http.Request)) fault {
	return func(right http.Handler, w http.ResponseWriter, req *http.Request) {
		t := &tampered{ResponseWriter: w}
		t.body = func(at int64, p []byte) []byte {
			if at+int64(len(p)) <= n {
				return p
			}
			_, _ = w.Write(p[:max(n-at, 0)])
			t.flush()
			then(t, req)
			return nil
		}
		right.ServeHTTP(t, req)
	}
}

// dropped breaks the connection.
func dropped(n int64) fault {
	return after(n, func(*tampered, *http.Request) { panic(http.ErrAbortHandler) })
}

// stalled leaves the connection open and sends nothing more.
func stalled(n int64) fault {
	return after(n, func(_ *tampered, req *http.Request) {
		<-req.Context().Done()
		panic(http.ErrAbortHandler)
	})
}

// silent never answers.
func silent(_ http.Handler, _ http.ResponseWriter, req *http.Request) { <-req.Context().Done() }

// truncated ends the answer as if it were complete, without or with a length.
func truncated(n int64, length bool) fault {
	return func(right http.Handler, w http.ResponseWriter, req *http.Request) {
		t := &tampered{ResponseWriter: w}
		t.header = func(h http.Header) {
			h.Del("Content-Length")
			if length {
				h.Set("Content-Length", strconv.FormatInt(n, 10))
			}
		}
		t.body = func(at int64, p []byte) []byte {
			t.flush() // or net/http finds a length
			return p[:min(max(n-at, 0), int64(len(p)))]
		}
		right.ServeHTTP(t, req)
	}
}

// corrupted changes one byte.
func corrupted(n int64) fault {
	return func(right http.Handler, w http.ResponseWriter, req *http.Request) {
		right.ServeHTTP(&tampered{ResponseWriter: w, body: func(at int64, p []byte) []byte {
			if n >= at && n < at+int64(len(p)) {
				p[n-at] ^= 1
			}
			return p
		}}, req)
	}
}

// refused answers with a status.
func refused(status int, retryAfter string) fault {
	return func(_ http.Handler, w http.ResponseWriter, _ *http.Request) {
		if retryAfter != "" {
			w.Header().Set("Retry-After", retryAfter)
		}
		w.WriteHeader(status)
		fmt.Fprint(w, `{"errors":[{"code":"UNKNOWN","message":"not now"}]}`)
	}
}

// rangeless does not know ranges, and then does what f does.
func rangeless(f fault) fault {
	return func(right http.Handler, w http.ResponseWriter, req *http.Request) {
		req.Header.Del("Range")
		f(right, w, req)
	}
}

// mislabelled sends a part with the Content-Range of another.
func mislabelled(label string) fault {
	return func(right http.Handler, w http.ResponseWriter, req *http.Request) {
		right.ServeHTTP(&tampered{ResponseWriter: w, header: func(h http.Header) { h.Set("Content-Range", label) }}, req)
	}
}

// proxy stands between a client and a registry. It answers the requests for a blob with
// the faults of a list, in turn, and all further ones with the last.
type proxy struct {
	registry http.Handler
	faults   func(blob string) []fault

	mu     sync.Mutex
	ranges map[string][]string // that the requests of a blob asked for
}

func (p *proxy) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	_, blob, ok := strings.Cut(req.URL.Path, "/blobs/")
	if !ok || req.Method != http.MethodGet {
		p.registry.ServeHTTP(w, req)
		return
	}
	faults := p.faults(blob)
	p.mu.Lock()
	n := len(p.ranges[blob])
	p.ranges[blob] = append(p.ranges[blob], req.Header.Get("Range"))
	p.mu.Unlock()
	if len(faults) == 0 {
		faults = []fault{sound}
	}
	faults[min(n, len(faults)-1)](p.registry, w, req)
}

func (p *proxy) asked(blob v1.Hash) []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.ranges[blob.String()])
}
