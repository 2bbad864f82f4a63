package source

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"sync"

	v1 "github.com/google/go-containerregistry/pkg/v1"
)

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
