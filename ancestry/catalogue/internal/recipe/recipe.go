package recipe

import (
	"io"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/cespare/xxhash/v2"

	"github.com/stemma-go/stemma/layers/history"
)

// A Recipe is what one Dockerfile adds to its base.
type Recipe struct {
	// From is the base image as FROM names it, expanded: "debian:bookworm". It is
	// "scratch" for an image made from nothing.
	From string
	// Instructions are those of the final stage, and of the stages of the same
	// file that it is built on, oldest first.
	Instructions []Instruction
	// Inherits are the names of the variables that were used and not set here,
	// sorted. They come from the parent, or are empty.
	Inherits []string
}

// Open reports whether a line depends on what the parent hands on, or on the
// build's platform. No line does if the recipe was evaluated with both known.
func (r Recipe) Open() bool {
	return slices.ContainsFunc(r.Instructions, func(i Instruction) bool { return i.Open != nil })
}

// An Instruction is one instruction of a Dockerfile, evaluated.
type Instruction struct {
	Keyword string // in capitals
	// Expanded is what follows the keyword, as Docker and BuildKit record it:
	// variables expanded, quotes taken off, flags left out. For RUN it is the
	// command without its shell, for CMD and ENTRYPOINT a [Command].
	Expanded string
	// Written is what follows the keyword in the Dockerfile, continuation lines
	// joined and comments dropped, flags left out.
	Written string
	// Flags are the flags as written: "--chown=app:app".
	Flags []string
	// Sources and Dest are those of COPY and ADD, expanded; the source of a
	// heredoc is "<<" and its name. WrittenDest is Dest as written.
	Sources     []string
	Dest        string
	WrittenDest string
	// Owner is --chown of COPY and ADD, expanded.
	Owner string
	// Args are the build arguments in force, "K=V" in order of declaration, "K"
	// where the value is not known; for RUN and ARG only.
	Args []string
	// Open is the instruction as it is compared where it depends on what the parent
	// hands on: without values of variables (see [Mask]), and with a directory that is
	// relative to the parent's. nil if it depends on nothing.
	Open *Instruction
}

// Line returns the instruction's line in a dialect; false if the dialect has none
// for it.
func (i Instruction) Line(d Dialect) (string, bool) {
	return i.line(d.writing())
}

func (i Instruction) line(w *history.Writing) (string, bool) {
	if i.Open != nil && w.Expanded {
		return i.Open.line(w)
	}
	switch {
	case !w.Records(i.Keyword):
		return "", false
	case i.Keyword == "ARG":
		return line("ARG", argNames(i.Expanded)), true
	case i.Keyword == "COPY" || i.Keyword == "ADD":
		return i.copyLine(w), true
	case !w.Expanded || i.Keyword == "ONBUILD":
		return line(i.Keyword, i.Written), true
	case i.Keyword == "EXPOSE":
		return line(i.Keyword, ports(i.Expanded)), true
	}
	return line(i.Keyword, i.Expanded), true
}

func (i Instruction) copyLine(w *history.Writing) string {
	switch {
	case !w.Expanded && w.Sources:
		return line(i.Keyword, strings.Join(append(slices.Clone(i.Flags), i.Written), " "))
	case !w.Expanded:
		return line(i.Keyword, i.WrittenDest)
	}
	return line(i.Keyword, copied(w, i.Owner, i.Sources, i.Dest))
}

// copied is what follows COPY or ADD where it is recorded expanded.
func copied(w *history.Writing, owner string, sources []string, dest string) string {
	var words []string
	if w.Owner && owner != "" {
		words = append(words, "--chown="+owner)
	}
	if w.Sources {
		words = append(words, sources...)
	}
	return strings.Join(append(words, dest), " ")
}

// Lines returns the recipe's lines in a dialect.
func (r Recipe) Lines(d Dialect) []string {
	lines, w := make([]string, 0, len(r.Instructions)), d.writing()
	for _, i := range r.Instructions {
		if l, ok := i.line(w); ok {
			lines = append(lines, l)
		}
	}
	return lines
}

// Hash returns a 64-bit hash (XXH64) of lines, in order. It tells lines apart, and
// is no proof of anything.
func Hash(lines []string) uint64 {
	h := xxhash.New()
	for _, l := range lines {
		// Neither writes fail: see hash.Hash. NUL parts the lines; none holds one.
		_, _ = io.WriteString(h, strings.ReplaceAll(l, "\x00", ""))
		_, _ = h.Write([]byte{0})
	}
	return h.Sum64()
}

// Weight returns how much lines tell about where they come from: the bytes of all
// that a Dockerfile's author chose, without the keywords, and without what nearly
// every Dockerfile has (CMD, WORKDIR, and the like count little). Two Dockerfiles
// whose lines weigh less than [Telling] may well be equal by chance.
func Weight(lines []string) int {
	n := 0
	for _, l := range lines {
		n += weigh(l)
	}
	return n
}

// Telling is the [Weight] from which equal lines are no coincidence. It is about
// one command that installs two packages.
const Telling = 64

func weigh(line string) int {
	keyword, rest, _ := strings.Cut(line, " ")
	switch keyword {
	case "RUN", "ENV", "LABEL", "MAINTAINER", "HEALTHCHECK", "ONBUILD", "COPY", "ADD":
		return len(rest)
	}
	return len(rest) / 4
}

func asciiOnly(r rune) rune {
	if r >= utf8.RuneSelf {
		return utf8.RuneError
	}
	return r
}

// line puts a line together. Every character that is not of ASCII becomes U+FFFD: a
// history has that for bytes that are no UTF-8, and Docker in 2016 recorded it for all
// others, too. Docker of that year also left some continuation lines unjoined.
func line(keyword, rest string) string {
	rest = strings.TrimRight(rest, " \t\r\n")
	if keyword == "RUN" {
		rest = strings.ReplaceAll(rest, "\\\n", "")
	}
	for i := range len(rest) {
		if rest[i] >= utf8.RuneSelf {
			rest = strings.Map(asciiOnly, rest)
			break
		}
	}
	return strings.TrimRight(keyword+" "+rest, " \t\r\n")
}
