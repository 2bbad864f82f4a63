// Package genealogy holds the genealogy: the catalogue of the Docker Official
// Images, every recipe of theirs since 2013, with its tags and the days on which
// they pointed to it; and that of other publishers (.NET, Jupyter, …), with the digests
// of the layers of .NET's images of the last months. Where an official image and another
// have the same steps, the official one has the name. A program that imports the package
// grows by the 6 MB of that data. Each publisher's are a catalogue of their own, with a day
// of its own; [With] puts newer ones in their place.
//
//	g, err := genealogy.Open()
//	lineage, err := ancestry.Resolve(ctx, img, &ancestry.Options{Catalogues: []ancestry.Source{g}})
//
// What the data are, and how they are read, package catalogue tells.
package genealogy

import (
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strings"
	"sync"

	"github.com/stemma-go/stemma/ancestry/catalogue"
)

//go:embed genealogy.stemma
var official string

//go:embed publishers/*.stemma
var publishers embed.FS

// What is decoded for one image serves the next: all is opened once.
var (
	openOfficial   = sync.OnceValues(func() (*catalogue.Catalogue, error) { return openFile(official) })
	openParts      = sync.OnceValues(openPublishers)
	joinPublishers = sync.OnceValues(func() (*catalogue.Catalogue, error) {
		parts, err := openParts()
		if err != nil {
			return nil, err
		}
		return joined(nil, parts), nil
	})
	open = sync.OnceValues(func() (*catalogue.Catalogue, error) {
		o, err := openOfficial()
		p, err2 := joinPublishers()
		if err := errors.Join(err, err2); err != nil {
			return nil, err
		}
		return catalogue.Join(o, p), nil
	})
)

func openFile(content string) (*catalogue.Catalogue, error) {
	return catalogue.Open(strings.NewReader(content), int64(len(content)))
}

// openPublishers opens the publishers' catalogues, by the names of their files.
func openPublishers() (map[string]*catalogue.Catalogue, error) {
	names, err := fs.Glob(publishers, "publishers/*.stemma")
	if err != nil {
		return nil, err
	}
	parts := map[string]*catalogue.Catalogue{}
	for _, name := range names {
		content, err := publishers.ReadFile(name)
		if err != nil {
			return nil, err
		}
		c, err := openFile(string(content))
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		parts[strings.TrimSuffix(path.Base(name), ".stemma")] = c
	}
	return parts, nil
}

// joined joins a catalogue, if there is one, with others in the order of their names.
func joined(first *catalogue.Catalogue, parts map[string]*catalogue.Catalogue) *catalogue.Catalogue {
	var all []*catalogue.Catalogue
	if first != nil {
		all = append(all, first)
	}
	for _, name := range slices.Sorted(maps.Keys(parts)) {
		all = append(all, parts[name])
	}
	return catalogue.Join(all...)
}

// Open returns the genealogy: [Official] and [Publishers], joined. It is opened once per
// program, and is safe for concurrent use. The error says that the data are corrupt.
func Open() (*catalogue.Catalogue, error) { return open() }

// Official returns the part that is of the Docker Official Images. The error is that of Open.
func Official() (*catalogue.Catalogue, error) { return openOfficial() }

// Publishers returns the part that is of the other publishers. The error is that of Open.
func Publishers() (*catalogue.Catalogue, error) { return joinPublishers() }

// With returns the genealogy with other catalogues in place of those that ship: of the official
// images, nil for the one that ships, and of publishers, by name ("dotnet+versions", as
// package artifact has them). One that is older than the one that ships is not used; one of a
// publisher that does not ship is added. The error is that of Open.
func With(official *catalogue.Catalogue, publishers map[string]*catalogue.Catalogue) (*catalogue.Catalogue, error) {
	first, err := openOfficial()
	ship, err2 := openParts()
	if err := errors.Join(err, err2); err != nil {
		return nil, err
	}
	if official != nil && !official.Day().Before(first.Day()) {
		first = official
	}
	parts := maps.Clone(ship)
	for name, c := range publishers {
		if old := ship[name]; old == nil || !c.Day().Before(old.Day()) {
			parts[name] = c
		}
	}
	return joined(first, parts), nil
}
