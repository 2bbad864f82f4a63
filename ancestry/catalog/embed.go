package catalog

import (
	_ "embed" // for the data
	"strings"
)

//go:embed genealogy.stemma
var genealogy string

// Embedded opens the genealogy, the catalogue of the Docker Official Images that
// ships in the module.
func Embedded() (*Catalog, error) {
	return Open(strings.NewReader(genealogy), int64(len(genealogy)))
}
