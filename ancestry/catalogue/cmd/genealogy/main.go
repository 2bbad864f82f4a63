// Command genealogy makes the catalogue of the Docker Official Images that ships in
// the module, and publishes it.
//
//	genealogy -mirror DIR -o FILE [-cache DIR]
//	genealogy -mirror DIR -push REF [-cache DIR] [PART…]
//	genealogy -push REF FILE [PART…]
//	genealogy -mirror DIR -repos
//	genealogy -publishers DIR [-since DAY] [-cache DIR] -o DIR
//	genealogy -publishers DIR -repos
//	genealogy -publishers DIR -cache DIR -missing
//	genealogy -mirror DIR -cache DIR -missing
//
// DIR holds clones of github.com/docker-library/official-images and of the
// repositories that its files name, as DIR/owner/name.git, or DIR/owner+name/repo;
// bare clones do. What is not there is listed at the end, and its tags and days are
// in the catalogue nevertheless. The same clones give the same bytes.
//
// With -push it publishes the catalogue as an OCI artifact, with the credentials of docker
// login; package artifact says what that is, and fetches it. Each PART is a catalogue file of
// another publisher, which is part of the same artifact, under the file's name:
//
//	genealogy -push REF genealogy.stemma publishers/*.stemma
//
// # The first time
//
// With -repos it lists the repositories that the files of official-images name, those
// named most first. This clones them, and brings clones up to date:
//
//	git clone --mirror https://github.com/docker-library/official-images DIR/docker-library/official-images.git
//	genealogy -mirror DIR -repos | while read n url; do
//		d=DIR/$(echo "$url" | awk -F/ '{print $(NF-1) "/" $NF}').git
//		if test -d "$d"; then git -C "$d" fetch -q; else git clone -q --mirror "$url" "$d"; fi
//	done
//
// With -publishers it makes the catalogues of the other publishers (.NET, Jupyter, …), one
// file each, from clones of theirs, in the same layout, which -repos lists. With
// -since, images that were built before that day are known by their Dockerfiles alone,
// and not by the digests of their layers.
//
// Three more are read if they are asked for, by who has clones of them: docker-library/repo-info
// has the digests of official images' layers, manifests and indices, docker-library/meta those
// of manifests, of every day since September 2023, and devcontainers/images those of its
// indices. What they make is a catalogue like others:
//
//	genealogy -publishers DIR -only docker-library/repo-info,docker-library/meta,devcontainers/images -o OUT
//	tree -catalogue OUT/docker-library+meta.stemma registry.example.com/app
//
// # The next times
//
// -cache keeps what was read of each Dockerfile at its commit. What is in it is not read
// again, and its clone need not be there. So what changed since is enough: official-images,
// brought up to date, and the commits that it names since then, which -missing lists with
// their repositories:
//
//	git -C DIR/docker-library/official-images.git fetch -q
//	genealogy -mirror DIR -cache CACHE -missing | while read url commit; do
//		d=DIR/$(echo "$url" | awk -F/ '{print $(NF-1) "/" $NF}').git
//		git init -q --bare "$d" && git -C "$d" fetch -q --depth 1 "$url" "$commit"
//	done
//	genealogy -mirror DIR -cache CACHE -o FILE
//
// The result is that of a whole run, byte for byte, but for two things: what could not be
// read is not asked for again, though it may be there now; and a tag or branch that the
// oldest library files name in place of a commit, and that was moved since, counts as it was,
// unless its clone is there.
//
// The other publishers' files that an earlier run read are not read again, and need not be
// there either: a clone needs its commits and tags, and the files that are new, which -missing
// lists. So clones made with git clone --mirror --filter=blob:none will do, where git is 2.45
// or newer; an older one fetches what is missing by itself.
//
//	genealogy -publishers DIR -cache CACHE -missing | while read url object; do
//		git -C DIR/$(echo "$url" | awk -F/ '{print $(NF-1) "/" $NF}').git cat-file -e "$object"
//	done
//	genealogy -publishers DIR -cache CACHE -o OUT
//
// What is read only if it is asked for is read again each time. publishers.sh keeps whole
// clones, and brings them and the catalogues up to date.
//
// Not incremental are the library files: all revisions are read each time, which takes
// seconds, and needs the whole history of official-images. And the cache is that of one build
// of this program. Another build, which may read Dockerfiles otherwise, starts again: -missing
// then lists every commit, and the way of the first time is the shorter one.
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

	"github.com/dustin/go-humanize"
	"github.com/moby/sys/atomicwriter"

	"github.com/stemma-go/stemma/ancestry/catalogue/artifact"
	"github.com/stemma-go/stemma/ancestry/catalogue/internal/official"
	"github.com/stemma-go/stemma/ancestry/catalogue/internal/progress"
	"github.com/stemma-go/stemma/layers/source"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, os.Args[1:], os.Stdout, os.Stderr); err != nil {
		fmt.Fprintln(os.Stderr, "genealogy:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	flags := flag.NewFlagSet("genealogy", flag.ContinueOnError)
	flags.SetOutput(stderr)
	mirror := flags.String("mirror", "", "`directory` of git clones")
	out := flags.String("o", "", "`file` to write; without it nothing is written")
	cache := flags.String("cache", "", "`directory` that keeps what was read for the next run")
	others := flags.String("publishers", "", "`directory` of git clones of other publishers: make their catalogues; -o is a directory")
	since := flags.String("since", "", "with -publishers: `day`, 2025-01-31, from which on images are known by bytes, too")
	until := flags.String("until", "", "with -publishers: `day` from which on nothing is read")
	only := flags.String("only", "", "with -publishers: `names` of the publishers to read, separated by commas")
	push := flags.String("push", "", "publish it as this `reference`, with a tag")
	insecure := flags.Bool("insecure", false, "allow plain HTTP and unverified TLS for the registry of -push")
	lacks := flags.Bool("missing", false, "list the commits that the cache does not know, and read nothing else")
	repos := flags.Bool("repos", false, "list the repositories to clone, and read nothing else")
	all := flags.Bool("v", false, "list everything that could not be read, not the largest part")
	if err := flags.Parse(args); errors.Is(err, flag.ErrHelp) {
		return nil
	} else if err != nil {
		return err
	}
	if *others != "" && *mirror == "" && flags.NArg() == 0 {
		return publishersJob{*others, *out, *cache, *since, *until, *only, *lacks, *repos}.run(ctx, stdout, stderr)
	}
	files, err := readFiles(flags.Args())
	switch {
	case err != nil:
		return err
	case *push != "" && *mirror == "" && len(files) > 0:
		return publish(ctx, *push, files[0].File, files[1:], *insecure, stdout)
	case *mirror == "" || len(files) > 0 && *push == "":
		flags.Usage()
		return errors.New("needs -mirror, and no further arguments without -push")
	}
	switch {
	case *repos:
		return list(ctx, *mirror, stdout)
	case *lacks && *cache == "":
		return errors.New("-missing needs -cache")
	case *lacks:
		return missing(ctx, *mirror, *cache, stdout)
	}
	start := time.Now()
	b, report, err := official.Build(ctx, official.Options{Mirror: *mirror, Cache: *cache, Progress: progress.New(stderr)})
	if err != nil {
		return err
	}
	data, err := b.Encode()
	if err != nil {
		return err
	}
	if *out != "" {
		if err := atomicwriter.WriteFile(*out, data, 0o644); err != nil {
			return err
		}
	}
	if *push != "" {
		if err := publish(ctx, *push, data, files, *insecure, stdout); err != nil {
			return err
		}
		fmt.Fprintln(stdout)
	}
	table(stdout, report, b.Stats(), *all)
	fmt.Fprintf(stdout, "\n%s in %s\n", humanize.Bytes(uint64(len(data))), time.Since(start).Round(time.Second/10))
	return nil
}

// readFiles reads catalogue files, and names them.
func readFiles(names []string) ([]artifact.Part, error) {
	var out []artifact.Part
	for _, name := range names {
		b, err := os.ReadFile(name)
		if err != nil {
			return nil, err
		}
		out = append(out, artifact.Part{Name: strings.TrimSuffix(filepath.Base(name), ".stemma"), File: b})
	}
	return out, nil
}

// publish publishes a catalogue with its parts, and says under which digest.
func publish(ctx context.Context, ref string, file []byte, parts []artifact.Part, insecure bool, stdout io.Writer) error {
	h, err := artifact.PushAll(ctx, ref, file, parts, &source.Options{Insecure: insecure})
	if err == nil {
		fmt.Fprintf(stdout, "pushed %s@%s\n", ref, h)
	}
	return err
}
