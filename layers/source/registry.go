package source

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/google/go-containerregistry/pkg/authn"
	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/google/go-containerregistry/pkg/v1/remote/transport"
	"github.com/google/go-containerregistry/pkg/v1/types"
)

const userAgent = "stemma"

// repository is a backend for one repository of a registry.
//
// go-containerregistry reads the manifests. It cannot continue a blob that broke off,
// and its pauses between attempts do not end with the context. Blobs and retries are
// therefore done here. Both use one transport of go-containerregistry: there is one
// handshake, and a token that expires during a download is renewed.
type repository struct {
	ref    name.Reference
	puller *remote.Puller // of manifests
	client *http.Client   // of blobs
	retry  *retry
	own    *http.Transport // made for this repository; nil if the transport is shared
}

var _ backend = (*repository)(nil)

// openRegistry opens a registry's image.
func openRegistry(ctx context.Context, where reference, o *Options) (*Image, error) {
	ref, err := registryReference(where, o)
	if err != nil {
		return nil, err
	}
	o.Waiting("registry " + ref.Context().RegistryStr())
	r, err := newRepository(ctx, ref, o, ref.Context().Scope(transport.PullScope))
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

// Close closes the connections that only this repository can use.
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
	case where.forced && hasUpperCase(where.name):
		return nil, explainf(because(err), "no legal image reference: the names of repositories are lower case")
	case where.forced:
		return nil, explainf(because(err), "no legal image reference: %v", err)
	case hasUpperCase(where.name):
		return nil, explainf(because(err), "neither an existing file nor a legal image reference: the names of repositories are lower case")
	}
	return nil, explainf(because(err), "neither an existing file nor a legal image reference")
}

// hasUpperCase reports whether upper case is all that is wrong with a name.
func hasUpperCase(name string) bool {
	repository, rest := name, ""
	if i := strings.LastIndexAny(name, ":@"); i > strings.LastIndexByte(name, '/') {
		repository, rest = name[:i], name[i:]
	}
	_, err := parseName(strings.ToLower(repository) + rest)
	return err == nil && repository != strings.ToLower(repository)
}

// newRepository makes the first request to a registry, and obtains a token for a scope if
// the registry wants one. The repository is not nil even with an error, which it can
// explain.
func newRepository(ctx context.Context, ref name.Reference, o *Options, scope string) (*repository, error) {
	restricted := newRestrictedTransport(o)
	timed := &timedTransport{inner: restricted, idle: o.IdleTimeout}
	r := &repository{ref: ref, own: restricted.own, retry: &retry{attempts: o.Attempts, pause: o.pause, retryAfter: timed.retryAfter}}
	repo := ref.Context()
	auth, err := authn.Resolve(ctx, o.Keychain, repo)
	if err != nil {
		return r, credentialError{err}
	}
	agent := transport.NewUserAgent(timed, userAgent)
	var authorized http.RoundTripper
	err = r.retry.do(ctx, func() error {
		ctx, cancel := withAnswerTimeout(ctx, o.AnswerTimeout)
		defer cancel()
		var err error
		authorized, err = transport.NewWithContext(ctx, repo.Registry, auth, agent, []string{scope})
		if silent := new(silentError); err != nil && errors.As(context.Cause(ctx), silent) {
			return permanent{*silent}
		}
		return err
	})
	if syntax := new(json.SyntaxError); errors.As(err, &syntax) {
		err = explainf(because(err), "%s gave no token but something else, perhaps the page of a login or of a proxy (%v)", restricted.lastRequest(), err)
	}
	if err != nil {
		return r, err
	}
	r.client = &http.Client{Transport: authorized, CheckRedirect: checkRedirect(o.LocalRedirects)}
	r.puller, err = remote.NewPuller(remote.WithTransport(authorized))
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
		d.Annotations = nil // they are the manifest's, and are read with it
		d.Data = top.Manifest
		return openCandidate(ctx, r, candidate{desc: d}, o.Limits)
	default:
		_, err := parseManifest(top.Manifest)
		return nil, err
	}
	all, err := findImages(ctx, r, top.Manifest, top.Digest, o.Limits)
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

// blob returns a blob, which is downloaded from its first Read on. Foreign layers come
// from this registry like others, and never from the addresses in their descriptors.
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

// A credentialError is why the credentials for a registry could not be read.
type credentialError struct{ error }

func (e credentialError) Unwrap() error { return e.error }

// A silentError says that a registry took the connection, or the request, and no more.
type silentError struct{ waited time.Duration }

func (e silentError) Error() string {
	return fmt.Sprintf("it has not answered within %s (Options.AnswerTimeout)", e.waited)
}

// withAnswerTimeout ends the first exchange with a registry that does not answer.
func withAnswerTimeout(ctx context.Context, d time.Duration) (context.Context, context.CancelFunc) {
	if d < 0 {
		return context.WithCancel(ctx)
	}
	return context.WithTimeoutCause(ctx, d, silentError{d})
}

// explain says in one line why a registry gave no answer, or which. The error wraps
// its cause.
func (r *repository) explain(err error, where reference) error {
	host := r.ref.Context().RegistryStr()
	if errors.Is(err, ErrLimit) || errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	if wrong, ok := errors.AsType[credentialError](err); ok {
		return explainf(because(err), "the credentials for registry %s cannot be read, and it was not asked: %v", host, wrong.error)
	}
	// This comes first, because the answer may be that of a later attempt in plain HTTP.
	if certificateError(err) {
		return explainf(because(err), "registry %s: its certificate is not trusted: %v", host, innermost(err))
	}
	if refused, ok := errors.AsType[*transport.Error](err); ok {
		return r.explainRefusal(host, refused, err, where)
	}
	return explainNetwork(host, err)
}

// explainRefusal explains an answer that is an error.
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

// diagnosis returns the first message of an answer that has the form of the
// distribution specification. Other answers may be any page.
func diagnosis(refused *transport.Error) string {
	for _, d := range refused.Errors {
		if d.Message != "" {
			return oneLine(d.Message, 150)
		}
	}
	return ""
}

// schemeHint says how to write the name of a repository called registry or docker.
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

// explainNetwork explains why a registry could not be reached.
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

// innermost returns a network error without the method and address of its request.
func innermost(err error) error {
	if urlErr, ok := errors.AsType[*url.Error](err); ok {
		return urlErr.Err
	}
	return err
}
