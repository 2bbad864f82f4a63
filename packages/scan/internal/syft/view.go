package syft

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"path"
	"slices"
	"strings"

	stereoscope "github.com/anchore/stereoscope/pkg/file"
	"github.com/anchore/syft/syft/file"
	"github.com/bmatcuk/doublestar/v4"

	"github.com/stemma-go/stemma/internal/panics"
	"github.com/stemma-go/stemma/layers"
)

// A View is the image at one layer, as a cataloger sees it.
type View struct {
	Index *layers.Index
	Layer int
	// Hits are the paths that the cataloger finds when it enumerates one of its
	// globs.
	Hits map[string][]string
	// Kept gives all paths of the view whose contents were collected, sorted.
	Kept func() []string
	// Sparse gives the assemblies, which are kept in part.
	Sparse func(e layers.Entry) *Sparse
	// Missing is called with files whose content a cataloger asked for and that was
	// not collected.
	Missing func(path string)
	// Stale is called with the log of a database whose changes could not be read.
	Stale func(path string, err error)

	cataloger *Cataloger
}

var _ file.Resolver = (*View)(nil)

// Run runs a cataloger on a view. ctx is of [Parallel].
// A panic is an error.
func Run(ctx context.Context, c *Cataloger, v *View) (found []Found, err error) {
	v.cataloger = c
	err = panics.Catch(func() error {
		pkgs, err := run(ctx, c, v)
		found = convert(c.Name, pkgs, c.cpes)
		for i := range found {
			found[i].Together = c.Mode == Whole
		}
		return err
	})
	return found, err
}

// FilesByGlob answers the cataloger's own globs from Hits. It asks for other globs
// to find the neighbours of a file.
func (v *View) FilesByGlob(patterns ...string) ([]file.Location, error) {
	var paths []string
	for _, g := range patterns {
		if slices.Contains(v.cataloger.Globs, g) {
			paths = append(paths, v.Hits[g]...)
			continue
		}
		paths = append(paths, v.neighbours(g)...)
	}
	return v.locate(paths), nil
}

// maxBraces bounds the alternatives of a glob; Syft's own have one.
const maxBraces = 4

func (v *View) neighbours(glob string) []string {
	switch {
	case path.Base(glob) == "*", strings.Contains(glob, "/lib/dpkg/"):
		return nil // license files; the lists of dpkg packages
	case strings.Count(glob, "{") > maxBraces:
		return nil // names in the image make it, and each pair doubles the ways to match
	case strings.HasPrefix(glob, "**/"):
		var found []string
		for _, p := range v.Kept() {
			if matchGlob(glob, p) {
				found = append(found, p)
			}
		}
		return found
	}
	// A glob that starts with a directory: walks that directory only.
	found, err := doublestar.Glob(v.Index.FS(v.Layer), relative(glob))
	if err != nil {
		return nil
	}
	return found
}

func (v *View) locate(paths []string) []file.Location {
	seen := map[string]bool{}
	var found []file.Location
	for _, p := range paths {
		if l, ok := v.locateOne(p); ok && !seen[l.RealPath] {
			seen[l.RealPath] = true
			found = append(found, l)
		}
	}
	return found
}

func (v *View) locateOne(p string) (file.Location, bool) {
	e, ok := v.Index.Resolve(v.Layer, relative(p))
	if !ok || e.Type != layers.Regular {
		return file.Location{}, false
	}
	real := e.Path
	if own, ok := v.Index.Lookup(v.Layer, relative(p)); ok && own.Type == layers.Hardlink {
		real = own.Path // as good a name of the file as the first one, which may go while this stays
	}
	if v.hidden(e, real) {
		return file.Location{}, false
	}
	return newLocation("/"+real, "/"+relative(p)), true
}

// Locate returns the path that evidence at p has: links are followed, but hard ones.
func (v *View) Locate(p string) (string, bool) {
	l, ok := v.locateOne(p)
	return relative(l.RealPath), ok
}

// hidden reports whether the catalogers do not see the file under this name, on purpose.
func (v *View) hidden(e layers.Entry, name string) bool {
	if !withheld(e.Path) && !withheld(name) {
		return false
	}
	_, kept := v.Index.Content(e)
	return !kept
}

// HasPath reports whether anything is at p.
func (v *View) HasPath(p string) bool {
	_, ok := v.Index.Resolve(v.Layer, relative(p))
	return ok
}

// FilesByPath finds files wherever they are.
func (v *View) FilesByPath(paths ...string) ([]file.Location, error) { return v.locate(paths), nil }

// RelativeFileByPath finds a file in the same view.
func (v *View) RelativeFileByPath(_ file.Location, p string) *file.Location {
	if l, ok := v.locateOne(p); ok {
		return &l
	}
	return nil
}

// FilesByMIMEType finds nothing: what goes by MIME type is parsed alone.
func (v *View) FilesByMIMEType(...string) ([]file.Location, error) { return nil, nil }

// AllLocations lists what is below nix/store, all that is ever asked for.
func (v *View) AllLocations(ctx context.Context) <-chan file.Location {
	var paths []string // here, and not in the goroutine, whose panics nobody could catch
	for e := range v.Index.Merged(v.Layer) {
		if strings.Contains(e.Path, "nix/store/") {
			paths = append(paths, "/"+e.Path)
		}
	}
	all := make(chan file.Location)
	go func() {
		defer close(all)
		for _, p := range paths {
			select {
			case all <- newLocation(p, p):
			case <-ctx.Done():
				return
			}
		}
	}()
	return all
}

// FileContentsByLocation gives the contents that the pass has kept.
func (v *View) FileContentsByLocation(l file.Location) (io.ReadCloser, error) {
	e, ok := v.Index.Resolve(v.Layer, relative(l.RealPath))
	if !ok {
		return nil, fmt.Errorf("%s: not found", relative(l.RealPath))
	}
	if s := v.assembly(e, relative(l.RealPath)); s != nil {
		return s.open(), nil
	}
	b, ok := v.Index.Content(e)
	if !ok {
		if e.Size > 0 && v.Missing != nil {
			v.Missing(relative(l.RealPath))
		}
		if e.Size > 0 {
			return nil, errNotKept
		}
	}
	name, p := v.cataloger.Name, relative(l.RealPath)
	b = withoutProse(name, p, withoutLicense(name, p, v.withWAL(p, b)))
	if isStatus(name, p) && joined(b) > maxJoined {
		return nil, fmt.Errorf("%s: its fields have more lines than can be read in reasonable time", p)
	}
	return content{bytes.NewReader(withRoot(name, b))}, nil
}

// errNotKept is the error of a file whose content the pass did not keep.
var errNotKept = errors.New("not collected")

// assembly returns what is kept of an assembly. It may have been read under a name that
// is a hard link.
func (v *View) assembly(e layers.Entry, name string) *Sparse {
	if v.Sparse == nil {
		return nil
	}
	if isAssembly(e.Path) {
		return v.Sparse(e)
	}
	if own, ok := v.Index.Lookup(v.Layer, name); ok && isAssembly(name) {
		return v.Sparse(own)
	}
	return nil
}

// FileMetadataByLocation tells type and size.
func (v *View) FileMetadataByLocation(l file.Location) (file.Metadata, error) {
	e, ok := v.Index.Lookup(v.Layer, relative(l.RealPath))
	if ok && e.Type == layers.Hardlink {
		e, ok = v.Index.Resolve(v.Layer, e.Path)
	}
	if !ok {
		return file.Metadata{}, fmt.Errorf("%s: not found", relative(l.RealPath))
	}
	m := file.Metadata{
		FileInfo: stereoscope.ManualInfo{NameValue: path.Base(e.Path), SizeValue: e.Size, ModeValue: e.Mode, ModTimeValue: e.ModTime},
		Path:     "/" + e.Path, LinkDestination: e.Link, UserID: e.UID, GroupID: e.GID, Type: stereoscope.TypeRegular,
	}
	switch e.Type {
	case layers.Directory:
		m.Type = stereoscope.TypeDirectory
	case layers.Symlink:
		m.Type = stereoscope.TypeSymLink
	}
	return m, nil
}

// withoutLicense drops from Python metadata the license fields that hold a whole license
// text, or name a file with one: see lazyLicenses. A name on one line stays.
func withoutLicense(cataloger, p string, b []byte) []byte {
	base := path.Base(p)
	if !strings.HasPrefix(cataloger, "python-") || base != "METADATA" && base != "PKG-INFO" && !strings.HasSuffix(base, ".egg-info") {
		return b
	}
	out := make([]byte, 0, len(b))
	for rest := b; len(rest) > 0; {
		field, after := cutField(rest)
		if len(field) == 0 {
			return append(out, rest...) // the description follows
		}
		if keepsField(field) {
			out = append(append(out, field...), '\n')
		}
		rest = after
	}
	return out
}

// cutField cuts the first field of a header, with the lines that continue it. The line feed
// after it is dropped. A field of no bytes is the header's end.
func cutField(b []byte) (field, rest []byte) {
	end := 0
	for {
		line, after, _ := bytes.Cut(b[end:], []byte("\n"))
		if end == 0 && len(bytes.TrimRight(line, "\r")) == 0 {
			return nil, b
		}
		end += len(line)
		if len(after) == 0 || after[0] != ' ' && after[0] != '\t' {
			return b[:end], after
		}
		end++
	}
}

// maxLicenseName is longer than a name of a licence.
const maxLicenseName = 200

func keepsField(field []byte) bool {
	name, value, _ := bytes.Cut(field, []byte(":"))
	switch name := strings.ToLower(string(name)); {
	case name == "license", name == "license-expression":
		return len(value) <= maxLicenseName && !bytes.Contains(value, []byte("\n"))
	default:
		return !strings.HasPrefix(name, "license")
	}
}

// withRoot names the root in a database of apk, which writes it as a directory of no
// name. Syft passes over a field without a value, and the files of the root would be
// those of the directory before.
func withRoot(cataloger string, b []byte) []byte {
	if cataloger != "apk-db-cataloger" {
		return b
	}
	return bytes.ReplaceAll(b, []byte("\nF:\n"), []byte("\nF:/\n"))
}
