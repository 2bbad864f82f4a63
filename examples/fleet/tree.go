package main

import (
	"context"
	"flag"

	"github.com/stemma-go/stemma/examples/fleet/ask"
)

// tree prints what the fleet stands on, every ancestor once.
func tree(ctx context.Context, e *env, set *flag.FlagSet, args []string) error {
	a := askFlags(set)
	rest, err := parse(set, args)
	if err == nil {
		err = none(rest)
	}
	if err != nil {
		return err
	}
	s, err := a.open(ctx)
	if err != nil {
		return err
	}
	defer s.Close()
	return ask.Tree(ctx, s, e.stdout, a.options)
}
