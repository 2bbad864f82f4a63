package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/dustin/go-humanize"

	"github.com/stemma-go/stemma/ancestry/catalogue/internal/publishers"
)

// makePublishers writes the catalogue of the other publishers, and says what it is made of.
// since and until are days, 2025-01-31; "" is no bound. only are names, separated by commas.
func makePublishers(ctx context.Context, dir, out, since, until, only string, stdout, stderr io.Writer) error {
	start := time.Now()
	opts := publishers.Options{Mirror: dir, Progress: progress(stderr)}
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
	b, reports, err := publishers.Build(ctx, opts)
	if err != nil {
		return err
	}
	data, err := b.Encode()
	if err != nil {
		return err
	}
	if out != "" {
		if err := os.WriteFile(out, data, 0o644); err != nil {
			return err
		}
	}
	w := tabwriter.NewWriter(stdout, 0, 8, 2, ' ', 0)
	fmt.Fprintln(w, "publisher\tuntil\trecipes\tby bytes\tnot read")
	for _, r := range reports {
		if r.Err != nil {
			fmt.Fprintf(w, "%s\t%v\n", r.Repository, r.Err)
			continue
		}
		fmt.Fprintf(w, "%s\t%s\t%d\t%d\t%d %.100s\n", r.Repository, r.Last.Format(time.DateOnly), r.Recipes, r.Images, r.Unread, r.Example)
	}
	_ = w.Flush()
	s := b.Stats()
	fmt.Fprintf(stdout, "\n%d repositories, %d recipes and builds\n%s in %s\n", s.Repositories, s.Recipes, humanize.Bytes(uint64(len(data))), time.Since(start).Round(time.Second/10))
	return nil
}
