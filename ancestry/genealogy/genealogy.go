// Package genealogy holds the genealogy: the catalogue of the Docker Official
// Images, every recipe of theirs since 2013, with its tags and the days on which
// they pointed to it; and that of other publishers (.NET, Jupyter, …), with the digests
// of the layers of .NET's images of the last months. Where an official image and another
// have the same steps, the official one has the name. A program that imports the package
// grows by the 6 MB of that data. Each publisher's are a catalogue of their own, with a day
// of its own.
//
//	g, err := genealogy.Open()
//	lineage, err := ancestry.Resolve(ctx, img, &ancestry.Options{Catalogues: []ancestry.Source{g}})
//
// What the data are, and how they are read, package catalogue tells.
package genealogy

import (
	"embed"
	"io/fs"
	"strings"
	"sync"

	"github.com/stemma-go/stemma/ancestry/catalogue"
)

//go:embed genealogy.stemma
var official string

//go:embed publishers/*.stemma
var publishers embed.FS

// open opens the data once: what is decoded for one image serves the next.
var open = sync.OnceValues(func() (*catalogue.Catalogue, error) {
	files := []string{official}
	names, err := fs.Glob(publishers, "publishers/*.stemma")
	if err != nil {
		return nil, err
	}
	for _, name := range names {
		content, err := publishers.ReadFile(name)
		if err != nil {
			return nil, err
		}
		files = append(files, string(content))
	}
	var parts []*catalogue.Catalogue
	for _, content := range files {
		c, err := catalogue.Open(strings.NewReader(content), int64(len(content)))
		if err != nil {
			return nil, err
		}
		parts = append(parts, c)
	}
	return catalogue.Join(parts...), nil
})

// Open returns the genealogy. It is opened once per program, and is safe for
// concurrent use. The error says that the data are corrupt.
func Open() (*catalogue.Catalogue, error) { return open() }
