// Package own makes catalogues of one's own images: of a directory of Dockerfiles,
// of a git repository's history of them, or of the images themselves.
//
//	b := build.New(data.DayOf(time.Now()), "registry.example.com")
//	err := own.AddRepository(ctx, b, "/src/base-images/.git", nil)
//	err = own.AddImage(b, own.Image{Repository: "registry.example.com/base", Tags: []string{"3.2"}, Config: cfg})
//	data, err := b.Encode()
//
// The file is of the format of package catalog, and is read by [data.Open].
package own

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"strings"

	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/stemma-go/stemma/ancestry"
	"github.com/stemma-go/stemma/ancestry/catalogue/internal/build"
	"github.com/stemma-go/stemma/ancestry/catalogue/internal/data"
	"github.com/stemma-go/stemma/ancestry/dockerfile"
	"github.com/stemma-go/stemma/layers/history"
)

// Options say how Dockerfiles are named and built. nil is the default.
type Options struct {
	// Name names the image that is built from the Dockerfile at path; false leaves
	// the file out. A name without tag is of an image whose tags are not known. nil is
	// [dockerfile.DirName].
	Name func(path string) (ancestry.Name, bool)
	// Args are build arguments that all builds set.
	Args map[string]string
	// Day is the first day of what has no history; the zero Day is as good as any
	// where days do not matter.
	Day data.Day
}

func (o *Options) name(p string) (ancestry.Name, bool) {
	if o != nil && o.Name != nil {
		return o.Name(p)
	}
	return dockerfile.DirName(p)
}

// addition evaluates a Dockerfile.
func (o *Options) addition(p string, text []byte) (build.Addition, bool, error) {
	n, ok := o.name(p)
	if !ok {
		return build.Addition{}, false, nil
	}
	f, err := dockerfile.Parse(bytes.NewReader(text))
	if err != nil {
		return build.Addition{}, false, fmt.Errorf("%s: %w", p, err)
	}
	var args map[string]string
	if o != nil {
		args = o.Args
	}
	r, err := f.Recipe(&dockerfile.Options{Args: args})
	if err != nil {
		return build.Addition{}, false, fmt.Errorf("%s: %w", p, err)
	}
	return build.Addition{Repository: n.Repository, Tags: n.Tags, Digest: build.DigestRecipe(r), Path: p, To: data.Ongoing}, true, nil
}

// AddDockerfiles adds the Dockerfiles of a tree: files named Dockerfile or
// Containerfile, with whatever ending, or ending in .dockerfile. The error joins
// those of files that can't be read; all others are added.
func AddDockerfiles(ctx context.Context, b *build.Builder, fsys fs.FS, opts *Options) error {
	var errs []error
	err := fs.WalkDir(fsys, ".", func(p string, d fs.DirEntry, err error) error {
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case err != nil:
			errs = append(errs, err)
			return nil
		case !d.Type().IsRegular() || !isDockerfile(p):
			return nil
		}
		text, err := fs.ReadFile(fsys, p)
		if err != nil {
			errs = append(errs, err)
			return nil
		}
		a, ok, err := opts.addition(p, text)
		if ok {
			if opts != nil {
				a.From = opts.Day
			}
			b.Add(a)
		}
		errs = append(errs, err)
		return nil
	})
	return errors.Join(append(errs, err)...)
}

func isDockerfile(p string) bool {
	name := strings.ToLower(path.Base(p))
	if strings.HasSuffix(name, ".dockerignore") {
		return false
	}
	stem, _, _ := strings.Cut(name, ".")
	return stem == "dockerfile" || stem == "containerfile" || strings.HasSuffix(name, ".dockerfile")
}

// An Image is an image that one has.
type Image struct {
	Repository string
	Tags       []string
	Config     *v1.ConfigFile
	// Verified says that the configuration's diffIDs were computed from the layers.
	// Only then are they put into the catalogue: what is named by them is proved.
	Verified bool
	From, To data.Day // when the tags pointed to it; To may be data.Ongoing
}

// AddImage adds an image with its whole history, that of its parents included, and
// its diffIDs. An image that was built twice is added twice: each has its own layers.
// Where several builders made the history it is known by its layers alone. The error
// says that the image has no history.
func AddImage(b *build.Builder, img Image) error {
	if img.Config == nil || len(img.Config.History) == 0 {
		return fmt.Errorf("%s: no history", img.Repository)
	}
	steps, _ := history.Steps(img.Config)
	d := build.DigestHistory(steps, img.Config.Config.Env)
	if img.Verified {
		for _, id := range img.Config.RootFS.DiffIDs {
			d.DiffIDs = append(d.DiffIDs, id.Hex)
		}
	}
	b.Add(build.Addition{Repository: img.Repository, Tags: img.Tags, Digest: d, From: img.From, To: img.To})
	return nil
}
