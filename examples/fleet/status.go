package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"runtime/debug"
	"strings"
	"time"

	"github.com/dustin/go-humanize"

	"github.com/stemma-go/stemma/examples/fleet/queue"
	"github.com/stemma-go/stemma/layers/printable"
)

func status(ctx context.Context, e *env, set *flag.FlagSet, args []string) error {
	dsn := database(set)
	all := set.Bool("all", false, "show every reference that failed, with its reason")
	format := set.String("format", "text", "`text` for people, or json, which has everything, for programs")
	if err := noArguments(set, args); err != nil {
		return err
	}
	if *format != "text" && *format != "json" {
		return usagef("unknown format %q: text or json", *format)
	}
	q, end, err := queueThere(ctx, *dsn)
	if err != nil {
		return err
	}
	defer end()
	st, err := q.Status(ctx)
	if err != nil {
		return err
	}
	if *format == "json" {
		return writeStatusJSON(e.stdout, st)
	}
	writeStatus(e.stdout, st, time.Now(), *all)
	return nil
}

// writeStatus writes a status for people, with each failure or with an example of each kind.
func writeStatus(w io.Writer, s *queue.Status, now time.Time, all bool) {
	if s.Looks.Left()+s.Reads.Left() == 0 {
		fmt.Fprintln(w, "nothing waits")
	}
	runs := s.Looks.Running+s.Reads.Running > 0
	writeLine(w, "reference", "looked at", s.Looks, runs)
	writeLine(w, "image", "read", s.Reads, runs)
	for _, r := range s.Registries {
		fmt.Fprintf(w, "%s: %s, %d of them running%s%s\n", printable.Line(r.Host), count(r.Left(), "job"), r.Running, lost(r.Lost), outage(r.Outage, now))
	}
	writeFailures(w, s, all)
}

// lost says that workers are gone.
func lost(n int) string {
	if n == 0 {
		return ""
	}
	return fmt.Sprintf(", %s given back soon, for their workers are gone", humanize.Comma(int64(n)))
}

// writeLine writes how far one sort of jobs is. How long the rest takes can be told if something
// was done lately, and a worker still runs.
func writeLine(w io.Writer, thing, done string, l queue.Line, runs bool) {
	if l.Left() == 0 {
		if l.LastHour > 0 {
			fmt.Fprintf(w, "%s %s in the last hour\n", count(l.LastHour, thing), done)
		}
		return
	}
	fmt.Fprintf(w, "%s left to be %s, %s in the last hour", count(l.Left(), thing), done, humanize.Comma(int64(l.LastHour)))
	switch {
	case !runs:
		fmt.Fprint(w, "; nothing runs now")
	case l.LastMinute > 0:
		rest := time.Duration(float64(l.Left()) / float64(l.LastMinute) * float64(time.Minute))
		fmt.Fprintf(w, ", %.1f a second in the last minute: about %s to go", float64(l.LastMinute)/60, rest.Round(time.Second))
	}
	fmt.Fprintln(w)
}

// outage says that a registry does not answer.
func outage(o queue.Outage, now time.Time) string {
	if o.Since.IsZero() {
		return ""
	}
	text := fmt.Sprintf("; no answer for %s (%s)", now.Sub(o.Since).Round(time.Second), printable.Line(o.Why))
	if o.Until.After(now) {
		text += fmt.Sprintf(", asked again in %s", o.Until.Sub(now).Round(time.Second))
	}
	return text
}

func writeFailures(w io.Writer, s *queue.Status, all bool) {
	for _, f := range s.Failures {
		text := ""
		if f.References > 0 {
			text = count(f.References, "reference")
		}
		if f.Images > 0 {
			if text != "" {
				text += " and "
			}
			text += count(f.Images, "image")
		}
		if !all {
			fmt.Fprintf(w, "%s: %s; such as %s\n", printable.Line(f.Kind), text, printable.Line(f.Example))
			continue
		}
		fmt.Fprintf(w, "%s: %s\n", printable.Line(f.Kind), text)
		for _, one := range f.Each {
			fmt.Fprintf(w, "  %s: %s\n", printable.Line(one.Reference), printable.Line(strings.TrimPrefix(one.Reason, f.Kind+": ")))
		}
	}
}

// count is a number with its noun; of a plural that is not regular, both are given.
func count(n int, noun ...string) string {
	word := noun[0]
	switch {
	case n != 1 && len(noun) > 1:
		word = noun[1]
	case n != 1:
		word += "s"
	}
	return humanize.Comma(int64(n)) + " " + word
}

// version returns the version of the module, as the build knows it.
func version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok || info.Main.Version == "" {
		return "of an unknown version"
	}
	return info.Main.Version
}
