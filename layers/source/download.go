package source

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/netip"
	"net/url"
	"os"
	"strconv"
	"strings"
	"sync"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/remote/transport"
)

// errRange is an answer to the request of a blob's rest that cannot be used.
var errRange = errors.New("not the part of the blob that was asked for")

// fetch asks for a blob from the byte at on. It goes through the registry each
// time, which then may ask for a new token, and redirect to an address that has
// not expired. The whole blob is asked for, and what is not wanted of it skipped,
// if the caller says so; a registry that gives it unasked for is reported.
func (r *repository) fetch(ctx context.Context, d v1.Descriptor, at int64, whole bool) (io.ReadCloser, bool, error) {
	repo := r.ref.Context()
	u := url.URL{Scheme: repo.Scheme(), Host: repo.RegistryStr(), Path: fmt.Sprintf("/v2/%s/blobs/%s", repo.RepositoryStr(), d.Digest)}
	req, err := http.NewRequestWithContext(context.WithValue(ctx, forBlob{}, true), http.MethodGet, u.String(), nil)
	if err != nil {
		return nil, false, permanent{err}
	}
	// The stored bytes, at whose offsets ranges start, and not a form of them
	// that the client would undo.
	req.Header.Set("Accept-Encoding", "identity")
	part := at > 0 && !whole
	if part {
		// Both ends are named, since not all registries know open ranges.
		req.Header.Set("Range", fmt.Sprintf("bytes=%d-%d", at, d.Size-1))
	}
	resp, err := r.client.Do(req)
	if err != nil {
		return nil, false, err
	}
	skip, err := judge(resp, part, at, d.Size)
	if err == nil && skip > 0 {
		_, err = io.CopyN(io.Discard, resp.Body, skip)
	}
	if err != nil {
		resp.Body.Close()
		return nil, false, err
	}
	return resp.Body, part && skip > 0, nil
}

// judge gives the number of bytes that come before those that were asked for.
func judge(resp *http.Response, part bool, at, size int64) (skip int64, err error) {
	switch {
	case resp.StatusCode == http.StatusOK:
		if n := resp.ContentLength; n >= 0 && n != size {
			return 0, permanent{fmt.Errorf("gives %d bytes, the descriptor says %d", n, size)}
		}
		return at, nil
	case resp.StatusCode == http.StatusPartialContent && part:
		return 0, checkRange(resp.Header.Get("Content-Range"), at, size)
	case resp.StatusCode == http.StatusRequestedRangeNotSatisfiable && part:
		return 0, errRange
	}
	return 0, transport.CheckError(resp, http.StatusOK)
}

// checkRange compares a Content-Range with what was asked for. The part may end
// early, as it may begin only where it should.
func checkRange(header string, at, size int64) error {
	span, total, _ := strings.Cut(strings.TrimPrefix(header, "bytes "), "/")
	from, to, _ := strings.Cut(span, "-")
	first, err := strconv.ParseInt(from, 10, 64)
	last, lastErr := strconv.ParseInt(to, 10, 64)
	if err != nil || lastErr != nil || first != at || last < at || last >= size ||
		total != "*" && total != strconv.FormatInt(size, 10) {
		return fmt.Errorf("%w: bytes %d-%d/%d, but %q", errRange, at, size-1, size, oneLine(header, 60))
	}
	return nil
}

// checkRedirect keeps a registry from having its client ask hosts of the client's
// own network, as go-containerregistry does for manifests.
func checkRedirect(req *http.Request, via []*http.Request) error {
	if len(via) >= 10 {
		return permanent{errors.New("redirects ten times")}
	}
	return checkHost(via[0].URL.Hostname(), req.URL.Hostname())
}

func checkHost(from, to string) error {
	if from == to || isPublic(to) || isLoopback(from) && isLoopback(to) {
		return nil
	}
	return permanent{fmt.Errorf("redirects to %s, an address of a local network", to)}
}

// isPublic tells whether a host is a name, or an address outside local networks.
// The old ways to write an IPv4 address, such as 127.1 or 0x7f000001, end in a
// number, which no name does; they are refused, as is localhost.
func isPublic(host string) bool {
	ip, err := netip.ParseAddr(host)
	if err != nil {
		last := strings.ToLower(strings.TrimSuffix(host, "."))
		last = last[strings.LastIndexByte(last, '.')+1:]
		return last != "localhost" && strings.Trim(last, "0123456789") != "" && !strings.HasPrefix(last, "0x")
	}
	ip = ip.Unmap()
	return !ip.IsLoopback() && !ip.IsPrivate() && !ip.IsLinkLocalUnicast() && !ip.IsMulticast() && !ip.IsUnspecified()
}

// forgiving is how many bytes must have come since the last failure for the
// failures before to be forgotten: a large layer over a poor line breaks off
// often, and a server that gives a byte at a time is not waited for.
const forgiving = 1 << 20

// stream is a registry's blob. Nothing is asked for before the first Read; where
// the connection breaks off, the next one goes on.
//
// The bytes of several connections make one stream without being compared: the
// registry owes the same ones each time, and whoever verifies the blob's digest
// sees whether it kept to that.
type stream struct {
	size    int64                                                   // as the manifest claims
	fetch   func(at int64, whole bool) (io.ReadCloser, bool, error) // of repository
	wait    func(failed int, err error) bool                        // of retry
	explain func(error) error
	ended   func() error // why nothing more is to be read, nil if that is not so
	cancel  context.CancelCauseFunc

	mu   sync.Mutex // Read sets body, Close looks at it
	body io.ReadCloser

	at      int64 // bytes given so far
	whole   bool  // the registry does not give parts of a blob
	failed  int   // attempts, without those forgotten
	since   int64 // at, at the last failure
	pending error // of the last attempt, to be dealt with at the next Read
	err     error // the stream's end
}

// newStream gives a blob as it is read. Both ctx and Close end a Read that waits.
func (r *repository) newStream(ctx context.Context, d v1.Descriptor) *stream {
	ctx, cancel := context.WithCancelCause(ctx)
	return &stream{
		size: d.Size,
		fetch: func(at int64, whole bool) (io.ReadCloser, bool, error) {
			return r.fetch(ctx, d, at, whole)
		},
		wait:    func(failed int, err error) bool { return r.retry.wait(ctx, failed, err) },
		explain: func(err error) error { return r.explainOf(d, err) },
		ended:   func() error { return context.Cause(ctx) },
		cancel:  cancel,
	}
}

func (s *stream) Read(p []byte) (int, error) {
	if len(p) == 0 {
		return 0, nil
	}
	for {
		if s.pending != nil {
			s.err, s.pending = s.settle(s.pending), nil
		}
		if s.err != nil {
			return 0, s.err
		}
		n, err := s.attempt(p)
		s.at += int64(n)
		s.pending = err
		if n > 0 {
			return n, nil
		}
	}
}

// attempt reads from the connection there is, or else from a new one.
func (s *stream) attempt(p []byte) (int, error) {
	if s.body == nil {
		body, whole, err := s.fetch(s.at, s.whole)
		s.whole = s.whole || whole
		if err != nil {
			return 0, err
		}
		s.setBody(body)
	}
	return s.body.Read(p)
}

// setBody closes the connection there is. A Close that comes at the same time has
// cancelled the new one.
func (s *stream) setBody(body io.ReadCloser) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.body != nil {
		s.body.Close()
	}
	s.body = body
}

// settle decides what follows from an attempt's error. It gives the one that ends
// the stream, or nil after a pause, when there is to be another attempt.
func (s *stream) settle(err error) error {
	read := s.body != nil
	s.setBody(nil)
	if ended := s.ended(); ended != nil {
		return ended
	}
	if read && s.at >= s.size {
		return io.EOF // also where the connection broke with nothing left to come
	}
	if err == io.EOF {
		err = io.ErrUnexpectedEOF
	}
	if errors.Is(err, errRange) {
		s.whole = true
	}
	if !s.whole && s.at-s.since >= forgiving {
		s.failed = 0
	}
	s.failed++
	s.since = s.at
	if temporary(err) && s.wait(s.failed, err) {
		return nil
	}
	if ended := s.ended(); ended != nil {
		return ended
	}
	return s.giveUp(s.explain(err))
}

// giveUp adds to the last failure how far the stream had come.
func (s *stream) giveUp(err error) error {
	attempts := ""
	if s.failed > 1 {
		attempts = fmt.Sprintf("%d attempts, the last: ", s.failed)
	}
	if s.at == 0 {
		return explainf(because(err), "%s%v", attempts, err)
	}
	return explainf(because(err), "broke off after %d of %d bytes: %s%v", s.at, s.size, attempts, err)
}

// Close ends the stream, and a Read that waits.
func (s *stream) Close() error {
	s.cancel(os.ErrClosed)
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.body == nil {
		return nil
	}
	return s.body.Close()
}
