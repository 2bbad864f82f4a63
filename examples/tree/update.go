package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/stemma-go/stemma"
	"github.com/stemma-go/stemma/ancestry"
	"github.com/stemma-go/stemma/ancestry/catalogue"
	"github.com/stemma-go/stemma/ancestry/catalogue/artifact"
	"github.com/stemma-go/stemma/ancestry/genealogy"
)

// updateOnly fetches the newest genealogy, and says what there is. It returns the exit code.
func (f *flags) updateOnly(ctx context.Context, stdout, stderr io.Writer) int {
	got, err := f.fetch(ctx, f.genealogy, stderr, nil)
	if err == nil {
		err = got.NotUpdated
	}
	if err != nil {
		fmt.Fprintln(stderr, "tree:", err)
		return 1
	}
	age, _ := got.Age(time.Now())
	fmt.Fprintf(stdout, "%s@%s: %s\n", f.genealogy, got.Digest, age)
	for _, p := range got.Parts {
		fmt.Fprintf(stdout, "  %s is of %s\n", p.Name, p.Catalogue.Day().Format(time.DateOnly))
	}
	return 0
}

// addCatalogues adds the catalogues that were asked for, and in place of the genealogy that
// ships in the module a newer one, if one was fetched: of the official images, and of each publisher
// that it has. Without -update nobody is asked.
func (f *flags) addCatalogues(ctx context.Context, opts *stemma.Options, stderr io.Writer, waiting func(string)) error {
	for _, c := range f.catalogues {
		known, err := f.catalogue(ctx, c, stderr, waiting)
		if err != nil {
			return err
		}
		opts.Catalogues = append(opts.Catalogues, known)
	}
	got, err := f.fetch(ctx, f.genealogy, stderr, waiting)
	chosen := f.genealogy != artifact.Genealogy
	switch {
	case err != nil && (chosen || ctx.Err() != nil):
		return err
	case err != nil:
		if !errors.Is(err, artifact.ErrNotKept) {
			fmt.Fprintf(stderr, "tree: the genealogy is the one that ships with this program: %v\n", err)
		}
		return nil
	}
	embedded, err := genealogy.Official()
	if err == nil && !chosen && !got.Day.After(embedded.Day()) && len(got.Parts) == 0 {
		return nil
	}
	publishers := map[string]*catalogue.Catalogue{}
	for _, p := range got.Parts {
		publishers[p.Name] = p.Catalogue
	}
	all, err := genealogy.With(got.Catalogue, publishers)
	if chosen { // it is to be that one, however old
		var others *catalogue.Catalogue
		if others, err = genealogy.Publishers(); err == nil {
			all = catalogue.Join(got.All(), others)
		}
	}
	if err != nil {
		return err
	}
	opts.Catalogues, opts.NoGenealogy = append(opts.Catalogues, ancestry.Source(all)), true
	return nil
}

// catalogue opens a file, or what was published under a name.
func (f *flags) catalogue(ctx context.Context, name string, stderr io.Writer, waiting func(string)) (*catalogue.Catalogue, error) {
	if _, err := os.Stat(name); err != nil {
		if filepath.IsAbs(name) || strings.HasPrefix(name, ".") || filepath.Ext(name) == ".stemma" {
			return nil, err
		}
		got, err := f.fetch(ctx, name, stderr, waiting)
		switch {
		case errors.Is(err, artifact.ErrNotKept):
			return nil, fmt.Errorf("there is no file %s; of the registry's %w", name, err)
		case err != nil:
			return nil, err
		}
		return got.All(), nil
	}
	b, err := os.ReadFile(name)
	if err != nil {
		return nil, err
	}
	c, err := catalogue.Open(bytes.NewReader(b), int64(len(b)))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return c, nil
}

// fetch returns the newest copy: with -update of the registry, else of the cache directory.
func (f *flags) fetch(ctx context.Context, ref string, stderr io.Writer, waiting func(string)) (*artifact.Fetched, error) {
	o := &artifact.Options{Offline: !f.update}
	o.Registry.Insecure, o.Registry.Waiting = f.insecure, waiting
	got, err := artifact.Fetch(ctx, ref, o)
	if err != nil {
		if errors.Is(err, artifact.ErrNotKept) {
			err = fmt.Errorf("%w; -update asks it", err)
		}
		return nil, err
	}
	if got.NotUpdated != nil {
		age, _ := got.Age(time.Now())
		fmt.Fprintf(stderr, "tree: not updated, %s: %v\n", age, got.NotUpdated)
	}
	if got.NotKept != nil {
		fmt.Fprintf(stderr, "tree: fetched, and not kept: %v\n", got.NotKept)
	}
	return got, nil
}
