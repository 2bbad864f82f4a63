// Command genealogy makes the catalogue of the Docker Official Images that ships in
// the module.
//
//	genealogy -mirror DIR -o FILE
//	genealogy -mirror DIR -repos
//	genealogy -publishers DIR -since DAY -o FILE
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
//
// With -publishers it makes the catalogue of the other publishers (.NET, Jupyter, …)
// from clones of theirs, in the same layout; the table that it writes names them. With
// -since, images that were built before that day are known by their Dockerfiles alone,
// and not by the digests of their layers. The layers of official images are read from a
// clone of docker-library/repo-info, if it is asked for:
//
//	genealogy -publishers DIR -only docker-library/repo-info -o FILE
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"sync"
	"time"

	"github.com/dustin/go-humanize"
	"github.com/schollz/progressbar/v3"
	"golang.org/x/term"

	"github.com/stemma-go/stemma/ancestry/catalogue/internal/official"
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
	others := flags.String("publishers", "", "`directory` of git clones of other publishers: make their catalogue")
	since := flags.String("since", "", "with -publishers: `day`, 2025-01-31, from which on images are known by bytes, too")
	until := flags.String("until", "", "with -publishers: `day` from which on nothing is read")
	only := flags.String("only", "", "with -publishers: `names` of the publishers to read, separated by commas")
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
	if *repos {
		return list(ctx, *mirror, stdout)
	}
	start := time.Now()
	b, report, err := official.Build(ctx, official.Options{Mirror: *mirror, Cache: *cache, Progress: progress(stderr)})
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

// progress returns a bar for each stage, if stderr is a terminal.
func progress(w io.Writer) func(stage string, done, total int) {
	f, ok := w.(*os.File)
	if !ok || !term.IsTerminal(int(f.Fd())) {
		return nil
	}
	var mu sync.Mutex
	var bar *progressbar.ProgressBar
	var now string
	return func(stage string, done, total int) {
		mu.Lock()
		defer mu.Unlock()
		if stage != now {
			now = stage
			bar = progressbar.NewOptions(total, progressbar.OptionSetWriter(w), progressbar.OptionSetDescription(fmt.Sprintf("%-14s", stage)),
				progressbar.OptionShowCount(), progressbar.OptionThrottle(100*time.Millisecond), progressbar.OptionOnCompletion(func() { fmt.Fprintln(w) }))
		}
		_ = bar.Set(done)
	}
}
