// Command catalogue makes a catalogue of one's own base images: of their Dockerfiles, of
// images, or of all that a registry has. It publishes catalogues, and fetches them.
//
//	catalogue -o FILE [-arg NAME=VALUE]... [-image [NAME=]REFERENCE]... [DIR...]
//	catalogue -o FILE -registry NAMESPACE [-only PATTERN] [-skip PATTERN] [-state FILE]
//	catalogue -o FILE -repository REPOSITORY... [-state FILE]
//	catalogue -o FILE -push REF …      # any of the above, and publish it
//	catalogue -push REF -add FILE      # publish one that was made before
//	catalogue -fetch REF -o FILE
//
// # Dockerfiles
//
// A DIR that is a git repository (a clone with .git, or a bare one) is read through
// its whole history, with the days on which each Dockerfile was there; any other is
// read as it is. An image is named by its Dockerfile's place:
// base/python/3.11/Dockerfile is base/python:3.11; -prefix puts a registry before it.
//
// # Images
//
// An image is anything that package layers/source opens. All its layers are read, so
// that an image which is built on it can be proved to be. It has the names under which
// it is kept there, unless a NAME is given.
//
// # Registries
//
// -registry asks a registry for its repositories, all of them or those of a path, such as
// registry.example.com/base. Many public registries have no such list: name the
// repositories by -repository. Of each, all tags are read, and of each tag the manifest and
// the configuration, for every platform; layers are not. Images that are built on one of
// these are recorded to be, since its configuration says which layers it has. With -verify
// the layers are read, too, each once, and they are proved to be. -only and -skip choose by
// repository:tag; in a pattern, * matches slashes, too.
//
// A registry knows what its tags point to today. -state keeps in FILE what it said, and the
// next run adds to that: an image that a tag pointed to before stays in the catalogue, with
// its days. An image whose digest is in there is not read again; so the next run costs a
// request a tag. What could not be asked for stays as it was known, and is told; the
// catalogue is made nevertheless.
//
// At the first run, a tag counts from the day on which its image was made, since the registry
// does not say when it was pushed; of an image without a credible date it is not known. A tag
// that moved between two runs did so when the new image was made, but not before the first of
// the two.
//
// # All together
//
// Where images and Dockerfiles name the same layers, the images count: bytes decide what
// instructions leave open.
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

	"github.com/moby/sys/atomicwriter"

	"github.com/stemma-go/stemma/ancestry"
	"github.com/stemma-go/stemma/ancestry/catalogue/artifact"
	"github.com/stemma-go/stemma/ancestry/catalogue/internal/progress"
	"github.com/stemma-go/stemma/ancestry/catalogue/own"
	"github.com/stemma-go/stemma/layers/source"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, os.Args[1:], time.Now(), os.Stdout, os.Stderr); err != nil {
		fmt.Fprintln(os.Stderr, "catalogue:", err)
		os.Exit(1)
	}
}

// A command is what the command line says.
type command struct {
	out, add, push, fetch, state string
	images, dirs                 []string
	verify                       bool
	dockerfiles                  own.Options
	registry                     source.Options
	crawl                        crawl
}

func run(ctx context.Context, args []string, now time.Time, stdout, stderr io.Writer) error {
	c, err := parse(args, stderr)
	if err != nil || c == nil {
		return err
	}
	c.crawl.opts, c.crawl.now, c.crawl.stderr, c.crawl.progress = &c.registry, now, stderr, progress.New(stderr)
	file, say, err := c.file(ctx, now, stderr)
	if err != nil {
		return err
	}
	if c.out != "" {
		if err := atomicwriter.WriteFile(c.out, file, 0o644); err != nil {
			return err
		}
	}
	if c.push != "" {
		h, err := artifact.Push(ctx, c.push, file, &c.registry)
		if err != nil {
			return err
		}
		say += fmt.Sprintf("\npushed %s@%s", c.push, h)
	}
	_, err = fmt.Fprintln(stdout, say)
	return err
}

// parse returns the command, nil if help was asked for.
func parse(args []string, stderr io.Writer) (*command, error) {
	c := &command{dockerfiles: own.Options{Args: map[string]string{}}}
	flags := flag.NewFlagSet("catalogue", flag.ContinueOnError)
	flags.SetOutput(stderr)
	list := func(to *[]string, name, usage string) {
		flags.Func(name, usage+"; may be repeated", func(s string) error { *to = append(*to, s); return nil })
	}
	flags.StringVar(&c.out, "o", "", "`file` to write")
	flags.StringVar(&c.push, "push", "", "publish the catalogue as this `reference`, with a tag")
	flags.StringVar(&c.fetch, "fetch", "", "fetch the catalogue that was published as this `reference`")
	flags.StringVar(&c.add, "add", "", "a catalogue `file` that was made before: publish it")
	flags.StringVar(&c.state, "state", "", "`file` that keeps what registries said, for the next run")
	flags.BoolVar(&c.verify, "verify", false, "read the layers of a registry's images, too")
	flags.BoolVar(&c.registry.Insecure, "insecure", false, "allow plain HTTP and unverified TLS for any registry")
	list(&c.images, "image", "`[NAME=]REFERENCE` of an image to know by its layers")
	list(&c.crawl.namespaces, "registry", "`namespace` of a registry, all of whose tags are read")
	list(&c.crawl.repositories, "repository", "`repository` of a registry, all of whose tags are read")
	flags.Var(&c.crawl.only, "only", "`pattern` of repository:tag to read; may be repeated")
	flags.Var(&c.crawl.skip, "skip", "`pattern` of repository:tag not to read; may be repeated")
	prefix := flags.String("prefix", "", "`registry` that is put before the names of Dockerfiles")
	flags.Func("arg", "build argument `NAME=VALUE` that all builds set; may be repeated", func(s string) error {
		k, v, ok := strings.Cut(s, "=")
		if !ok || k == "" {
			return errors.New("not NAME=VALUE")
		}
		c.dockerfiles.Args[k] = v
		return nil
	})
	if err := flags.Parse(args); errors.Is(err, flag.ErrHelp) {
		return nil, nil
	} else if err != nil {
		return nil, err
	}
	c.dirs = flags.Args()
	c.dockerfiles.Name = func(p string) (ancestry.Name, bool) {
		n, ok := own.DirName(p)
		if *prefix != "" {
			n.Repository = strings.TrimSuffix(*prefix, "/") + "/" + n.Repository
		}
		return n, ok
	}
	sources := 0
	for _, given := range []bool{len(c.sources()) > 0, c.add != "", c.fetch != ""} {
		if given {
			sources++
		}
	}
	if sources != 1 || c.out == "" && c.push == "" {
		flags.Usage()
		return nil, errors.New("needs -o or -push, and either directories, images or registries, or -add, or -fetch")
	}
	return c, nil
}

// sources are the places of which a catalogue is made.
func (c *command) sources() []string {
	var all []string
	for _, list := range [][]string{c.dirs, c.images, c.crawl.namespaces, c.crawl.repositories} {
		all = append(all, list...)
	}
	return all
}

// file makes the catalogue, or gets it, and says what it is.
func (c *command) file(ctx context.Context, now time.Time, stderr io.Writer) (file []byte, say string, err error) {
	switch {
	case c.fetch != "":
		f, err := artifact.Fetch(ctx, c.fetch, &artifact.Options{Registry: c.registry})
		if err == nil {
			err = f.NotUpdated
		}
		if err != nil {
			return nil, "", err
		}
		age, _ := f.Age(now)
		return f.File, fmt.Sprintf("%d bytes; %s", f.Size, age), nil
	case c.add != "":
		file, err = os.ReadFile(c.add)
		return file, fmt.Sprintf("%d bytes", len(file)), err
	}
	b := own.New(strings.Join(c.sources(), " "), now)
	// What can't be read is told; all else is in the catalogue.
	for _, dir := range c.dirs {
		if err := add(ctx, b, dir, &c.dockerfiles); err != nil {
			fmt.Fprintln(stderr, err)
		}
	}
	for _, image := range c.images {
		if err := addImage(ctx, b, image); err != nil {
			fmt.Fprintln(stderr, err)
		}
	}
	read, err := c.addRegistries(ctx, b, stderr)
	if err != nil {
		return nil, "", err
	}
	if err := ctx.Err(); err != nil {
		return nil, "", err // half of it is no catalogue
	}
	repositories, recipes := b.Len()
	if recipes == 0 {
		return nil, "", errors.New("no Dockerfile and no image found")
	}
	var out bytes.Buffer
	if _, err := b.WriteTo(&out); err != nil {
		return nil, "", err
	}
	return out.Bytes(), fmt.Sprintf("%s%d recipes of %d repositories, %d bytes", read, recipes, repositories, out.Len()), nil
}

// addRegistries adds what registries have and had. What was learnt is kept, also if it is
// interrupted. say is how much that was.
func (c *command) addRegistries(ctx context.Context, b *own.Builder, stderr io.Writer) (say string, err error) {
	if len(c.crawl.namespaces)+len(c.crawl.repositories) == 0 {
		return "", nil
	}
	if c.crawl.known, err = loadKnown(c.state); err != nil {
		return "", err
	}
	before := len(c.crawl.known.Images)
	err = c.crawl.run(ctx)
	if err == nil && c.verify {
		err = c.crawl.verify(ctx)
	}
	if err := errors.Join(err, c.crawl.known.save(c.state)); err != nil {
		return "", err
	}
	if err := c.crawl.known.add(b); err != nil {
		fmt.Fprintln(stderr, err)
	}
	return fmt.Sprintf("%d images known before, %d read; ", before, c.crawl.known.read), nil
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
