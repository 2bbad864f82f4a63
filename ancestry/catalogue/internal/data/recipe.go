package data

import (
	"cmp"
	"encoding/hex"
	"slices"
	"strings"

	"github.com/stemma-go/stemma/ancestry/catalogue/internal/recipe"
	"github.com/stemma-go/stemma/ancestry/catalogue/internal/wire"
)

// A Recipe is what a catalogue knows of one image of a repository: how it is
// built, and which tags pointed to it, and when.
type Recipe struct {
	Repository string
	ID         int // in the repository: 0 to Len-1
	// From is the image that it is built on, as its FROM has it, or "scratch". It
	// is "" if the instructions could not be read.
	From string
	// Read is false when the catalogue knows that such an image existed, with its
	// tags, and could not read how it was built.
	Read bool
	// Instructions is the number of its instructions, in whichever dialect they are.
	Instructions int
	// Origin is the git repository of the Dockerfile ("github.com/docker-library/python"),
	// Commit the first 8 hexadecimal digits of the commit, Path the file.
	Origin, Commit, Path string
	// Architectures are those for which it was built, as bashbrew names them
	// ("amd64", "arm64v8"); nil if it is the same for all.
	Architectures []string
	// Spans are its tags and their days, in order of their beginning.
	Spans []Span
	// Templates are the patterns of its most specific tags, see [Compose].
	Templates []string
	// Args are its build arguments: see [HashArg]. What is not among them is not known.
	Args []string
	// Image is what is known of the image that was built.
	Image Image
}

// A Span says that tags pointed to a recipe from one day to another.
type Span struct {
	// Tags are in the order of the source, which puts the most specific first. None:
	// they are not known.
	Tags []string
	// From is the day on which the tags came to point to the recipe, To the day on
	// which they were moved or dropped; Ongoing if they still pointed there on the
	// catalogue's day. An image built from a Dockerfile is built after From, and until
	// the registry's builders have followed after To, mostly in a day or two. Root
	// archives (Debian, Ubuntu, Alpine) were made some days before From.
	From, To Day
}

// Recipe returns the recipe with the given ID, 0 to Len-1.
func (r *Repository) Recipe(id int) Recipe {
	x := r.recipes[id]
	out := Recipe{
		Repository: r.name, ID: id, From: r.froms[x.from], Read: x.end > x.first,
		Instructions: int(x.end - x.first),
		Origin:       r.origins[x.origin], Path: r.paths[x.path],
		Commit:        hex.EncodeToString([]byte(r.commits[x.commit*wire.CommitSize:][:wire.CommitSize])),
		Architectures: words(r.archs[x.archs]), Templates: words(r.templates[x.template]),
		Args: words(r.args[x.args]), Image: r.images[id].Image(),
	}
	for _, s := range r.spans[x.spanFirst:x.spanEnd] {
		out.Spans = append(out.Spans, Span{words(r.tagsets[s.tags]), s.from, s.to})
	}
	return out
}

func words(s string) []string {
	if s == "" {
		return nil
	}
	return strings.Split(s, " ")
}

// A Reading is a list of instructions in one dialect, as hashes: a recipe's, or a
// history's.
type Reading struct {
	Dialect recipe.Dialect
	// Lines and Shapes are the [HashLine] and [HashShape] of each instruction's
	// line; 0 where the instruction can't be of the dialect.
	Lines, Shapes []uint64

	h        *recipe.History // nil if it is a recipe's
	first    int             // the step of the first instruction
	outlines []uint64        // hashes of each instruction's [recipe.Outline]; nil if it is a recipe's
}

// others returns the hashes of each instruction's further lines: see
// [recipe.History.Readings].
func (r Reading) others() [][]uint64 {
	out := make([][]uint64, len(r.Lines))
	for i := range out {
		if r.h != nil && r.h.Speaks(r.first+i, r.Dialect) {
			for _, line := range r.h.Readings(r.first+i, r.Dialect)[1:] {
				out[i] = append(out[i], HashLine(line))
			}
		}
	}
	return out
}

// Reading returns a recipe's instructions in a dialect; empty if they could not be
// read or the catalogue does not know the dialect.
func (r *Repository) Reading(id int, d recipe.Dialect) Reading {
	out := Reading{Dialect: d}
	column := slices.Index(r.dialects, d)
	if column < 0 {
		return out
	}
	x := r.recipes[id]
	for _, at := range r.arena[x.first:x.end] {
		if l := r.byDialect[column][at]; l >= 0 {
			out.Lines = append(out.Lines, r.lines[l].hash)
			out.Shapes = append(out.Shapes, r.shapes[r.lines[l].shape])
		}
	}
	return out
}

// Undated reports whether it is not known since when the recipe has its tags.
func (r Recipe) Undated() bool { return len(r.Spans) > 0 && r.Spans[0].From == Undated }

// LastDay returns the last day of a recipe's spans: Ongoing if a tag still pointed to
// it on the catalogue's day.
func (r Recipe) LastDay() Day {
	last := Day(-1 << 31)
	for _, s := range r.Spans {
		last = max(last, s.To)
	}
	return last
}

// ActiveAfter reports whether some tag still pointed to the recipe after a day.
func (r Recipe) ActiveAfter(d Day) bool {
	return slices.ContainsFunc(r.Spans, func(s Span) bool { return s.From <= d && s.To > d })
}

// TagsOn returns the tags that pointed to the recipe on a day, the most specific
// first: see [SortTags].
func (r Recipe) TagsOn(d Day) []string {
	var tags []string
	for _, s := range r.Spans {
		if s.From <= d && d <= s.To {
			tags = append(tags, s.Tags...)
		}
	}
	SortTags(tags)
	return tags
}

// SortTags sorts tags of one image, the most specific first: those with more digits,
// then those that do not wander from version to version, then the longer, then by
// name. 3.11.1-bullseye comes before 3.11.1, that before 3.11, that before latest;
// jammy-20221130 comes before 22.04, buster before oldstable.
func SortTags(tags []string) {
	number := func(s string) int {
		n := 0
		for i := range len(s) {
			if isDigit(s[i]) {
				n++
			}
		}
		return n
	}
	slices.SortFunc(tags, func(a, b string) int {
		return cmp.Or(number(b)-number(a), order(a)-order(b), len(b)-len(a), strings.Compare(a, b))
	})
}

func order(tag string) int {
	if Wanders(tag) {
		return 1
	}
	return 0
}

// Wanders reports whether a tag begins with the name of a place in line (latest,
// oldstable, lts), and not of a version or suite: it goes from one to the next.
func Wanders(tag string) bool {
	word, _, _ := strings.Cut(tag, "-")
	switch word {
	case "latest", "stable", "oldstable", "oldoldstable", "testing", "unstable", "rolling", "devel", "edge", "lts", "current", "mainline":
		return true
	}
	return false
}
