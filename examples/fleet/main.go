// Fleet draws the family tree of all images of an organisation, and answers whose they are,
// what they stand on, and which rebuild mends most.
//
//	fleet COMMAND [flags] [argument ...]
//
// Without a command it prints the list of commands; fleet COMMAND -h prints the flags of one.
// Flags may stand behind arguments, too; what follows -- is none. See README.md for the way through.
//
// The exit code is 0 if all went well, 1 if something failed, 2 if the command line was wrong,
// and 3 if all is done, but some references or images that this run tried could not be read,
// or only in part; fleet status says which, and why. What failed in an earlier run, or in
// another process, does not count.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"github.com/stemma-go/stemma/examples/internal/arguments"
	"github.com/stemma-go/stemma/layers/printable"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	os.Exit(run(ctx, os.Args[1:], &env{os.Stdin, os.Stdout, os.Stderr}))
}

// env is where a command reads and writes.
type env struct {
	stdin          io.Reader
	stdout, stderr io.Writer
}

// A command is one of fleet's.
type command struct {
	name string
	args string // what stands behind the flags
	what string // one line
	run  func(ctx context.Context, e *env, set *flag.FlagSet, args []string) error
}

// commands are all there are, in the order in which they are listed.
func commands() []command {
	return []command{
		{"example", "", "show all this on images that it makes itself", example},
		{"scan", "[REFERENCE ...]", "add references, read their images, and say how that went", scan},
		{"add", "[REFERENCE ...]", "put references in the queue", add},
		{"work", "", "read the images of the queue, until it is empty", work},
		{"watch", "", "work without an end, and look at all references again after a while", watch},
		{"status", "", "show what is done, what waits, and what failed, by reason", status},
		{"cancel", "[HOST ...]", "take what waits out of the queue", cancel},
		{"forget", "REFERENCE ...", "take away references that failed for good, such as a mistyped one", forget},
		{"stands-on", "NAME[:TAG|@DIGEST]", "show which images stand on another, whose they are, since when, and what to rebuild first", standsOn},
		{"stale", "", "show which images stand on what has moved on", stale},
		{"tree", "", "show what all stand on: every ancestor once, with the images on it", tree},
		{"query", "[VIEW [COLUMN=VALUE ...]]", "show a view of the database, or list the views", query},
		{"allow", "[PATTERN ...]", "say which bases are allowed", allow},
		{"export", "[TABLE|VIEW ...]", "write tables as Parquet, CSV or JSON Lines, or draw the forest", exportFiles},
	}
}

// errUnread says that all is done, but some references or images that this run tried could not be read.
var errUnread = errors.New("some references or images could not be read")

// A usageError says what is wrong with the command line.
type usageError string

func (e usageError) Error() string { return string(e) }

func usagef(format string, args ...any) error { return usageError(fmt.Sprintf(format, args...)) }

func run(ctx context.Context, args []string, e *env) int {
	if len(args) == 0 {
		usage(e.stderr)
		return 2
	}
	switch args[0] {
	case "help", "-h", "-help", "--help":
		usage(e.stdout)
		return 0
	}
	for _, c := range commands() {
		if c.name == args[0] {
			return e.exit(ctx, c, c.start(ctx, e, args[1:]))
		}
	}
	if strings.HasPrefix(args[0], "-") {
		fmt.Fprintf(e.stderr, "fleet: the command comes first, and flags such as %q behind it; fleet help lists the commands\n", printable.Line(args[0]))
		return 2
	}
	fmt.Fprintf(e.stderr, "fleet: there is no command %q; fleet help lists them\n", printable.Line(args[0]))
	return 2
}

// start runs a command with flags of its own.
func (c command) start(ctx context.Context, e *env, args []string) error {
	set := flag.NewFlagSet("fleet "+c.name, flag.ContinueOnError)
	set.SetOutput(e.stderr)
	set.Usage = func() {
		line := strings.TrimSpace("usage: fleet " + c.name + " [flags] " + c.args)
		fmt.Fprintf(set.Output(), "%s\n\n%s.\n\n", line, strings.ToUpper(c.what[:1])+c.what[1:])
		set.PrintDefaults()
	}
	return c.run(ctx, e, set, args)
}

// parse parses the flags of a command, once it has defined them, and returns its arguments, between
// which flags may stand. What follows -- is no flag.
func parse(set *flag.FlagSet, args []string) (rest []string, err error) {
	rest, err = arguments.Parse(set, args)
	if err != nil && !errors.Is(err, flag.ErrHelp) {
		err = usageError("")
	}
	return rest, err
}

// exit says what went wrong, and returns the exit code.
func (e *env) exit(ctx context.Context, c command, err error) int {
	var wrong usageError
	switch {
	case err == nil, errors.Is(err, flag.ErrHelp):
		return 0
	case errors.Is(err, errUnread):
		return 3
	case errors.As(err, &wrong):
		if wrong != "" { // the flag set has said it
			fmt.Fprintf(e.stderr, "fleet %s: %s\n", c.name, printable.Line(err.Error()))
		}
		return 2
	case ctx.Err() != nil:
		fmt.Fprintf(e.stderr, "fleet %s: interrupted\n", c.name)
	default:
		fmt.Fprintf(e.stderr, "fleet %s: %s\n", c.name, printable.Line(err.Error()))
	}
	return 1
}

func usage(w io.Writer) {
	fmt.Fprint(w, "usage: fleet COMMAND [flags] [argument ...]\n\n")
	for _, c := range commands() {
		fmt.Fprintf(w, "  %-10s %s\n", c.name, c.what)
	}
	fmt.Fprint(w, `
fleet COMMAND -h lists the flags of a command. All of them know

  -db DSN    the database: a file of SQLite, which is made if it is not there, or
             postgres://USER@HOST/NAME. Default: FLEET_DB of the environment, or fleet.db

exit code: 0 done, 1 failed, 2 wrong command line, 3 done, but some of what
this run tried could not be read, or only in part
`)
}

// database defines the flag that all commands have.
func database(set *flag.FlagSet) *string {
	dsn := os.Getenv("FLEET_DB")
	if dsn == "" {
		dsn = "fleet.db"
	}
	return set.String("db", dsn, "the `database`: a file of SQLite, or postgres://USER@HOST/NAME")
}
