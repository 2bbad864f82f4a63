package source

import (
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"

	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/v1/remote"
)

// guard carries the requests to a registry. It refuses plain HTTP to a host that
// is not on the loopback interface, which go-containerregistry permits for
// private networks, and where a registry sends its client to another host; and
// redirects to a local network that it does not know. And it limits all answers
// but blobs: manifests before they are read, and what is read only to be thrown away.
type guard struct {
	inner    http.RoundTripper
	own      *http.Transport // inner, if it was made for this guard
	insecure bool
	manifest int64 // bytes
}

// errPlainHTTP is what a refused request fails with.
var errPlainHTTP = errors.New("plain HTTP is not allowed except on the loopback interface")

func newGuard(o *Options) *guard {
	g := &guard{inner: o.Transport, insecure: o.Insecure, manifest: o.Limits.Manifest}
	if g.inner == nil {
		g.inner = remote.DefaultTransport
		if t, ok := g.inner.(*http.Transport); ok && o.Insecure {
			t = t.Clone()
			t.TLSClientConfig = &tls.Config{InsecureSkipVerify: true} // what Options.Insecure says
			g.inner, g.own = t, t
		}
	}
	return g
}

func (g *guard) RoundTrip(req *http.Request) (*http.Response, error) {
	if req.URL.Scheme == "http" && !g.insecure && !isLoopback(req.URL.Hostname()) {
		if req.Body != nil {
			req.Body.Close()
		}
		return nil, fmt.Errorf("%s: %w", req.URL.Host, errPlainHTTP)
	}
	if from := req.Response; from != nil && from.Request != nil {
		if err := checkHost(from.Request.URL.Hostname(), req.URL.Hostname()); err != nil {
			return nil, err
		}
	}
	resp, err := g.inner.RoundTrip(req)
	if err == nil && !isBlob(req, resp) {
		resp.Body = &limitedBody{ReadCloser: resp.Body, left: g.manifest, limit: g.manifest}
	}
	return resp, err
}

// forBlob marks the context of the requests of a blob, redirects included.
type forBlob struct{}

// isBlob tells whether an answer is a blob, or a part of one, whose size its reader
// knows. The address does not tell: it may be any, after a redirect.
func isBlob(req *http.Request, resp *http.Response) bool {
	return req.Context().Value(forBlob{}) != nil &&
		(resp.StatusCode == http.StatusOK || resp.StatusCode == http.StatusPartialContent)
}

// limitedBody fails where a reader of the response would need more than the limit.
type limitedBody struct {
	io.ReadCloser
	left, limit int64
}

func (l *limitedBody) Read(p []byte) (int, error) {
	n, err := l.ReadCloser.Read(p)
	if l.left -= int64(n); l.left < 0 {
		return n, tooLarge("manifest", l.limit-l.left, l.limit)
	}
	return n, err
}

func registryHost(ref name.Reference) string {
	host := ref.Context().RegistryStr()
	if h, _, err := net.SplitHostPort(host); err == nil {
		return h
	}
	return strings.Trim(host, "[]")
}

// isLoopback tells whether a host is this machine's loopback interface for sure.
func isLoopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}
