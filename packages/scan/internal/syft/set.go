package syft

import (
	"context"
	"errors"
	"fmt"
	"io"
	"runtime/debug"
	"slices"
	"strings"

	"github.com/anchore/syft/syft/file"
)

// A Set is the catalogers that one collection runs.
type Set struct {
	Catalogers []*Cataloger
	kept       *globSet // of catalogers that run after the pass
	alone      *globSet // of those that run in the pass
	byGlob     map[string][]*Cataloger
}

// NewSet returns the catalogers of these names; without names, those that Syft runs
// on an image. With cpes, they make CPEs, too.
func NewSet(names []string, cpes bool) (*Set, error) {
	s := &Set{byGlob: map[string][]*Cataloger{}}
	var maker *cpeMaker
	if cpes {
		maker = newCPEMaker()
	}
	known := map[string]bool{}
	for _, c := range allCatalogers() {
		c.Name = c.cataloger.Name()
		known[c.Name] = true
		if len(names) > 0 && !slices.Contains(names, c.Name) || len(names) == 0 && c.OnRequest {
			continue
		}
		c.findGlobs()
		c.cpes = maker
		s.Catalogers = append(s.Catalogers, c)
	}
	for _, n := range names {
		if !known[n] {
			return nil, fmt.Errorf("cataloger %q: unknown", n)
		}
	}
	var kept, alone []string
	for _, c := range s.Catalogers {
		for _, g := range c.Globs {
			if c.Mode == Alone {
				alone = append(alone, g)
			} else {
				kept = append(kept, g)
			}
			s.byGlob[g] = append(s.byGlob[g], c)
		}
	}
	s.kept, s.alone = newGlobSet(unique(kept)), newGlobSet(unique(alone))
	return s, nil
}

func unique(globs []string) []string {
	slices.Sort(globs)
	return slices.Compact(globs)
}

// Names returns the names of all catalogers, sorted.
func Names() []string {
	var names []string
	for _, c := range allCatalogers() {
		names = append(names, c.cataloger.Name())
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// findGlobs runs the cataloger on an empty image, to learn what it looks for.
func (c *Cataloger) findGlobs() {
	r := &dryResolver{}
	// On an empty image there is nothing to find and nothing to fail on.
	_, _, _ = c.cataloger.Catalog(context.Background(), r)
	c.Globs, c.MIME = unique(r.globs), unique(r.mime)
}

// A dryResolver resolves the files of an empty image, and notes what it is asked for.
type dryResolver struct{ globs, mime []string }

var _ file.Resolver = (*dryResolver)(nil)

func (q *dryResolver) FilesByGlob(patterns ...string) ([]file.Location, error) {
	q.globs = append(q.globs, patterns...)
	return nil, nil
}

func (q *dryResolver) FilesByMIMEType(types ...string) ([]file.Location, error) {
	q.mime = append(q.mime, types...)
	return nil, nil
}

func (q *dryResolver) HasPath(string) bool                                     { return false }
func (q *dryResolver) FilesByPath(...string) ([]file.Location, error)          { return nil, nil }
func (q *dryResolver) RelativeFileByPath(file.Location, string) *file.Location { return nil }

func (q *dryResolver) AllLocations(context.Context) <-chan file.Location {
	none := make(chan file.Location)
	close(none)
	return none
}

var errEmpty = errors.New("empty image")

func (q *dryResolver) FileContentsByLocation(file.Location) (io.ReadCloser, error) {
	return nil, errEmpty
}

func (q *dryResolver) FileMetadataByLocation(file.Location) (file.Metadata, error) {
	return file.Metadata{}, errEmpty
}

// syftModule is where Syft's version is looked up.
const syftModule = "github.com/anchore/syft"

// Version names what the set would find: the version of Syft that the program was
// built with, and the catalogers. It is "" where the version is not known.
func (s *Set) Version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return ""
	}
	for _, m := range info.Deps {
		if m.Path != syftModule {
			continue
		}
		if m.Replace != nil {
			m = m.Replace
		}
		if m.Version == "" {
			return "" // a directory, whose content may change
		}
		var names []string
		for _, c := range s.Catalogers {
			names = append(names, c.Name)
		}
		return m.Path + "@" + m.Version + " " + strings.Join(names, ",")
	}
	return ""
}
