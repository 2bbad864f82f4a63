// Command genealogy makes the catalogue of the Docker Official Images that ships in
// the module, and publishes it.
//
//	genealogy -mirror DIR -o FILE [-cache DIR]
//	genealogy -mirror DIR -push REF [-cache DIR]
//	genealogy -mirror DIR -repos
//	genealogy -publishers DIR -since DAY -o DIR
//	genealogy -mirror DIR -cache DIR -missing
//
// DIR holds clones of github.com/docker-library/official-images and of the
// repositories that its files name, as DIR/owner/name.git, or DIR/owner+name/repo;
// bare clones do. What is not there is listed at the end, and its tags and days are
// in the catalogue nevertheless. The same clones give the same bytes.
//
// With -push it publishes the catalogue as an OCI artifact, with the credentials of docker
// login; package artifact says what that is, and fetches it.
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
// file each, from clones of theirs, in the same layout; the table that it writes names them. With
// -since, images that were built before that day are known by their Dockerfiles alone,
// and not by the digests of their layers. The layers of official images are read from a
// clone of docker-library/repo-info, if it is asked for:
//
//	genealogy -publishers DIR -only docker-library/repo-info -o DIR
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
		return makePublishers(ctx, *others, *out, *since, *until, *only, stdout, stderr)
	}
	if *mirror == "" || flags.NArg() > 0 {
		flags.Usage()
		return errors.New("needs -mirror, and no further arguments")
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
		h, err := artifact.Push(ctx, *push, data, &source.Options{Insecure: *insecure})
		if err != nil {
			return err
		}
		fmt.Fprintf(stdout, "pushed %s@%s\n\n", *push, h)
	}
	table(stdout, report, b.Stats(), *all)
	fmt.Fprintf(stdout, "\n%s in %s\n", humanize.Bytes(uint64(len(data))), time.Since(start).Round(time.Second/10))
	return nil
}
