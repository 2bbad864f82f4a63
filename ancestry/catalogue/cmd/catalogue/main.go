// Command catalogue makes a catalogue of one's own base images, from their
// Dockerfiles or from the images.
//
//	catalogue -o FILE [-arg NAME=VALUE]... [-image [NAME=]REFERENCE]... [DIR...]
//
// An image is anything that package layers/source opens. All its layers are read,
// and an image that stands on it is proved to. It is named as where it is kept,
// unless a NAME is given.
//
// A DIR that is a git repository (a clone with .git, or a bare one) is read through
// its whole history, with the days on which each Dockerfile was there; any other is
// read as it is. An image is named by its Dockerfile's place:
// base/python/3.11/Dockerfile is base/python:3.11; -prefix puts a registry before it.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"time"

	"github.com/stemma-go/stemma/ancestry"
	"github.com/stemma-go/stemma/ancestry/catalogue/internal/build"
	"github.com/stemma-go/stemma/ancestry/catalogue/internal/data"
	"github.com/stemma-go/stemma/ancestry/catalogue/own"
	"github.com/stemma-go/stemma/ancestry/dockerfile"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, os.Args[1:], time.Now(), os.Stdout, os.Stderr); err != nil {
		fmt.Fprintln(os.Stderr, "catalogue:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string, now time.Time, stdout, stderr io.Writer) error {
	flags := flag.NewFlagSet("catalogue", flag.ContinueOnError)
	flags.SetOutput(stderr)
	out := flags.String("o", "", "`file` to write")
	prefix := flags.String("prefix", "", "`registry` that is put before the names")
	// A directory does not say since when a Dockerfile was there: since ever.
	opts := &own.Options{Args: map[string]string{}}
	flags.Func("arg", "build argument `NAME=VALUE` that all builds set; may be repeated", func(s string) error {
		k, v, ok := strings.Cut(s, "=")
		if !ok || k == "" {
			return errors.New("not NAME=VALUE")
		}
		opts.Args[k] = v
		return nil
	})
	var images []string
	flags.Func("image", "`[NAME=]REFERENCE` of an image to know by its layers; may be repeated", func(s string) error {
		images = append(images, s)
		return nil
	})
	if err := flags.Parse(args); errors.Is(err, flag.ErrHelp) {
		return nil
	} else if err != nil {
		return err
	}
	if *out == "" || flags.NArg()+len(images) == 0 {
		flags.Usage()
		return errors.New("needs -o and at least one directory or image")
	}
	opts.Name = func(p string) (ancestry.Name, bool) {
		n, ok := dockerfile.DirName(p)
		if *prefix != "" {
			n.Repository = strings.TrimSuffix(*prefix, "/") + "/" + n.Repository
		}
		return n, ok
	}
	b := build.New(data.DayOf(now), strings.Join(append(flags.Args(), images...), " "))
	for _, dir := range flags.Args() {
		if err := add(ctx, b, dir, opts); err != nil {
			// What can't be read is told; all else is in the catalogue.
			fmt.Fprintln(stderr, err)
		}
	}
	for _, image := range images {
		if err := addImage(ctx, b, image); err != nil {
			fmt.Fprintln(stderr, err)
		}
	}
	if err := ctx.Err(); err != nil {
		return err // half of it is no catalogue
	}
	data, err := b.Encode()
	if err != nil {
		return err
	}
	s := b.Stats()
	if s.Recipes == 0 {
		return errors.New("no Dockerfile and no image found")
	}
	if err := os.WriteFile(*out, data, 0o644); err != nil {
		return err
	}
	_, err = fmt.Fprintf(stdout, "%d recipes of %d repositories, %d bytes\n", s.Recipes, s.Repositories, len(data))
	return err
}

// add adds one directory.
func add(ctx context.Context, b *build.Builder, dir string, opts *own.Options) error {
	for _, git := range []string{filepath.Join(dir, ".git"), dir} {
		if _, err := os.Stat(filepath.Join(git, "HEAD")); err == nil {
			return own.AddRepository(ctx, b, git, opts)
		}
	}
	return own.AddDockerfiles(ctx, b, os.DirFS(dir), opts)
}
