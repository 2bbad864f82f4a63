package source

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/google/go-containerregistry/pkg/authn"
	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/google/go-containerregistry/pkg/v1/remote/transport"
	"github.com/google/go-containerregistry/pkg/v1/types"
)

const userAgent = "stemma"

// repository is a backend on one repository of a registry.
//
// go-containerregistry asks for the manifests. It cannot take up a blob again
// where it broke off, and it sleeps between its attempts whatever its context
// says; so blobs and repetitions are this package's, on a transport of
// go-containerregistry that both share: one handshake, and tokens that are renewed
// when they expire in the middle of a download.
type repository struct {
	ref    name.Reference
	puller *remote.Puller // of manifests
	client *http.Client   // of blobs
	retry  *retry
	own    *http.Transport // made for this repository, nil if none was
}

var _ backend = (*repository)(nil)

// openRegistry opens a registry's image.
func openRegistry(ctx context.Context, where reference, o *Options) (*Image, error) {
	ref, err := registryReference(where, o)
	if err != nil {
		return nil, err
	}
	r, err := newRepository(ctx, ref, o)
	if err != nil {
		return nil, errors.Join(r.explain(err, where), r.Close())
	}
	top, err := r.get(ctx, ref)
	if err != nil {
		return nil, errors.Join(r.explain(err, where), r.Close())
	}
	img, err := r.open(ctx, top, o)
	if err != nil {
		return nil, errors.Join(err, r.Close())
	}
	img.closer = r
	img.Scheme, img.Name = schemeRegistry, familiarReference(ref)
	if _, ok := ref.(name.Tag); ok {
		img.Tags = []string{img.Name}
	} else {
		img.RepoDigests = []string{img.Name}
	}
	return img, nil
}

// Close closes the connections that nothing else can use.
func (r *repository) Close() error {
	if r.own != nil {
		r.own.CloseIdleConnections()
	}
	return nil
}

func registryReference(where reference, o *Options) (name.Reference, error) {
	var opts []name.Option
	ref, err := parseName(where.name)
	if err == nil && (o.Insecure || isLoopback(registryHost(ref))) {
		opts = append(opts, name.Insecure)
	}
	if err == nil {
		ref, err = parseName(where.name, opts...)
	}
	switch {
	case err == nil:
		return ref, nil
	case where.forced:
		return nil, explainf(because(err), "no legal image reference: %v", err)
	}
	return nil, explainf(because(err), "neither an existing file nor a legal image reference")
}

// newRepository greets a registry and obtains what it wants to be shown. The
// repository can explain an error even if there is one.
func newRepository(ctx context.Context, ref name.Reference, o *Options) (*repository, error) {
	g := newGuard(o)
	p := &patience{inner: g, idle: o.IdleTimeout}
	r := &repository{ref: ref, own: g.own, retry: &retry{attempts: o.Attempts, pause: o.pause, asked: p.asked}}
	repo := ref.Context()
	auth, err := authn.Resolve(ctx, o.Keychain, repo)
	if err != nil {
		return r, err
	}
	agent := transport.NewUserAgent(p, userAgent)
	var known http.RoundTripper // to the registry
	err = r.retry.do(ctx, func() (err error) {
		known, err = transport.NewWithContext(ctx, repo.Registry, auth, agent, []string{repo.Scope(transport.PullScope)})
		return err
	})
	if err != nil {
		return r, err
	}
	r.client = &http.Client{Transport: known, CheckRedirect: checkRedirect}
	r.puller, err = remote.NewPuller(remote.WithTransport(known))
	return r, err
}

// get reads a manifest.
func (r *repository) get(ctx context.Context, ref name.Reference) (d *remote.Descriptor, err error) {
	err = r.retry.do(ctx, func() error {
		d, err = r.puller.Get(ctx, ref)
		return err
	})
	return d, err
}

// open opens the image of a manifest, or the one that is wanted of an index.
func (r *repository) open(ctx context.Context, top *remote.Descriptor, o *Options) (*Image, error) {
	if int64(len(top.Manifest)) > o.Limits.Manifest {
		return nil, tooLarge("manifest "+top.Digest.String(), int64(len(top.Manifest)), o.Limits.Manifest)
	}
	switch kindOf(top.Manifest) {
	case kindIndex:
	case kindImage:
		d := top.Descriptor
		d.Annotations = nil // the manifest's, which are read with it
		d.Data = top.Manifest
		return openCandidate(ctx, r, candidate{desc: d}, o.Limits)
	default:
		_, err := parseManifest(top.Manifest)
		return nil, err
	}
	all, err := walk(ctx, r, top.Manifest, top.Digest, o.Limits)
	if err != nil {
		return nil, err
	}
	c, err := choose(ctx, all, selection{}, o.Platform, platformReader(r, o.Limits))
	if err != nil {
		return nil, err
	}
	return openCandidate(ctx, r, c, o.Limits)
}

func (r *repository) manifest(ctx context.Context, d v1.Descriptor) (blob, error) {
	got, err := r.get(ctx, r.digest(d))
	if err != nil {
		return blob{}, r.explainOf(d, err)
	}
	return blob{ReadCloser: io.NopCloser(bytes.NewReader(got.Manifest)), size: int64(len(got.Manifest))}, nil
}

// blob gives a blob as it is downloaded, from its first Read on. Foreign layers
// are asked of this registry like others, and never of the addresses that their
// descriptors give.
func (r *repository) blob(ctx context.Context, d v1.Descriptor) (blob, error) {
	return blob{ReadCloser: r.newStream(ctx, d), size: -1}, nil
}

func (r *repository) digest(d v1.Descriptor) name.Digest {
	return r.ref.Context().Digest(d.Digest.String())
}

// explainOf explains an error about one manifest or blob.
func (r *repository) explainOf(d v1.Descriptor, err error) error {
	of := repository{ref: r.digest(d)}
	err = of.explain(err, reference{})
	if d.MediaType == types.DockerForeignLayer && len(d.URLs) > 0 {
		return explainf(because(err), "%v (a foreign layer, whose bytes are at %s)", err, list(d.URLs))
	}
	return err
}

// explain tells in a line why a registry gave no answer, or which. The cause
// stays within reach of errors.Is and errors.As.
func (r *repository) explain(err error, where reference) error {
	host := r.ref.Context().RegistryStr()
	if errors.Is(err, ErrLimit) || errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	// Before the answer: that may come from an attempt in plain HTTP after it.
	if certificateError(err) {
		return explainf(because(err), "registry %s: its certificate is not trusted: %v", host, innermost(err))
	}
	if refused, ok := errors.AsType[*transport.Error](err); ok {
		return r.explainRefusal(host, refused, err, where)
	}
	return explainNetwork(host, err)
}

// explainRefusal is for a registry that answered, but with an error.
func (r *repository) explainRefusal(host string, refused *transport.Error, err error, where reference) error {
	said := diagnosis(refused)
	if said != "" {
		said = fmt.Sprintf(" (it says %q)", said)
	}
	repo := r.ref.Context().RepositoryStr()
	hint := schemeHint(where)
	has := func(code transport.ErrorCode) bool {
		return slices.ContainsFunc(refused.Errors, func(d transport.Diagnostic) bool { return d.Code == code })
	}
	switch status := refused.StatusCode; {
	case status == http.StatusTooManyRequests || has(transport.TooManyRequestsErrorCode):
		return explainf(because(err), "registry %s: too many requests (429): wait, or log in for a higher limit%s", host, said)
	case status == http.StatusUnauthorized || status == http.StatusForbidden:
		return explainf(because(err), "registry %s: access to %s denied (%d): it does not exist, or needs a login that may read it%s%s", host, repo, status, said, hint)
	case has(transport.NameUnknownErrorCode):
		return explainf(because(ErrNotFound, err), "registry %s: no repository %s (%d)%s", host, repo, status, hint)
	case status == http.StatusNotFound:
		return explainf(because(ErrNotFound, err), "registry %s: repository %s has no %s (404)%s%s", host, repo, r.ref.Identifier(), said, hint)
	case status >= 500:
		return explainf(because(err), "registry %s: fails with %d %s%s", host, status, http.StatusText(status), said)
	default:
		return explainf(because(err), "registry %s: answers %d %s%s", host, status, http.StatusText(status), said)
	}
}

// diagnosis is the first message of a registry's answer in the form the
// distribution specification gives it; other answers may be any page.
func diagnosis(refused *transport.Error) string {
	for _, d := range refused.Errors {
		if d.Message != "" {
			return oneLine(d.Message, 150)
		}
	}
	return ""
}

// schemeHint is for who means the repository called registry or docker.
func schemeHint(where reference) string {
	if !where.forced || strings.ContainsAny(where.name, ":/@") {
		return ""
	}
	return fmt.Sprintf("; the image %s:%s is written %s:%s:%s", where.scheme, where.name, schemeRegistry, where.scheme, where.name)
}

func certificateError(err error) bool {
	var (
		unknownAuthority x509.UnknownAuthorityError
		wrongHost        x509.HostnameError
		invalid          x509.CertificateInvalidError
	)
	return errors.As(err, &unknownAuthority) || errors.As(err, &wrongHost) || errors.As(err, &invalid)
}

// explainNetwork is for a registry that could not be reached.
func explainNetwork(host string, err error) error {
	var record tls.RecordHeaderError
	switch {
	case errors.As(err, &record), strings.Contains(err.Error(), "server gave HTTP response to HTTPS client"), errors.Is(err, errPlainHTTP):
		return explainf(because(err), "registry %s: does not answer over HTTPS, and plain HTTP must be allowed for it: %v", host, innermost(err))
	}
	if never, ok := errors.AsType[permanent](err); ok {
		return explainf(because(err), "registry %s: %v", host, never)
	}
	switch {
	case errors.Is(err, errStalled):
		return explainf(because(err), "registry %s: %v", host, innermost(err))
	case connectionBroke(err):
		return explainf(because(err), "registry %s: the connection broke off: %v", host, innermost(err))
	}
	if _, ok := errors.AsType[net.Error](err); ok {
		return explainf(because(err), "registry %s: cannot be reached: %v", host, innermost(err))
	}
	return explainf(because(err), "registry %s: %v", host, err)
}

// innermost leaves the request's method and address out of a network error.
func innermost(err error) error {
	if urlErr, ok := errors.AsType[*url.Error](err); ok {
		return urlErr.Err
	}
	return err
}
