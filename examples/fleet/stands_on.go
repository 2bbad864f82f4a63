package main

import (
	"context"
	"flag"

	"github.com/stemma-go/stemma/examples/fleet/ask"
)

// standsOn prints which images stand on another.
func standsOn(ctx context.Context, e *env, set *flag.FlagSet, args []string) error {
	a := askFlags(set)
	names, err := parse(set, args)
	if err != nil {
		return err
	}
	if len(names) != 1 {
		return usagef("one name is asked for: debian:12, or registry.example.org/base@sha256:…")
	}
	if err := ask.CheckName(names[0]); err != nil {
		return usagef("%v", err)
	}
	s, err := a.open(ctx)
	if err != nil {
		return err
	}
	defer s.Close()
	return ask.StandsOn(ctx, s, e.stdout, names[0], a.options)
}
