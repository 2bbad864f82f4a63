package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/stemma-go/stemma/ancestry"
	"github.com/stemma-go/stemma/ancestry/catalogue/internal/build"
	"github.com/stemma-go/stemma/ancestry/catalogue/internal/data"
	"github.com/stemma-go/stemma/ancestry/catalogue/own"
	"github.com/stemma-go/stemma/layers"
	"github.com/stemma-go/stemma/layers/source"
)

// addImage adds an image by the bytes of its layers, all of which are read. arg is a
// reference, of an image that has a name where it is kept, or NAME=REFERENCE.
func addImage(ctx context.Context, b *build.Builder, arg string) error {
	name, ref, given := strings.Cut(arg, "=")
	if !given {
		name, ref = "", arg
	}
	img, err := source.Open(ctx, ref, nil)
	if err != nil {
		return err
	}
	defer img.Close()
	names := img.Tags
	if given {
		names = []string{name}
	}
	byRepository, err := repositories(names)
	if err != nil {
		return fmt.Errorf("%s: %w", ref, err)
	}
	idx, err := layers.Read(ctx, img, nil)
	if err != nil {
		return fmt.Errorf("%s: %w", ref, err)
	}
	verified := !slices.ContainsFunc(idx.Layers, func(l layers.Layer) bool { return !l.Verified })
	if !verified {
		return fmt.Errorf("%s: %w", ref, errors.Join(problems(idx)...))
	}
	for repository, tags := range byRepository {
		err := own.AddImage(b, own.Image{Repository: repository, Tags: tags, Config: idx.Config, Verified: true, To: data.Ongoing})
		if err != nil {
			return err
		}
	}
	return nil
}

// repositories sorts names by repository.
func repositories(names []string) (map[string][]string, error) {
	by := map[string][]string{}
	for _, s := range names {
		n, ok := ancestry.ParseName(s)
		if !ok {
			return nil, fmt.Errorf("%q is no name of an image", s)
		}
		by[n.Repository] = append(by[n.Repository], n.Tags...)
	}
	if len(by) == 0 {
		return nil, errors.New("the image has no name there: write NAME=REFERENCE")
	}
	return by, nil
}

func problems(idx *layers.Index) []error {
	errs := []error{errors.New("not added: its layers could not be verified")}
	for _, p := range idx.Problems {
		errs = append(errs, p)
	}
	return errs
}
