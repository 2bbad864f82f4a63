package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/dustin/go-humanize"

	"github.com/stemma-go/stemma/examples/fleet/ask"
	"github.com/stemma-go/stemma/examples/fleet/export"
	"github.com/stemma-go/stemma/examples/fleet/store"
	"github.com/stemma-go/stemma/layers/printable"
)

// exportFiles writes tables and views as files, or draws the forest.
func exportFiles(ctx context.Context, e *env, set *flag.FlagSet, args []string) error {
	db := database(set)
	format := set.String("format", "parquet", "`NAME`: parquet, csv or jsonl, a file for each table; dot or html, a picture of the forest")
	out := set.String("o", "", "where to: a `directory` of tables, fleet-FORMAT by default; a file of a picture, the standard output by default")
	names, err := parse(set, args)
	if err != nil {
		return err
	}
	picture := *format == "dot" || *format == "html"
	if _, err := export.FormatOf(*format); err != nil && !picture {
		return usagef("%v, dot, html", err)
	}
	if picture && len(names) > 0 {
		return usagef("a picture has no tables: unexpected argument %q", names[0])
	}
	s, err := openThere(ctx, *db)
	if err != nil {
		return err
	}
	defer s.Close()
	if picture {
		return draw(ctx, e, s, *format, *out)
	}
	if err := ask.CheckTables(ctx, s, names); err != nil {
		return usagef("%v", err)
	}
	if *out == "" {
		*out = "fleet-" + *format
	}
	return ask.ExportTables(ctx, s, e.stdout, *format, *out, names, ask.Options{})
}

// draw writes the picture to a file, and says so, or to the standard output.
func draw(ctx context.Context, e *env, s *store.Store, format, file string) error {
	write := func(w io.Writer) error { return ask.ExportPicture(ctx, s, w, format, time.Now()) }
	if file == "" {
		return write(e.stdout)
	}
	if err := export.Whole(file, write); err != nil {
		return err
	}
	info, err := os.Stat(file)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(e.stdout, "%s, %s\n", printable.Line(file), humanize.Bytes(uint64(info.Size())))
	return err
}
