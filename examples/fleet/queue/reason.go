package queue

import (
	"errors"
	"io/fs"
	"net/http"
	"strings"

	"github.com/google/go-containerregistry/pkg/v1/remote/transport"

	"github.com/stemma-go/stemma/layers/printable"
	"github.com/stemma-go/stemma/layers/source"
)

// Kinds of failures that are none of the registry's or the image's.
const (
	// NotImage: what is behind the reference is a chart, a signature or another artifact.
	NotImage = "not an image"
	// InPart: the image was read, but for something in it.
	InPart = "read in part"
)

// A reason is why something can't be read: a few words that many failures have in common, and
// what happened to this one. It is one line, fit to be printed.
type reason struct{ kind, text string }

func (r reason) Error() string { return r.kind + ": " + r.text }

// because makes a reason of an error. Status counts reasons by their kinds.
func because(err error) reason {
	if r, ok := errors.AsType[reason](err); ok {
		return r
	}
	const most = 500
	text := printable.Line(message(err))
	if r := []rune(text); len(r) > most {
		text = string(r[:most]) + "…"
	}
	return reason{kindOf(err), text}
}

// message is an error's own, but for the answer to a HEAD, which has none.
func message(err error) string {
	refused, ok := err.(*transport.Error)
	if !ok || len(refused.Errors) > 0 {
		return err.Error()
	}
	return "the registry answers " + statusLine(refused.StatusCode)
}

func kindOf(err error) string {
	status := 0
	if refused, ok := errors.AsType[*transport.Error](err); ok {
		status = refused.StatusCode
	}
	switch {
	case status == http.StatusUnauthorized, status == http.StatusForbidden:
		return "forbidden"
	case status == http.StatusNotFound, errors.Is(err, source.ErrNotFound), errors.Is(err, fs.ErrNotExist):
		return "not found"
	case errors.Is(err, source.ErrNotImage):
		return NotImage
	case errors.Is(err, source.ErrLimit):
		return "too large"
	}
	return "damaged or not understood"
}

// kind is what stands before the colon of a reason that was written down.
func kind(s string) string {
	k, _, _ := strings.Cut(s, ": ")
	return k
}
