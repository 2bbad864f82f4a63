package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"log"
	"net"
	"net/http"
	"os"
	"strings"
	"time"

	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/registry"
	"github.com/google/go-containerregistry/pkg/v1/remote"

	"github.com/stemma-go/stemma/examples/fleet/internal/orchard"
	"github.com/stemma-go/stemma/examples/fleet/queue"
	"github.com/stemma-go/stemma/examples/fleet/store"
	"github.com/stemma-go/stemma/layers/printable"
)

// exampleHost is the name of a registry that is there while fleet example runs.
const exampleHost = "fleet.localhost"

// example shows what fleet does on images that it makes itself: it puts them into a registry
// within this process, scans that, rebuilds some bases, scans again, and asks.
func example(ctx context.Context, e *env, set *flag.FlagSet, args []string) error {
	dsn := database(set)
	if err := noArguments(set, args); err != nil {
		return err
	}
	if store.IsPostgres(*dsn) {
		return usagef("-db: the example makes a file of SQLite")
	}
	if _, err := os.Stat(*dsn); !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("%s is there already: -db names another file, which the example will make", *dsn)
	}
	images, err := exampleImages()
	if err != nil {
		return err
	}
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	transport, err := serve(ctx)
	if err != nil {
		return err
	}
	w := worker{transport: transport, registries: registries{insecure: true, atOnce: 4}, patience: hurry, limit: time.Minute, platform: "linux/amd64"}
	fmt.Fprintf(e.stdout, "A registry with %d images, made for this:\n\n", len(images.References(1))+len(images.Odd))
	if err := season(ctx, e, *dsn, &w, images, 1); err != nil {
		return err
	}
	fmt.Fprint(e.stdout, "\nSome of the bases are rebuilt, and pushed under the same tags. Scanned again:\n\n")
	if err := season(ctx, e, *dsn, &w, images, 2); err != nil {
		return err
	}
	for _, ask := range [][]string{{"tree"}, {"stale"}, {"stands-on", exampleHost + "/base/node"}} {
		line := append([]string{ask[0], "-db", *dsn}, ask[1:]...)
		fmt.Fprintf(e.stdout, "\n$ fleet %s\n\n", printable.Line(strings.Join(line, " ")))
		if code := run(ctx, line, e); code != 0 {
			return fmt.Errorf("fleet %s failed", ask[0])
		}
	}
	fmt.Fprintf(e.stdout, "\n%s stays: ask it more with -db %[1]s. fleet query lists its views.\n", printable.Line(*dsn))
	return nil
}

func exampleImages() (*orchard.Orchard, error) {
	return orchard.Grow(orchard.Options{Host: exampleHost, Bases: 14, Apps: 44})
}

// season pushes what a season brings, and scans all there is. That some of it can't be read is
// part of the example.
func season(ctx context.Context, e *env, dsn string, w *worker, images *orchard.Orchard, n int) error {
	if err := images.Push(ctx, n, remote.WithTransport(w.transport)); err != nil {
		return err
	}
	var wanted []queue.Wanted
	add := func(ref, owner string) error {
		tag, err := name.NewTag(ref)
		wanted = append(wanted, queue.Wanted{Ref: queue.Ref(tag, owner)})
		return err
	}
	var errs []error
	for ref, im := range images.References(n) {
		errs = append(errs, add(ref, im.Owner))
	}
	for _, odd := range images.Odd {
		errs = append(errs, add(exampleHost+"/"+odd.Repository+":"+odd.Tag, ""))
	}
	if err := errors.Join(errs...); err != nil {
		return err
	}
	return withQueue(ctx, e, dsn, "example", w, func(q *queue.Queue) error {
		if _, err := q.Add(ctx, wanted...); err != nil {
			return err
		}
		if err := workAndTell(ctx, e, q, w); !errors.Is(err, errUnread) {
			return err
		}
		return nil
	})
}

// serve serves an empty registry on the loopback interface until ctx is done, and returns the
// transport for which exampleHost is that registry.
func serve(ctx context.Context) (http.RoundTripper, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	server := &http.Server{Handler: registry.New(registry.Logger(log.New(io.Discard, "", 0))), ReadHeaderTimeout: time.Minute}
	go server.Serve(l)
	context.AfterFunc(ctx, func() { server.Close() })
	return &http.Transport{
		DialContext: func(ctx context.Context, network, _ string) (net.Conn, error) {
			var d net.Dialer
			return d.DialContext(ctx, network, l.Addr().String())
		},
		MaxIdleConnsPerHost: 16,
	}, nil
}
