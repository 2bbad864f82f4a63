// Command genealogy makes the catalogue of the Docker Official Images that ships in
// the module.
//
//	genealogy -mirror DIR -o FILE
//	genealogy -mirror DIR -repos
//
// DIR holds clones of github.com/docker-library/official-images and of the
// repositories that its files name, as DIR/owner/name.git, or DIR/owner+name/repo;
// bare clones do. What is not there is listed at the end, and its tags and days are
// in the catalogue nevertheless. The same clones give the same bytes.
//
// With -repos it lists the repositories that the files of official-images name, those
// named most first. This clones them, and brings clones up to date:
//
//	git clone --mirror https://github.com/docker-library/official-images DIR/docker-library/official-images.git
//	genealogy -mirror DIR -repos | while read n url; do
//		d=DIR/$(echo "$url" | awk -F/ '{print $(NF-1) "/" $NF}').git
//		if test -d "$d"; then git -C "$d" fetch -q; else git clone -q --mirror "$url" "$d"; fi
//	done
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

	"github.com/stemma-go/stemma/ancestry/catalogue/internal/official"
	"github.com/stemma-go/stemma/ancestry/catalogue/internal/progress"
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
	repos := flags.Bool("repos", false, "list the repositories to clone, and read nothing else")
	all := flags.Bool("v", false, "list everything that could not be read, not the largest part")
	if err := flags.Parse(args); errors.Is(err, flag.ErrHelp) {
		return nil
	} else if err != nil {
		return err
	}
	if *mirror == "" || flags.NArg() > 0 {
		flags.Usage()
		return errors.New("needs -mirror, and no further arguments")
	}
	if *repos {
		return list(ctx, *mirror, stdout)
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
		if err := os.WriteFile(*out, data, 0o644); err != nil {
			return err
		}
	}
	table(stdout, report, b.Stats(), *all)
	fmt.Fprintf(stdout, "\n%s in %s\n", humanize.Bytes(uint64(len(data))), time.Since(start).Round(time.Second/10))
	return nil
}
