package main

import (
	"context"
	"flag"
	"slices"

	"github.com/stemma-go/stemma/examples/fleet/ask"
	"github.com/stemma-go/stemma/examples/fleet/store"
)

// query prints the rows of a view, or lists the views.
func query(ctx context.Context, e *env, set *flag.FlagSet, args []string) error {
	a := askFlags(set)
	args, err := parse(set, args)
	if err != nil {
		return err
	}
	s, err := a.open(ctx)
	if err != nil {
		return err
	}
	defer s.Close()
	if len(args) == 0 {
		return ask.Views(s, e.stdout, a.options)
	}
	if !slices.ContainsFunc(s.Views(), func(v store.View) bool { return v.Name == args[0] }) {
		return usagef("there is no view %q: fleet query lists them", args[0])
	}
	for _, condition := range args[1:] {
		if err := ask.CheckCondition(s, args[0], condition); err != nil {
			return usagef("%v", err)
		}
	}
	return ask.Query(ctx, s, e.stdout, args[0], args[1:], a.options)
}
