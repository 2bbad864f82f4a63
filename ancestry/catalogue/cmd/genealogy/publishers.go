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

// makePublishers writes the catalogues of the other publishers into the directory out, one
// file each, and says what they are made of.
// since and until are days, 2025-01-31; "" is no bound. only are names, separated by commas.
func makePublishers(ctx context.Context, dir, out, since, until, only string, stdout, stderr io.Writer) error {
	start := time.Now()
	opts := publishers.Options{Mirror: dir, Progress: progress.New(stderr)}
	if only != "" {
		opts.Only = strings.Split(only, ",")
	}
	for _, x := range []struct {
		day string
		to  *time.Time
	}{{since, &opts.Since}, {until, &opts.Until}} {
		if x.day == "" {
			continue
		}
		t, err := time.Parse(time.DateOnly, x.day)
		if err != nil {
			return err
		}
		*x.to = t
	}
	all, err := publishers.Build(ctx, opts)
	if err != nil {
		return err
	}
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
		if out != "" {
			name := strings.ReplaceAll(m.Repository, "/", "+") + ".stemma"
			if err := atomicwriter.WriteFile(filepath.Join(out, name), data, 0o644); err != nil {
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
