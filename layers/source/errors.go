package source

import (
	"errors"
	"fmt"
	"net/url"
	"strings"

	"github.com/stemma-go/stemma/internal/printable"
)

// Errors that [Open] may wrap, for [errors.Is]. A path that does not exist wraps
// [io/fs.ErrNotExist], an archive that breaks off [io.ErrUnexpectedEOF], and what a
// registry answered is a *transport.Error of go-containerregistry for [errors.As].
var (
	// ErrNotImage: there is something, but no container image: another kind of
	// file or directory, an artifact such as a chart or a signature, an
	// image of a manifest version no longer in use.
	ErrNotImage = errors.New("not an image")

	// ErrNotFound: the archive, layout, registry or daemon holds no image of
	// that name or platform.
	ErrNotFound = errors.New("no such image")

	// ErrAmbiguous: several images fit. The message lists how to name each.
	ErrAmbiguous = errors.New("several images")

	// ErrScheme: the reference starts with a scheme that is not one of ours.
	ErrScheme = errors.New("unknown scheme")

	// ErrLimit: something is larger than [Limits] allows.
	ErrLimit = errors.New("over the limit")
)

// explained is one line for a human, and beneath it the causes for a program.
type explained struct {
	line   string
	causes []error
}

func (e *explained) Error() string   { return e.line }
func (e *explained) Unwrap() []error { return e.causes }

// explainf makes an error of one line whose text does not repeat its causes'.
// A registry's own message may be a page of HTML.
func explainf(causes []error, format string, args ...any) error {
	return &explained{line: oneLine(fmt.Sprintf(format, args...), 2000), causes: causes}
}

func because(causes ...error) []error { return causes }

// positioned puts the reference before an error of Open, in one line.
func positioned(ref string, err error) error {
	if strings.Contains(ref, "://") {
		if u, perr := url.Parse(ref); perr == nil {
			ref = u.Redacted()
		}
	}
	return explainf(because(err), "%s: %s", oneLine(ref, 300), err)
}

// oneLine makes text from an image or a server fit to be printed, in at most limit
// runes.
func oneLine(s string, limit int) string {
	s = printable.Line(s)
	if runes := []rune(s); len(runes) > limit {
		return string(runes[:limit]) + "…"
	}
	return s
}

// list joins names for a message, the first ten of them.
func list(names []string) string {
	const most = 10
	if len(names) <= most {
		return strings.Join(names, ", ")
	}
	return fmt.Sprintf("%s and %d more", strings.Join(names[:most], ", "), len(names)-most)
}
