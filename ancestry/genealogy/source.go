package genealogy

import (
	"context"
	"errors"
	"slices"

	"github.com/stemma-go/stemma/ancestry"
	"github.com/stemma-go/stemma/ancestry/catalog"
)

// A Source names the images of catalogues. It is safe for concurrent use.
type Source struct {
	catalogs []*catalog.Catalog
	recipes  cache
}

// New returns a Source of catalogues, which are taken for one: a recipe of the
// first may stand on an image of the second. Where two know the same span, the
// earlier one names it; so the user's own come first.
func New(catalogs ...*catalog.Catalog) *Source {
	return &Source{catalogs: catalogs}
}

// Embedded returns the Source of the genealogy that ships in the module, the
// catalogue of the Docker Official Images. The error says that it can't be opened.
func Embedded() (*Source, error) {
	c, err := catalog.Embedded()
	if err != nil {
		return nil, err
	}
	return New(c), nil
}

// Claims tells the chain of an image as far as the catalogues know it: one claim a
// span and name, those of the same span being equally good, and likenesses of what
// could not be named. The error joins what was wrong with catalogues; the claims
// beside it count.
func (s *Source) Claims(ctx context.Context, q *ancestry.Query) ([]ancestry.Claim, error) {
	if len(q.Steps) == 0 {
		return nil, nil
	}
	t := s.read(q)
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
	claims = append(claims, t.byLayers()...)
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
