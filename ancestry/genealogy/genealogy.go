// Package genealogy holds the genealogy: the catalogue of the Docker Official
// Images, every recipe of theirs since 2013, with its tags and the days on which
// they pointed to it. A program that imports it grows by the 4 MB of that data.
//
//	g, err := genealogy.Open()
//	lineage, err := ancestry.Resolve(ctx, img, &ancestry.Options{Catalogues: []ancestry.Source{g}})
//
// What the data are, and how they are read, package catalogue tells.
package genealogy

import (
	_ "embed" // for the data
	"strings"
	"sync"

	"github.com/stemma-go/stemma/ancestry/catalogue"
)

//go:embed genealogy.stemma
var content string

// open opens the data once: what is decoded for one image serves the next.
var open = sync.OnceValues(func() (*catalogue.Catalogue, error) {
	return catalogue.Open(strings.NewReader(content), int64(len(content)))
})

// Open returns the genealogy. It is opened once per program, and is safe for
// concurrent use. The error says that the data are corrupt.
func Open() (*catalogue.Catalogue, error) { return open() }
