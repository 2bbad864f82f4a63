package main

import (
	"context"
	"flag"
	"io"

	"github.com/stemma-go/stemma/examples/fleet/ask"
	"github.com/stemma-go/stemma/examples/fleet/store"
)

// tree prints what the fleet stands on, every ancestor once.
func tree(ctx context.Context, e *env, set *flag.FlagSet, args []string) error {
	return ofAll(ctx, e, set, args, ask.Tree)
}

// stale prints which images stand on what has moved on.
func stale(ctx context.Context, e *env, set *flag.FlagSet, args []string) error {
	return ofAll(ctx, e, set, args, ask.Stale)
}

// ofAll asks a question that is about the whole fleet.
func ofAll(ctx context.Context, e *env, set *flag.FlagSet, args []string, question func(context.Context, *store.Store, io.Writer, ask.Options) error) error {
	a := askFlags(set)
	if err := noArguments(set, args); err != nil {
		return err
	}
	s, err := a.open(ctx)
	if err != nil {
		return err
	}
	defer s.Close()
	return question(ctx, s, e.stdout, a.options)
}
