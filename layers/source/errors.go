package source

import (
	"errors"
	"fmt"
	"net/url"
	"strings"

	"github.com/stemma-go/stemma/layers/printable"
)

// Errors of [Open], for [errors.Is]. The error for a path that does not exist wraps
// [io/fs.ErrNotExist], that for an archive that breaks off [io.ErrUnexpectedEOF]. In
// the error for a registry's answer, [errors.As] finds a *transport.Error of
// go-containerregistry.
var (
	// ErrNotImage: what the reference names is not a container image, but another kind
	// of file or directory, an artifact such as a chart or a signature, or an image
	// with a manifest of a version that is no longer in use.
	ErrNotImage = errors.New("not an image")

	// ErrNotFound: the archive, layout, registry or daemon has no image with that name
	// or for that platform.
	ErrNotFound = errors.New("no such image")

	// ErrAmbiguous: several images fit. The message lists how to name each.
	ErrAmbiguous = errors.New("several images")

	// ErrScheme: the reference starts with a scheme that this package does not have.
	ErrScheme = errors.New("unknown scheme")

	// ErrLimit: something is larger than [Limits] allows.
	ErrLimit = errors.New("over the limit")
)

// explained is an error with a message of one line, and the causes that it wraps.
type explained struct {
	line   string
	causes []error
}

func (e *explained) Error() string   { return e.line }
func (e *explained) Unwrap() []error { return e.causes }

// explainf makes an error of one line that wraps causes, and need not repeat their
// text. It shortens the line, because a registry's message may be a page of HTML.
func explainf(causes []error, format string, args ...any) error {
	return &explained{line: oneLine(fmt.Sprintf(format, args...), 2000), causes: causes}
}

// because is for the first argument of explainf.
func because(causes ...error) []error { return causes }

// positioned puts the reference before an error of Open.
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

// plural counts things: "1 layer", "2 layers".
func plural(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

// list joins names for a message; of more than ten it names only the first ten.
func list(names []string) string {
	const most = 10
	if len(names) <= most {
		return strings.Join(names, ", ")
	}
	return fmt.Sprintf("%s and %d more", strings.Join(names[:most], ", "), len(names)-most)
}
