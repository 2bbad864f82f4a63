package own

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"

	"github.com/stemma-go/stemma/ancestry"
	"github.com/stemma-go/stemma/ancestry/catalogue/internal/build"
	"github.com/stemma-go/stemma/ancestry/catalogue/internal/data"
	"github.com/stemma-go/stemma/ancestry/catalogue/internal/dockerfile"
)

// Options say how Dockerfiles are named and built. nil is the default.
type Options struct {
	// Name names the image that is built from the Dockerfile at path; false leaves
	// the file out. A name without tag is of an image whose tags are not known. nil is
	// [DirName].
	Name func(path string) (ancestry.Name, bool)
	// Target is the stage that is built; "" is the last.
	Target string
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

// isDockerfile reports whether a file has a Dockerfile's name: Dockerfile or
// Containerfile, with whatever ending, or one that ends in .dockerfile.
func isDockerfile(p string) bool {
	name := strings.ToLower(path.Base(p))
	if strings.HasSuffix(name, ".dockerignore") {
		return false
	}
	stem, _, _ := strings.Cut(name, ".")
	return stem == "dockerfile" || stem == "containerfile" || strings.HasSuffix(name, ".dockerfile")
}

// AddDockerfiles adds the Dockerfiles of a tree: files named Dockerfile or
// Containerfile, with whatever ending, or ending in .dockerfile. A directory does not
// say since when a Dockerfile was there; so images of any age can be built from it. The
// error joins those of files that can't be read, each with its path; all others are
// added.
func (b *Builder) AddDockerfiles(ctx context.Context, fsys fs.FS, opts *Options) error {
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
		if err == nil {
			err = b.add(text, opts, build.Addition{Path: p, From: data.Undated, To: data.Ongoing})
		}
		errs = append(errs, err)
		return nil
	})
	return errors.Join(append(errs, err)...)
}

// add adds what is built from a Dockerfile; to has its path and days.
func (b *Builder) add(text []byte, opts *Options, to build.Addition) error {
	o := Options{}
	if opts != nil {
		o = *opts
	}
	if o.Name == nil {
		o.Name = DirName
	}
	n, ok := o.Name(to.Path)
	if !ok {
		return nil
	}
	to.Repository, to.Tags = n.Repository, n.Tags
	f, err := dockerfile.Parse(bytes.NewReader(text))
	if err != nil {
		return fmt.Errorf("%s: %w", to.Path, err)
	}
	recipes, err := o.recipes(f, text)
	if err != nil {
		return fmt.Errorf("%s: %w", to.Path, err)
	}
	for _, r := range recipes {
		to.Digest, to.Architectures = r.digest, r.architectures
		b.b.Add(to)
	}
	return nil
}

// A platformRecipe is what a Dockerfile makes for some architectures, as bashbrew names
// them; nil for all.
type platformRecipe struct {
	digest        *build.Digest
	architectures []string
}

// recipes evaluates a Dockerfile: once if it is the same for all platforms.
func (o Options) recipes(f *dockerfile.File, text []byte) ([]platformRecipe, error) {
	evaluate := func(platform string) (*build.Digest, error) {
		r, err := f.Recipe(&dockerfile.Options{Target: o.Target, Args: o.Args, Platform: platform})
		if err != nil {
			return nil, err
		}
		return build.DigestRecipe(r), nil
	}
	if !bytes.Contains(text, []byte("TARGET")) { // TARGETARCH and the like
		d, err := evaluate("")
		return []platformRecipe{{digest: d}}, err
	}
	var out []platformRecipe
	for _, p := range [...][2]string{
		{"linux/amd64", "amd64"}, {"linux/arm64", "arm64v8"}, {"linux/arm/v7", "arm32v7"}, {"linux/arm/v6", "arm32v6"}, {"linux/arm/v5", "arm32v5"},
		{"linux/386", "i386"}, {"linux/ppc64le", "ppc64le"}, {"linux/s390x", "s390x"}, {"linux/riscv64", "riscv64"}, {"linux/mips64le", "mips64le"}, {"linux/loong64", "loong64"},
	} {
		d, err := evaluate(p[0])
		if err != nil {
			return nil, err
		}
		i := slices.IndexFunc(out, func(x platformRecipe) bool { return x.digest.Key() == d.Key() })
		if i < 0 {
			i = len(out)
			out = append(out, platformRecipe{digest: d})
		}
		out[i].architectures = append(out[i].architectures, p[1])
	}
	if len(out) == 1 {
		out[0].architectures = nil
	}
	return out, nil
}
