package main

import (
	"bytes"
	"fmt"
	"io"
	"io/fs"

	"github.com/stemma-go/stemma/ancestry"
	"github.com/stemma-go/stemma/ancestry/catalogue"
	"github.com/stemma-go/stemma/report/policy"
)

// maxCatalogue is how many bytes the catalogue of a policy may have.
const maxCatalogue = 256 << 20

// readBases opens the catalogue of the policy's allowedBases, if it names one, and tells the
// policy which repositories are in it. The ancestors are named by it, too.
func readBases(fsys fs.FS, p *policy.Policy) ([]ancestry.Source, error) {
	name := p.AllowedBases.Catalogue
	if name == "" {
		return nil, nil
	}
	f, err := fsys.Open(name)
	if err != nil {
		return nil, fmt.Errorf("allowedBases: %w", err)
	}
	defer f.Close()
	b, err := io.ReadAll(io.LimitReader(f, maxCatalogue+1))
	if err == nil && len(b) > maxCatalogue {
		err = fmt.Errorf("more than %d bytes", maxCatalogue)
	}
	if err != nil {
		return nil, fmt.Errorf("allowedBases: %s: %w", name, err)
	}
	c, err := catalogue.Open(bytes.NewReader(b), int64(len(b)))
	if err != nil {
		return nil, fmt.Errorf("allowedBases: %s: %w", name, err)
	}
	p.SetBases(c.Repositories())
	return []ancestry.Source{c}, nil
}
