package source

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/google/go-containerregistry/pkg/v1/remote/transport"
)

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
