package catalogue

import (
	"context"
	"errors"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/stemma-go/stemma/ancestry"
	"github.com/stemma-go/stemma/ancestry/catalogue/internal/data"
)

// A Catalogue knows how images were built, and names those that it finds in the
// history of another: it is an [ancestry.Source]. It is safe for concurrent use.
type Catalogue struct {
	parts   []*data.Catalogue
	recipes cache
}

// ErrFormat is the error of [Open] for what is no catalogue, or one of a version
// that this package does not know.
var ErrFormat = data.ErrFormat

// Open opens a catalogue file of the given size in bytes. It reads the head and the
// tables of the indices; r must stay readable as long as the Catalogue is used. The
// error is [ErrFormat] if the file is none.
func Open(r io.ReaderAt, size int64) (*Catalogue, error) {
	d, err := data.Open(r, size)
	if err != nil {
		return nil, err
	}
	return &Catalogue{parts: []*data.Catalogue{d}}, nil
}

// Join returns a catalogue of all that the given ones know: an image of one may be
// built on an image of another. Where two know the same span of a history, the
// earlier one names it; so the user's own come first.
func Join(catalogues ...*Catalogue) *Catalogue {
	all := &Catalogue{}
	for _, c := range catalogues {
		all.parts = append(all.parts, c.parts...)
	}
	return all
}

// Day returns the day of the catalogue's newest fact: what happened later it does not know.
// Of joined catalogues it is the oldest of their days; of none the zero time.
func (c *Catalogue) Day() time.Time {
	var day time.Time
	for i, p := range c.parts {
		if d := p.Day().Time(); i == 0 || d.Before(day) {
			day = d
		}
	}
	return day
}

// Source says what the catalogue was made from: of the genealogy, the repository and the
// commit. Of joined catalogues it names each.
func (c *Catalogue) Source() string {
	var all []string
	for _, p := range c.parts {
		all = append(all, p.Source())
	}
	return strings.Join(all, ", ")
}

// Repositories returns the names of the repositories whose images the catalogue knows,
// sorted, each once.
func (c *Catalogue) Repositories() []string {
	var all []string
	for _, p := range c.parts {
		all = append(all, p.Names()...)
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// Claims tells the chain of an image as far as the catalogues know it: one claim a
// span and name, those of the same span being equally good, and likenesses of what
// could not be named. The error joins what was wrong with catalogues; the claims
// beside it count.
func (c *Catalogue) Claims(ctx context.Context, q *ancestry.Query) ([]ancestry.Claim, error) {
	if len(q.Steps) == 0 {
		return nil, nil
	}
	t := c.read(q)
	if err := t.search(ctx); err != nil {
		return nil, err
	}
	levels := t.choose()
	for range maxGrowth {
		if !t.grow(levels) {
			break
		}
		levels = t.choose()
	}
	t.decide(levels)
	claims := t.claims(levels)
	claims = append(claims, t.byBuild(levels)...)
	if edge := t.edge(levels); len(edge) > 0 {
		return append(claims, edge...), errors.Join(once(t.errs)...)
	}
	claims = append(claims, t.resembling(levels)...)
	return claims, errors.Join(once(t.errs)...)
}

// once drops errors that say what one before them says: a repository is asked for in
// each dialect, and for each recipe that stands on it.
func once(errs []error) []error {
	said := map[string]bool{}
	return slices.DeleteFunc(errs, func(err error) bool {
		again := said[err.Error()]
		said[err.Error()] = true
		return again
	})
}
