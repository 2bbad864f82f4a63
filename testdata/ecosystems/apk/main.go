// Command apk is what the chain of apk asks and is made by, as Debian has no
// apk-tools: packages are made by nfpm, and go-apk, the library by which apko made
// images of them, resolves, installs, writes the database and reads it.
//
//	apk repository DIR            the packages and their index
//	apk install DIR ROOT WORLD... into the empty ROOT, what WORLD says and needs
//	apk list ROOT                 package, version and path, for all paths
//	apk state ROOT FILE           as those of ask.py
//	apk files ROOT FILE
//	apk events DIR
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
)

func main() {
	if err := run(context.Background(), os.Args[1:]); err != nil {
		fmt.Fprintf(os.Stderr, "apk: %v\n", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string) error {
	var verb string
	if len(args) > 0 {
		verb = args[0]
	}
	switch n := len(args); {
	case verb == "repository" && n == 2:
		return makeRepository(ctx, args[1])
	case verb == "install" && n > 3:
		return install(ctx, args[1], args[2], args[3:])
	case verb == "list" && n == 2:
		return list(os.Stdout, args[1])
	case verb == "state" && n == 3:
		return writeState(args[1], args[2])
	case verb == "files" && n == 3:
		return writeFiles(args[1], args[2])
	case verb == "events" && n == 2:
		return writeEvents(args[1])
	}
	return errors.New("main.go says how to call it")
}
