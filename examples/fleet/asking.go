package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"os"

	"github.com/stemma-go/stemma/examples/fleet/ask"
	"github.com/stemma-go/stemma/examples/fleet/store"
)

// An asking is what the commands that ask the database have in common.
type asking struct {
	db      *string
	format  string
	options ask.Options
}

// askFlags defines the flags of a command that asks.
func askFlags(set *flag.FlagSet) *asking {
	a := &asking{db: database(set)}
	set.StringVar(&a.format, "format", "text", "`text` for people, or json, which has everything, for programs")
	set.BoolVar(&a.options.All, "all", false, "all rows, not only the first")
	set.IntVar(&a.options.Width, "width", 0, "`columns`; 0 is the terminal's, and 100 where there is none")
	return a
}

// check checks the flags.
func (a *asking) check() error {
	if a.format != "text" && a.format != "json" {
		return usagef("unknown format %q: text or json", a.format)
	}
	if a.options.Width < 0 {
		return usagef("-width: less than 0")
	}
	a.options.JSON = a.format == "json"
	return nil
}

// open checks the flags, and opens the database, which has to be there.
func (a *asking) open(ctx context.Context) (*store.Store, error) {
	if err := a.check(); err != nil {
		return nil, err
	}
	return openThere(ctx, *a.db)
}

// openThere opens a database that has to be there: a question makes none.
func openThere(ctx context.Context, dsn string) (*store.Store, error) {
	if !store.IsPostgres(dsn) {
		if _, err := os.Stat(dsn); errors.Is(err, fs.ErrNotExist) {
			return nil, fmt.Errorf("there is no database %s: fleet scan makes one, and -db names another", dsn)
		}
	}
	return store.Open(ctx, dsn)
}
