package report

import (
	"fmt"
	"slices"

	"github.com/stemma-go/stemma/ancestry"
	"github.com/stemma-go/stemma/ancestry/genealogy"
)

// catalogues returns the sources that the options ask for: the caller's, and the
// genealogy after them. The error says that the genealogy can't be opened.
func catalogues(opts *Options) ([]ancestry.Source, error) {
	if opts.NoGenealogy {
		return opts.Catalogues, nil
	}
	g, err := genealogy.Embedded()
	if err != nil {
		return opts.Catalogues, fmt.Errorf("genealogy: %w", err)
	}
	return append(slices.Clone(opts.Catalogues), g), nil
}
