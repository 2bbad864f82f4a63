package main

import (
	"context"
	"errors"
	"flag"
	"fmt"

	"github.com/google/go-containerregistry/pkg/name"

	"github.com/stemma-go/stemma/examples/fleet/list"
	"github.com/stemma-go/stemma/examples/fleet/queue"
	"github.com/stemma-go/stemma/layers/printable"
)

// forget takes references away that failed for good. One that is not there does not keep the
// others.
func forget(ctx context.Context, e *env, set *flag.FlagSet, args []string) error {
	dsn := database(set)
	args, err := parse(set, args)
	if err != nil {
		return err
	}
	if len(args) == 0 {
		return usagef("name references; fleet status -all lists those that failed")
	}
	var refs []name.Reference
	for _, arg := range args {
		item, err := list.Parse(arg)
		if err != nil {
			return usageError(err.Error())
		}
		refs = append(refs, item.Reference)
	}
	q, end, err := queueThere(ctx, *dsn)
	if err != nil {
		return err
	}
	defer end()
	var unknown []error
	for _, ref := range refs {
		gone, err := q.Forget(ctx, ref)
		what := "is forgotten"
		switch {
		case errors.Is(err, queue.ErrUnknown):
			unknown = append(unknown, err)
			continue
		case err != nil:
			return err
		case !gone:
			what = "does not wait and has not failed any more; it stays, with the images that it had"
		}
		fmt.Fprintf(e.stdout, "%s %s\n", printable.Line(ref.String()), what)
	}
	return errors.Join(unknown...)
}
