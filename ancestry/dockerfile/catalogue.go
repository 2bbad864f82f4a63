package dockerfile

import (
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"

	"github.com/stemma-go/stemma/ancestry"
	"github.com/stemma-go/stemma/ancestry/recipe"
)

// An Image is a Dockerfile and the name of what is built from it.
type Image struct {
	Name   ancestry.Name
	Path   string // where the Dockerfile is, for the evidence
	File   *File
	Target string            // the stage that is built; "" is the last
	Args   map[string]string // build arguments that its builds set
}

// A Catalogue recognises the images of its Dockerfiles. It is safe for concurrent
// use.
type Catalogue struct {
	images []known
	// names finds images by "repository:tag", and by "repository" for those that
	// have no tag.
	names map[string][]int
}

// known is an image with its recipe on an unknown parent.
type known struct {
	Image
	recipe recipe.Recipe
}

// New makes a catalogue. The order of the images decides nothing. The error joins
// those of Dockerfiles that can't be evaluated; the catalogue has all others.
func New(images ...Image) (*Catalogue, error) {
	c := &Catalogue{names: map[string][]int{}}
	var errs []error
	for _, img := range images {
		if img.File == nil {
			errs = append(errs, fmt.Errorf("%s: no dockerfile", img.label()))
			continue
		}
		r, err := img.File.Recipe(&Options{Target: img.Target, Args: img.Args})
		if err != nil {
			errs = append(errs, fmt.Errorf("%s: %w", img.label(), err))
			continue
		}
		c.images = append(c.images, known{Image: img, recipe: r})
	}
	// Images are kept in the order of their names, so that equal catalogues give
	// equal answers.
	slices.SortStableFunc(c.images, func(a, b known) int {
		return strings.Compare(a.Name.String()+"\x00"+a.Path, b.Name.String()+"\x00"+b.Path)
	})
	for i, k := range c.images {
		for _, n := range labels(k.Name) {
			c.names[n] = append(c.names[n], i)
		}
	}
	return c, errors.Join(errs...)
}

func (img Image) label() string {
	if img.Path != "" {
		return img.Path
	}
	return img.Name.String()
}

func labels(n ancestry.Name) []string {
	if len(n.Tags) == 0 {
		return []string{n.Repository}
	}
	var out []string
	for _, t := range n.Tags {
		out = append(out, n.Repository+":"+t)
	}
	return out
}

// Len returns the number of images.
func (c *Catalogue) Len() int { return len(c.images) }

// DirOptions say how to [Load] a tree of Dockerfiles.
type DirOptions struct {
	// Name names the image that is built from the Dockerfile at path; false leaves
	// the file out. nil is [DirName].
	Name func(path string) (ancestry.Name, bool)
	// Args are build arguments that all builds set.
	Args map[string]string
}

// DirName names a Dockerfile by its place: base/python/3.11/Dockerfile is
// base/python:3.11 and base/python/Dockerfile is base/python, of which no tag is
// known. A directory is taken for a tag if its name begins with a digit or is that
// of a Dockerfile's variant: base/python/3.11/slim/Dockerfile, or
// base/python/3.11/Dockerfile.slim, is base/python:3.11-slim. A Dockerfile at the
// top has no name.
func DirName(file string) (ancestry.Name, bool) {
	var variant string
	base := path.Base(file)
	if name, ext, ok := strings.Cut(base, "."); ok && !strings.EqualFold(ext, "dockerfile") {
		variant = ext
	} else if ok {
		variant = name
	}
	parts := strings.Split(path.Dir(file), "/")
	repo := len(parts)
	for i, p := range parts {
		if i > 0 && p != "" && '0' <= p[0] && p[0] <= '9' {
			repo = i
			break
		}
	}
	tag := strings.Join(parts[repo:], "-")
	if variant != "" {
		tag = strings.TrimPrefix(tag+"-"+variant, "-")
	}
	name := strings.ToLower(strings.Join(parts[:repo], "/"))
	if tag != "" {
		name += ":" + tag
	}
	if parts[0] == "." || parts[0] == "" {
		return ancestry.Name{}, false
	}
	return ancestry.ParseName(name)
}

// Load makes a catalogue of all Dockerfiles in a tree: files named Dockerfile or
// Containerfile, with whatever ending, or ending in .dockerfile. The error joins
// those of files that can't be read, each with its path; the catalogue has all
// others.
func Load(fsys fs.FS, opts *DirOptions) (*Catalogue, error) {
	if opts == nil {
		opts = &DirOptions{}
	}
	name := opts.Name
	if name == nil {
		name = DirName
	}
	var images []Image
	var errs []error
	err := fs.WalkDir(fsys, ".", func(p string, d fs.DirEntry, err error) error {
		if err != nil {
			errs = append(errs, err)
			return nil
		}
		if !d.Type().IsRegular() || !isDockerfile(d.Name()) {
			return nil
		}
		n, ok := name(p)
		if !ok {
			return nil
		}
		f, err := open(fsys, p)
		if err != nil {
			errs = append(errs, fmt.Errorf("%s: %w", p, err))
			return nil
		}
		images = append(images, Image{Name: n, Path: p, File: f, Args: opts.Args})
		return nil
	})
	c, err2 := New(images...)
	return c, errors.Join(append(errs, err, err2)...)
}

func isDockerfile(name string) bool {
	name = strings.ToLower(name)
	if strings.HasSuffix(name, ".dockerignore") {
		return false
	}
	stem, _, _ := strings.Cut(name, ".")
	return stem == "dockerfile" || stem == "containerfile" || strings.HasSuffix(name, ".dockerfile")
}

func open(fsys fs.FS, p string) (*File, error) {
	f, err := fsys.Open(p)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return Parse(f)
}
