package source

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/netip"
	"net/url"
	"strconv"
	"strings"

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
