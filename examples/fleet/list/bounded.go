package list

import (
	"fmt"
	"io"
	"net/http"

	"github.com/stemma-go/stemma/examples/fleet/internal/ping"
)

// mostBytes is how long an answer of a registry may be: a list of all tags of a repository is
// often one page, and a tag has at most 128 bytes.
const mostBytes = 64 << 20

// Bounded returns a transport whose answers end with an error where they get too long to be a
// list, so that none fills the memory. inner sends the requests.
//
// It asks a registry once, and not for each repository, how it wants to be asked.
func Bounded(inner http.RoundTripper) http.RoundTripper { return &bounded{inner: inner} }

type bounded struct {
	inner http.RoundTripper
	pings ping.Memory
}

func (b *bounded) RoundTrip(req *http.Request) (*http.Response, error) {
	resp, err := b.pings.Ask(req, b.inner.RoundTrip)
	if err == nil {
		resp.Body = &boundedBody{resp.Body, mostBytes}
	}
	return resp, err
}

type boundedBody struct {
	io.ReadCloser
	left int64
}

func (b *boundedBody) Read(p []byte) (int, error) {
	if b.left <= 0 {
		b.Close() // who gets an error here may not do it
		return 0, fmt.Errorf("the answer is longer than %d MB", mostBytes>>20)
	}
	n, err := b.ReadCloser.Read(p[:min(int64(len(p)), b.left)])
	b.left -= int64(n)
	return n, err
}
