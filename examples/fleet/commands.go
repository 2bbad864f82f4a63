package main

import (
	"context"
	"errors"
	"flag"
)

func scan(ctx context.Context, e *env, set *flag.FlagSet, args []string) error   { return errors.ErrUnsupported }
func add(ctx context.Context, e *env, set *flag.FlagSet, args []string) error    { return errors.ErrUnsupported }
func work(ctx context.Context, e *env, set *flag.FlagSet, args []string) error   { return errors.ErrUnsupported }
func watch(ctx context.Context, e *env, set *flag.FlagSet, args []string) error  { return errors.ErrUnsupported }
func status(ctx context.Context, e *env, set *flag.FlagSet, args []string) error { return errors.ErrUnsupported }
func cancel(ctx context.Context, e *env, set *flag.FlagSet, args []string) error { return errors.ErrUnsupported }
