package main

import (
	"bytes"
	"context"
	"crypto/tls"
	"flag"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/remote"

	"github.com/stemma-go/stemma"
	"github.com/stemma-go/stemma/ancestry"
	"github.com/stemma-go/stemma/ancestry/catalogue"
	"github.com/stemma-go/stemma/examples/fleet/queue"
	"github.com/stemma-go/stemma/examples/fleet/store"
	"github.com/stemma-go/stemma/layers/cache"
	"github.com/stemma-go/stemma/layers/source"
	"github.com/stemma-go/stemma/report"
	"github.com/stemma-go/stemma/report/progress"
	"github.com/stemma-go/stemma/report/rules"
)

// worker are the flags of the commands that read images.
type worker struct {
	cache, platform, redirects string
	catalogues                 []string
	reads                      int
	rate                       float64
	patience, limit            time.Duration
	registries                 registries
	transport                  http.RoundTripper // nil is the usual one
}

func (w *worker) define(set *flag.FlagSet, patience time.Duration) {
	set.StringVar(&w.cache, "cache", defaultCache(), "the `directory` in which is kept what was learnt of layers; several workers may share it; '' is none")
	set.Func("catalogue", "a `FILE` of names for bases of your own, as ancestry/catalogue/cmd/catalogue writes it; may be given several times", appendTo(&w.catalogues))
	w.registries.define(set)
	set.IntVar(&w.reads, "reads", 0, "the `number` of images that are read at the same time, of all registries; 0 is twice the number of processors")
	set.Float64Var(&w.rate, "rate", 0, "the `number` of requests a second that one registry gets from all workers together, if they all have this flag; 0 is no limit")
	set.DurationVar(&w.patience, "patience", patience, "for how long a registry may not answer before what waits for it is given up; 0 is without an end")
	set.DurationVar(&w.limit, "limit", 30*time.Minute, "how long reading one image may take")
	set.StringVar(&w.platform, "platform", "", "whose image is read of an index: `OS/ARCHITECTURE`; by default linux on this machine's architecture")
	set.StringVar(&w.redirects, "local-redirects", "", "`hosts` of the local network to which registries may redirect, with commas between them")
}

// check looks at the flags before anything is opened.
func (w *worker) check() error {
	switch {
	case w.reads < 0:
		return usagef("-reads %d is less than 0", w.reads)
	case !(w.rate >= 0): // nor is it no number
		return usagef("-rate %g is less than 0", w.rate)
	case w.patience < 0:
		return usagef("-patience %s is less than 0", w.patience)
	case w.limit <= 0:
		return usagef("-limit %s is no time", w.limit)
	}
	return w.registries.check()
}

// defaultCache is in the user's cache directory; "" if there is none.
func defaultCache() string {
	dir, err := os.UserCacheDir()
	if err != nil {
		return ""
	}
	return filepath.Join(dir, "stemma", "layers")
}

// open opens the queue of a store, with what reads images.
func (w *worker) open(ctx context.Context, e *env, s *store.Store, run int64) (*queue.Queue, error) {
	var platform *v1.Platform
	if w.platform != "" {
		var err error
		if platform, err = source.ParsePlatform(w.platform); err != nil {
			return nil, usageError(err.Error())
		}
	}
	analysis, err := w.analysis()
	if err != nil {
		return nil, err
	}
	transport := w.transport
	if transport == nil {
		transport = usualTransport(w.registries.insecure)
	}
	registries := queue.NewRegistries(w.rate, transport)
	src := &source.Options{Platform: platform, Insecure: w.registries.insecure, Transport: registries, Attempts: 3}
	if w.redirects != "" {
		src.LocalRedirects = strings.Split(w.redirects, ",")
	}
	return queue.Open(ctx, s, &queue.Options{
		Read:       reading(src, analysis),
		Registries: registries, Insecure: w.registries.insecure, Platform: platform,
		AtOnce: w.registries.atOnce, Reads: w.reads, Patience: w.patience, Limit: w.limit,
		Run: run, Version: version(),
		Log: slog.New(slog.NewTextHandler(e.stderr, &slog.HandlerOptions{Level: slog.LevelWarn})),
	})
}

// usualTransport is that of go-containerregistry; with insecure it looks at no certificate.
func usualTransport(insecure bool) http.RoundTripper {
	shared, ok := remote.DefaultTransport.(*http.Transport)
	if !insecure || !ok {
		return remote.DefaultTransport
	}
	t := shared.Clone()
	t.TLSClientConfig = &tls.Config{InsecureSkipVerify: true} // what -insecure says
	return t
}

// reading returns what reads one image.
func reading(src *source.Options, analysis *stemma.Options) queue.ReadFunc {
	return func(ctx context.Context, reference string) (store.Image, *report.Report, error) {
		img, err := source.Open(ctx, reference, src)
		if err != nil {
			return store.Image{}, nil, err
		}
		defer img.Close()
		r, err := stemma.Analyze(ctx, img, analysis)
		if err != nil {
			return store.Image{}, nil, err
		}
		config, err := img.ConfigName()
		return store.Image{Config: config, Platform: img.Platform.String()}, r, err
	}
}

// analysis says how images are read.
func (w *worker) analysis() (*stemma.Options, error) {
	o := &stemma.Options{Rules: rules.All()}
	for _, file := range w.catalogues {
		c, err := openCatalogue(file)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", file, err)
		}
		o.Catalogues = append(o.Catalogues, c)
	}
	if w.cache != "" {
		dir, err := cache.Open(w.cache, nil)
		if err != nil {
			return nil, fmt.Errorf("the layer cache: %w", err)
		}
		o.Layers.Cache = dir
	}
	return o, nil
}

func openCatalogue(file string) (ancestry.Source, error) {
	b, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	return catalogue.Open(bytes.NewReader(b), int64(len(b)))
}

// run works a queue, with a line of progress on a terminal. round is told what was done each time
// the queue is empty again, and of what is left to tell at the end; nil is nobody.
func (w *worker) run(ctx context.Context, e *env, q *queue.Queue, stay bool, round func(queue.Done)) error {
	line := progress.Counting(e.stderr, "jobs")
	defer func() { line.Done() }()
	var before, told queue.Done
	err := q.Work(ctx, stay, func(left int) {
		d := q.Done()
		if round != nil && left == 0 && d == before && d != told { // a job is counted after it has left the queue
			line.Done()
			round(since(d, told))
			line, told = progress.Counting(e.stderr, "jobs"), d
		}
		before = d
		done := d.Looks + d.Images + d.Unreadable
		line.Update(done, done+int64(left))
	})
	if d := q.Done(); round != nil && d != told {
		line.Done()
		round(since(d, told))
	}
	return err
}

// since is what was done between two moments.
func since(now, before queue.Done) queue.Done {
	return queue.Done{
		Looks: now.Looks - before.Looks, Images: now.Images - before.Images,
		Unreadable: now.Unreadable - before.Unreadable, Failed: now.Failed - before.Failed,
	}
}
