package data

import (
	"bytes"
	"os"
)

// Genealogy is the file of the catalogue that ships in the module.
const Genealogy = "../../../genealogy/genealogy.stemma"

// OpenGenealogy opens it.
func OpenGenealogy() (*Catalogue, error) {
	b, err := os.ReadFile(Genealogy)
	if err != nil {
		return nil, err
	}
	return Open(bytes.NewReader(b), int64(len(b)))
}
