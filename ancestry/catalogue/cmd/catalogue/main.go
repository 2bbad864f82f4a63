// Command catalogue makes a catalogue of one's own base images, from their
// Dockerfiles or from the images.
//
//	catalogue -o FILE [-arg NAME=VALUE]... [-image [NAME=]REFERENCE]... [DIR...]
//
// An image is anything that package layers/source opens. All its layers are read, so
// that an image which is built on it can be proved to be. It has the names under which
// it is kept there, unless a NAME is given.
//
// A DIR that is a git repository (a clone with .git, or a bare one) is read through
// its whole history, with the days on which each Dockerfile was there; any other is
// read as it is. An image is named by its Dockerfile's place:
// base/python/3.11/Dockerfile is base/python:3.11; -prefix puts a registry before it.
package main

import (
	"bytes"
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
	"github.com/stemma-go/stemma/ancestry/catalogue/own"
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
		n, ok := own.DirName(p)
		if *prefix != "" {
			n.Repository = strings.TrimSuffix(*prefix, "/") + "/" + n.Repository
		}
		return n, ok
	}
	b := own.New(strings.Join(append(flags.Args(), images...), " "), now)
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
	repositories, recipes := b.Len()
	if recipes == 0 {
		return errors.New("no Dockerfile and no image found")
	}
	var file bytes.Buffer
	if _, err := b.WriteTo(&file); err != nil {
		return err
	}
	if err := os.WriteFile(*out, file.Bytes(), 0o644); err != nil {
		return err
	}
	_, err := fmt.Fprintf(stdout, "%d recipes of %d repositories, %d bytes\n", recipes, repositories, file.Len())
	return err
}

// add adds one directory.
func add(ctx context.Context, b *own.Builder, dir string, opts *own.Options) error {
	for _, git := range []string{filepath.Join(dir, ".git"), dir} {
		if _, err := os.Stat(filepath.Join(git, "HEAD")); err == nil {
			return b.AddRepository(ctx, git, opts)
		}
	}
	return b.AddDockerfiles(ctx, os.DirFS(dir), opts)
}
