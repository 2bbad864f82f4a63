package main

import (
	"context"
	"fmt"
	"io"
	"path/filepath"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/dustin/go-humanize"
	"github.com/moby/sys/atomicwriter"

	"github.com/stemma-go/stemma/ancestry/catalogue/internal/progress"
	"github.com/stemma-go/stemma/ancestry/catalogue/internal/publishers"
)

// A publishersJob is what the command line says of other publishers.
type publishersJob struct {
	dir, out, cache    string
	since, until, only string // days, 2025-01-31, and names separated by commas; "" is no bound
	missing, repos     bool   // list these, and make nothing
}

// options returns what to build.
func (p publishersJob) options(stderr io.Writer) (publishers.Options, error) {
	opts := publishers.Options{Mirror: p.dir, Cache: p.cache, Look: p.missing, Progress: progress.New(stderr)}
	if p.only != "" {
		opts.Only = strings.Split(p.only, ",")
	}
	for _, x := range []struct {
		day string
		to  *time.Time
	}{{p.since, &opts.Since}, {p.until, &opts.Until}} {
		if x.day == "" {
			continue
		}
		t, err := time.Parse(time.DateOnly, x.day)
		if err != nil {
			return opts, err
		}
		*x.to = t
	}
	return opts, nil
}

// run writes the catalogues of the other publishers into a directory, one file each, and
// says what they are made of; or it lists what is needed.
func (p publishersJob) run(ctx context.Context, stdout, stderr io.Writer) error {
	start := time.Now()
	opts, err := p.options(stderr)
	if err != nil {
		return err
	}
	if p.repos {
		names, err := publishers.Repositories(opts.Only)
		for _, name := range names {
			fmt.Fprintf(stdout, "https://github.com/%s\n", name)
		}
		return err
	}
	all, err := publishers.Build(ctx, opts)
	if err != nil {
		return err
	}
	if p.missing {
		for _, m := range all {
			for _, o := range m.Missing {
				fmt.Fprintf(stdout, "https://github.com/%s %s\n", o.Repository, o.Name)
			}
		}
		return nil
	}
	return p.write(all, start, stdout)
}

// write writes what was made.
func (p publishersJob) write(all []publishers.Made, start time.Time, stdout io.Writer) error {
	w := tabwriter.NewWriter(stdout, 0, 8, 2, ' ', 0)
	fmt.Fprintln(w, "publisher\tuntil\trecipes\tby bytes\tnot read\tsize")
	total := 0
	for _, m := range all {
		if m.Err != nil {
			fmt.Fprintf(w, "%s\t%v\n", m.Repository, m.Err)
			continue
		}
		data, err := m.Catalogue.Encode()
		if err != nil {
			return err
		}
		if p.out != "" {
			name := strings.ReplaceAll(m.Repository, "/", "+") + ".stemma"
			if err := atomicwriter.WriteFile(filepath.Join(p.out, name), data, 0o644); err != nil {
				return err
			}
		}
		total += len(data)
		fmt.Fprintf(w, "%s\t%s\t%d\t%d\t%d\t%s\n", m.Repository, m.Last.Format(time.DateOnly), m.Recipes, m.Images, m.Unread, humanize.Bytes(uint64(len(data))))
	}
	if err := w.Flush(); err != nil {
		return err
	}
	for _, m := range all {
		if m.Example != "" {
			fmt.Fprintf(stdout, "%s: for example %.200s\n", m.Repository, m.Example)
		}
	}
	fmt.Fprintf(stdout, "\n%s in %s\n", humanize.Bytes(uint64(total)), time.Since(start).Round(time.Second/10))
	return nil
}
