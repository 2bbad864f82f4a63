package main

import (
	"cmp"
	"context"
	"errors"
	"flag"
	"fmt"
	"time"

	"github.com/stemma-go/stemma/examples/fleet/queue"
	"github.com/stemma-go/stemma/examples/fleet/store"
	"github.com/stemma-go/stemma/layers/printable"
)

// hurry is the patience of a command that is to end, with a registry that does not answer.
const hurry = 10 * time.Minute

func scan(ctx context.Context, e *env, set *flag.FlagSet, args []string) error {
	var refs wanted
	var w worker
	refs.define(set)
	w.define(set, hurry)
	dsn := database(set)
	args, err := parse(set, args)
	if err != nil {
		return err
	}
	if err := cmp.Or(refs.check(args), w.check()); err != nil {
		return err
	}
	return withQueue(ctx, e, *dsn, "scan", &w, func(q *queue.Queue) error {
		wrong := refs.put(ctx, e, q, w.registries)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		return errors.Join(wrong, workAndTell(ctx, e, q, &w))
	})
}

func work(ctx context.Context, e *env, set *flag.FlagSet, args []string) error {
	var w worker
	w.define(set, hurry)
	dsn := database(set)
	stay := set.Bool("stay", false, "wait for more when the queue is empty, until interrupted; without -patience, registries are waited for without an end")
	if err := noArguments(set, args); err != nil {
		return err
	}
	if err := w.check(); err != nil {
		return err
	}
	if *stay && !given(set, "patience") {
		w.patience = 0
	}
	return withQueue(ctx, e, *dsn, "work", &w, func(q *queue.Queue) error {
		if *stay {
			return untilInterrupted(ctx, w.run(ctx, e, q, true, nil))
		}
		return workAndTell(ctx, e, q, &w)
	})
}

func watch(ctx context.Context, e *env, set *flag.FlagSet, args []string) error {
	var w worker
	w.define(set, 0)
	dsn := database(set)
	every := set.Duration("every", 24*time.Hour, "after which `time` all references with a tag are looked at again")
	if err := noArguments(set, args); err != nil {
		return err
	}
	if err := w.check(); err != nil {
		return err
	}
	if *every < time.Second {
		return usagef("-every %s is less than a second", *every)
	}
	return withQueue(ctx, e, *dsn, "watch", &w, func(q *queue.Queue) error {
		ctx, stop := context.WithCancel(ctx)
		defer stop()
		go lookAgain(ctx, e, q, *every)
		return untilInterrupted(ctx, w.run(ctx, e, q, true, func(d queue.Done) {
			fmt.Fprintf(e.stdout, "%s: %s looked at, %s read, %s\n", time.Now().Format(time.DateTime),
				count(int(d.Looks), "reference"), count(int(d.Images), "image"), count(int(d.Failed), "failure"))
		}))
	})
}

// lookAgain puts all references in the queue, now and again.
func lookAgain(ctx context.Context, e *env, q *queue.Queue, every time.Duration) {
	tick := time.NewTicker(every)
	defer tick.Stop()
	for {
		if _, err := q.AddAll(ctx); err != nil && ctx.Err() == nil {
			fmt.Fprintf(e.stderr, "fleet watch: %s\n", printable.Line(err.Error()))
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// untilInterrupted is for what ends by an interrupt, which is no failure then.
func untilInterrupted(ctx context.Context, err error) error {
	if ctx.Err() != nil && errors.Is(err, ctx.Err()) {
		return nil
	}
	return err
}

func cancel(ctx context.Context, e *env, set *flag.FlagSet, args []string) error {
	dsn := database(set)
	hosts, err := parse(set, args)
	if err != nil {
		return err
	}
	q, end, err := queueThere(ctx, *dsn)
	if err != nil {
		return err
	}
	defer end()
	n, err := q.Cancel(ctx, hosts...)
	if err == nil {
		fmt.Fprintf(e.stdout, "%s taken out of the queue\n", count(n, "job"))
	}
	return err
}

// given reports whether a flag was given.
func given(set *flag.FlagSet, name string) bool {
	found := false
	set.Visit(func(f *flag.Flag) { found = found || f.Name == name })
	return found
}

func noArguments(set *flag.FlagSet, args []string) error {
	rest, err := parse(set, args)
	if err == nil && len(rest) > 0 {
		err = usagef("it takes no arguments, and got %q", rest[0])
	}
	return err
}

// queueThere opens the queue of a database that has to be there, without a worker. end closes
// both.
func queueThere(ctx context.Context, dsn string) (q *queue.Queue, end func(), err error) {
	s, err := openThere(ctx, dsn)
	if err != nil {
		return nil, nil, err
	}
	if q, err = queue.Open(ctx, s, nil); err != nil {
		s.Close()
		return nil, nil, err
	}
	return q, func() { s.Close() }, nil
}

// withQueue opens the database and the queue, and notes the run.
func withQueue(ctx context.Context, e *env, dsn, command string, w *worker, f func(*queue.Queue) error) (err error) {
	s, err := store.Open(ctx, dsn)
	if err != nil {
		return err
	}
	defer s.Close()
	run, err := s.Start(ctx, command, version(), time.Now())
	if err != nil {
		return err
	}
	defer func() { // an interrupt is no reason to leave the run open
		err = errors.Join(err, s.Done(context.WithoutCancel(ctx), run, time.Now()))
	}()
	q, err := w.open(ctx, e, s, run)
	if err != nil {
		return err
	}
	return f(q)
}

// workAndTell works until the queue is empty, and says what came of it.
func workAndTell(ctx context.Context, e *env, q *queue.Queue, w *worker) error {
	began := time.Now()
	if err := w.run(ctx, e, q, false, nil); err != nil {
		return err
	}
	d, took := q.Done(), time.Since(began)
	if d == (queue.Done{}) {
		fmt.Fprintln(e.stdout, "nothing waited: fleet add puts references in the queue")
	} else {
		fmt.Fprintf(e.stdout, "%s looked at and %s read in %s\n", count(int(d.Looks), "reference"), count(int(d.Images), "image"), took.Round(100*time.Millisecond))
	}
	s, err := q.Status(ctx)
	if err != nil {
		return err
	}
	writeFailures(e.stdout, s, false)
	if d.Failed > 0 { // what failed in an earlier run is shown, and is no failure of this one
		return errUnread
	}
	return nil
}
