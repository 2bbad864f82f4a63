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
	"slices"
	"strconv"
	"strings"
	"sync"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/remote/transport"
)

// errRange says that a registry did not answer with the part of a blob that it was
// asked for.
var errRange = errors.New("not the part of the blob that was asked for")

// fetch requests a blob from the byte at on, and up to the byte before end. Each request
// goes to the registry first, which may ask for a new token, and redirect to an address
// that has not expired. If whole is true, fetch requests the whole blob and skips its
// start. It reports whether the registry sent the whole blob without being asked for it.
func (r *repository) fetch(ctx context.Context, d v1.Descriptor, at, end int64, whole bool) (body io.ReadCloser, gaveWhole bool, err error) {
	repo := r.ref.Context()
	u := url.URL{Scheme: repo.Scheme(), Host: repo.RegistryStr(), Path: fmt.Sprintf("/v2/%s/blobs/%s", repo.RepositoryStr(), d.Digest)}
	req, err := http.NewRequestWithContext(context.WithValue(ctx, forBlob{}, true), http.MethodGet, u.String(), nil)
	if err != nil {
		return nil, false, permanent{err}
	}
	// Offsets count the stored bytes. A compressed transfer would have others.
	req.Header.Set("Accept-Encoding", "identity")
	part := (at > 0 || end < d.Size) && !whole
	if part {
		// with both ends, because not all registries know open ranges
		req.Header.Set("Range", fmt.Sprintf("bytes=%d-%d", at, end-1))
	}
	resp, err := r.client.Do(req)
	if err != nil {
		return nil, false, err
	}
	skip, err := checkResponse(resp, part, at, d.Size)
	if err == nil && skip > 0 {
		_, err = io.CopyN(io.Discard, resp.Body, skip)
	}
	if err != nil {
		resp.Body.Close()
		return nil, false, err
	}
	return resp.Body, part && resp.StatusCode == http.StatusOK, nil
}

// checkResponse returns how many bytes come before those that were asked for.
func checkResponse(resp *http.Response, part bool, at, size int64) (skip int64, err error) {
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

// checkRange compares a Content-Range with what was asked for. The part may end early,
// but must begin in the right place.
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

// checkRedirect prevents a registry from sending its client to hosts of the client's
// own network. go-containerregistry does the same for manifests.
// local are the hosts to which it may.
func checkRedirect(local []string) func(req *http.Request, via []*http.Request) error {
	return func(req *http.Request, via []*http.Request) error {
		if len(via) >= 10 {
			return permanent{errors.New("redirects ten times")}
		}
		return checkHost(via[0].URL.Hostname(), req.URL.Hostname(), local)
	}
}

func checkHost(from, to string, local []string) error {
	if from == to || isPublic(to) || isLoopback(from) && isLoopback(to) || slices.Contains(local, to) {
		return nil
	}
	return permanent{fmt.Errorf("redirects to %s, an address of a local network, which must be allowed for it (Options.LocalRedirects)", to)}
}

// isPublic reports whether a host is a name, or an address outside local networks. It
// refuses localhost, and the old ways to write an IPv4 address, such as 127.1 or
// 0x7f000001: they end in a number, and no name does.
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

// enoughProgress is how many bytes must have come since the last failure for the
// number of failures to start again. A large layer on a poor line may break off often,
// but a server that sends a byte at a time must not be asked for ever.
const enoughProgress = 1 << 20

// stream is a blob of a registry. The first Read sends the first request. Where a
// connection breaks off, the next one continues.
//
// Nothing checks that the bytes of several connections belong together. A reader that
// verifies the digest of the blob finds out.
type stream struct {
	size    int64                                                        // as the manifest claims
	ends    []int64                                                      // where requests end, besides the end of the blob; ascending
	fetch   func(at, end int64, whole bool) (io.ReadCloser, bool, error) // repository.fetch
	wait    func(failed int, err error) bool                             // retry.wait
	explain func(error) error
	ended   func() error // why the stream was ended from outside; nil if it was not
	cancel  context.CancelCauseFunc

	mu   sync.Mutex // guards body, which Read sets and Close reads
	body io.ReadCloser

	at        int64 // bytes that have come
	end       int64 // of what was asked for
	whole     bool  // the registry does not send parts of a blob
	failed    int   // attempts since the last enoughProgress
	failedAt  int64 // at, at the last failure
	attempted error // the last attempt's error, for the next Read
	err       error // the end of the stream
}

// newStream returns a stream. Both ctx and Close end a Read that waits.
func (r *repository) newStream(ctx context.Context, d v1.Descriptor) *stream {
	ctx, cancel := context.WithCancelCause(ctx)
	return &stream{
		size: d.Size,
		fetch: func(at, end int64, whole bool) (io.ReadCloser, bool, error) {
			return r.fetch(ctx, d, at, end, whole)
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
		if s.attempted != nil {
			s.err, s.attempted = s.handleFailure(s.attempted), nil
		}
		if s.err != nil {
			return 0, s.err
		}
		n, err := s.attempt(p)
		s.at += int64(n)
		s.attempted = err
		if n > 0 {
			return n, nil
		}
	}
}

// attempt reads from the connection, or from a new one if there is none.
func (s *stream) attempt(p []byte) (int, error) {
	if s.body == nil {
		s.end = s.nextEnd()
		body, whole, err := s.fetch(s.at, s.end, s.whole)
		s.whole = s.whole || whole
		if err != nil {
			return 0, err
		}
		s.setBody(body)
	}
	return s.body.Read(p)
}

// firstPart is how many bytes are asked for first where only the beginning of a blob is
// read. The files that tell what Debian's root is are in its first 100 kB, those of
// Alpine's in the first 500 kB. What is asked for may be on its way before anybody knows
// that it is not needed, up to 4 MiB with HTTP/2.
const firstPart = 512 << 10

// readBeginning has the stream ask for no more than most bytes, as long as no more are
// read, and for fewer at first.
func (s *stream) readBeginning(most int64) { s.ends = []int64{min(firstPart, most), most} }

// nextEnd returns where the next request ends.
func (s *stream) nextEnd() int64 {
	for _, end := range s.ends {
		if s.at < end && end < s.size {
			return end
		}
	}
	return s.size
}

// setBody replaces the connection, and closes the old one. If Close is called at the
// same time, it has cancelled the new one.
func (s *stream) setBody(body io.ReadCloser) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.body != nil {
		s.body.Close()
	}
	s.body = body
}

// handleFailure decides what to do after an attempt's error. It returns the error that
// ends the stream, or, after a pause, nil for another attempt.
func (s *stream) handleFailure(err error) error {
	read := s.body != nil
	s.setBody(nil)
	if ended := s.ended(); ended != nil {
		return ended
	}
	if read && s.at >= s.size {
		return io.EOF // even if the connection broke: nothing was left to come
	}
	if read && s.at == s.end {
		return nil // all of this part has come
	}
	if err == io.EOF {
		err = io.ErrUnexpectedEOF
	}
	if errors.Is(err, errRange) {
		s.whole = true
	}
	if !s.whole && s.at-s.failedAt >= enoughProgress {
		s.failed = 0
	}
	s.failed++
	s.failedAt = s.at
	if temporary(err) && s.wait(s.failed, err) {
		return nil
	}
	if ended := s.ended(); ended != nil {
		return ended
	}
	return s.giveUp(s.explain(err))
}

// giveUp returns the last failure with how far the stream had come.
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
