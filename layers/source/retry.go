package source

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"strings"
	"syscall"
	"time"

	"github.com/google/go-containerregistry/pkg/v1/remote/transport"
)

const (
	defaultAttempts = 5
	defaultPause    = time.Second

	// longestPause is where the pauses between attempts cease to double.
	longestPause = 30 * time.Second

	// longestWait is how long a registry's Retry-After is waited for. One
	// that asks for more, as some do for hours, has its refusal reported.
	longestWait = time.Minute
)

// retry is how failing requests to a registry are repeated.
type retry struct {
	attempts int
	pause    time.Duration        // before the second attempt; doubled before each further one
	asked    func() time.Duration // how long the registry asked to be left alone, from now on
}

// do calls f until it succeeds, or fails for good or too often. It repeats what
// broke off and what a registry says may be repeated; a registry that cannot be
// reached at all is more often a wrong name than a short failure.
func (r *retry) do(ctx context.Context, f func() error) error {
	for failed := 1; ; failed++ {
		err := f()
		if err == nil || !brokeOff(err) || !r.wait(ctx, failed, err) {
			if err != nil && ctx.Err() != nil {
				return ctx.Err()
			}
			return err
		}
	}
}

// wait pauses before the next attempt when failed ones have been made, the last
// of which ended with err. It reports whether there may be another one.
func (r *retry) wait(ctx context.Context, failed int, err error) bool {
	if failed >= r.attempts {
		return false
	}
	pause := min(r.pause<<min(failed-1, 20), longestPause)
	pause = min(pause/2+rand.N(pause), longestPause) // layers that failed together do not come back together
	if busy(err) {
		asked := r.asked()
		if asked > longestWait {
			return false
		}
		pause += max(asked, 0)
	}
	t := time.NewTimer(pause)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// permanent is an error that no further attempt can mend.
type permanent struct{ error }

func (p permanent) Unwrap() error { return p.error }

// temporary tells whether the request of a blob may succeed when it is repeated:
// whenever nothing says the contrary.
func temporary(err error) bool {
	if refused, ok := errors.AsType[*transport.Error](err); ok {
		return temporaryStatus(refused.StatusCode)
	}
	_, never := errors.AsType[permanent](err)
	return !never && !errors.Is(err, errPlainHTTP) && !certificateError(err)
}

// brokeOff tells whether err is about an exchange with a registry that had begun.
func brokeOff(err error) bool {
	if !temporary(err) {
		return false
	}
	if _, ok := errors.AsType[*transport.Error](err); ok {
		return true
	}
	return errors.Is(err, errStalled) || connectionBroke(err)
}

// streamError has the form of net/http's own error for a broken HTTP/2 stream,
// which has no exported name and lets itself be asked for by its fields.
type streamError struct {
	StreamID, Code uint32
	Cause          error
}

func (e streamError) Error() string { return fmt.Sprintf("stream %d: error %d", e.StreamID, e.Code) }

func connectionBroke(err error) bool {
	if _, ok := errors.AsType[streamError](err); ok {
		return true
	}
	// Of an HTTP/2 connection as a whole there is but the text.
	if text := err.Error(); strings.Contains(text, "http2: server sent GOAWAY") || strings.Contains(text, "http2: client connection lost") {
		return true
	}
	for _, is := range []error{io.EOF, io.ErrUnexpectedEOF, syscall.ECONNRESET, syscall.EPIPE} {
		if errors.Is(err, is) {
			return true
		}
	}
	return false
}

// temporaryStatus goes by the status alone: the codes in a refusal's body vary
// from registry to registry.
func temporaryStatus(status int) bool {
	switch status {
	case http.StatusRequestTimeout, http.StatusTooManyRequests:
		return true
	case http.StatusNotImplemented, http.StatusHTTPVersionNotSupported:
		return false
	}
	return status >= 500
}

// busy tells whether err is a refusal that may come with a Retry-After.
func busy(err error) bool {
	refused, ok := errors.AsType[*transport.Error](err)
	return ok && mayAsk(refused.StatusCode)
}

func mayAsk(status int) bool {
	return status == http.StatusTooManyRequests || status == http.StatusServiceUnavailable
}
