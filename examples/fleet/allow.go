package main

import (
	"context"
	"flag"

	"github.com/stemma-go/stemma/examples/fleet/ask"
	"github.com/stemma-go/stemma/examples/fleet/store"
)

// allow says which bases are allowed.
func allow(ctx context.Context, e *env, set *flag.FlagSet, args []string) error {
	a := askFlags(set)
	remove := set.Bool("remove", false, "allow these patterns no longer")
	patterns, err := parse(set, args)
	if err != nil {
		return err
	}
	if *remove && len(patterns) == 0 {
		return usagef("-remove is for patterns: fleet allow lists them")
	}
	for _, p := range patterns {
		if err := ask.CheckPattern(p); err != nil {
			return usagef("%v", err)
		}
	}
	open := a.open
	if len(patterns) > 0 && !*remove { // which may come before the first scan
		open = a.make
	}
	s, err := open(ctx)
	if err != nil {
		return err
	}
	defer s.Close()
	return ask.Allow(ctx, s, e.stdout, patterns, *remove, a.options)
}

// make is open, but for a database that need not be there.
func (a *asking) make(ctx context.Context) (*store.Store, error) {
	if err := a.check(); err != nil {
		return nil, err
	}
	return store.Open(ctx, *a.db)
}
