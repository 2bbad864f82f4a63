package catalogue

import (
	"regexp"
	"slices"
	"strings"

	"github.com/stemma-go/stemma/ancestry/catalogue/internal/data"
)

// Days around those of a tag.
const (
	// The build servers follow a change of the files within days.
	grace data.Day = 7
	// Days are UTC, and a commit's date may be later than the build.
	ahead data.Day = 1
	// Root archives that are made elsewhere wait that long for their tag.
	waits data.Day = 45
	// Where a root's tag says of which day it is, it was built soon after it got it.
	soon data.Day = 14
	// A recipe that was dropped longer ago is not the model of a new one.
	recent data.Day = 540
)

// dated reports whether a tag is one that is given to one build: it has a day in it,
// trixie-20260713-slim, noble-20260810.1.
func dated(tag string) bool {
	for word := range strings.SplitSeq(tag, "-") {
		day, _, _ := strings.Cut(word, ".")
		if len(day) == len("20060102") && day[:2] == "20" && strings.Trim(day, "0123456789") == "" {
			return true
		}
	}
	return false
}

// tagsAt returns the tags that an image of the recipe, built on a day, could have
// been built for, the most specific first; none if it had none then. today is the
// catalogue's day.
//
// A root is built when its tag has come, or built again later from the same archive: of
// dated tags it has the last that came before it.
func tagsAt(r data.Recipe, made, today data.Day) []string {
	if archive(r) {
		return archiveTags(r, made, today)
	}
	tags := active(r, made, made, ahead)
	if len(tags) == 0 {
		tags = active(r, made-grace, made, ahead)
	}
	out := tags.list(r, made > today)
	if r.From == "scratch" && made > today && slices.ContainsFunc(out, dated) && tags.latest() < made-soon {
		return slices.DeleteFunc(out, dated) // it has one that is younger than the catalogue
	}
	return out
}

// untagged reports whether the recipe's tags were not known at some time between two
// days.
func untagged(r data.Recipe, first, last data.Day) bool {
	return slices.ContainsFunc(r.Spans, func(s data.Span) bool { return len(s.Tags) == 0 && s.From <= last && first <= s.To })
}

// A turn is a tag, and the day from which the recipe had it.
type turn struct {
	tag  string
	from data.Day
}

type turns []turn

// active returns the tags that the recipe had at some time between two days. What was
// dropped on the first day or before is left out where others came: an image is built
// after the change.
func active(r data.Recipe, first, last, ahead data.Day) turns {
	var out, dropped turns
	for _, s := range r.Spans {
		if s.From <= last+ahead && first <= s.To {
			for _, t := range s.Tags {
				if s.To <= first {
					dropped = append(dropped, turn{t, s.From})
				} else {
					out = append(out, turn{t, s.From})
				}
			}
		}
	}
	if len(out) == 0 {
		return dropped
	}
	return out
}

// list returns the tags, sorted. Of those that are given to one build, it returns
// the latest; none if the build is younger than the catalogue and the recipe had
// several such builds.
func (ts turns) list(r data.Recipe, newer bool) []string {
	latest, days := ts.latest(), 0
	if newer {
		for _, s := range r.Spans {
			if slices.ContainsFunc(s.Tags, dated) {
				days++
			}
		}
	}
	var out []string
	for _, t := range ts {
		if dated(t.tag) && (t.from < latest || days > 1) || slices.Contains(out, t.tag) {
			continue
		}
		out = append(out, t.tag)
	}
	data.SortTags(out)
	return out
}

// latest returns the day from which the recipe had the latest dated tag.
func (ts turns) latest() data.Day {
	latest := data.Day(-1 << 31)
	for _, t := range ts {
		if dated(t.tag) && t.from > latest {
			latest = t.from
		}
	}
	return latest
}

// archiveTags is tagsAt for what is made before it gets its tag: the build of a day
// has the first dated tag after it.
func archiveTags(r data.Recipe, made, today data.Day) []string {
	const late = 2 // days: a tag can't be older than its image by more than that
	first := data.Ongoing
	oldest := data.Ongoing
	for _, s := range r.Spans {
		oldest = min(oldest, s.From)
		if s.From >= made-late && slices.ContainsFunc(s.Tags, dated) {
			first = min(first, s.From)
		}
	}
	if first == data.Ongoing || first > made+waits {
		if made < oldest-waits {
			return nil
		}
		// No dated tag is known for it: those that are not dated, on that day.
		var ts turns
		for _, t := range active(r, made, made, waits) {
			if !dated(t.tag) {
				ts = append(ts, t)
			}
		}
		return ts.list(r, made > today)
	}
	return active(r, first, first, 0).list(r, false)
}

// withoutDays drops dated tags where there are several: which of them it was is what
// is not known.
func withoutDays(tags []string) []string {
	days := 0
	for _, t := range tags {
		if dated(t) {
			days++
		}
	}
	if days < 2 {
		return tags
	}
	return slices.DeleteFunc(slices.Clone(tags), dated)
}

// everyTag returns all tags that the recipe ever had.
func everyTag(r data.Recipe) []string {
	var out []string
	for _, s := range r.Spans {
		for _, t := range s.Tags {
			if !slices.Contains(out, t) {
				out = append(out, t)
			}
		}
	}
	data.SortTags(out)
	return out
}

// ofRelease is in tags of one release: 8.0.13-bookworm-slim.
var ofRelease = regexp.MustCompile(`\d+\.\d+\.\d+`)

// withoutPassing leaves out tags of one release that a recipe was given after others of
// that kind: nothing in its instructions says which release it is (runtime-deps of .NET), so
// what was built after the catalogue's day may be of the next. All, if none would be left.
func withoutPassing(r data.Recipe, tags []string) []string {
	first := map[string]data.Day{}
	var oldest data.Day = data.Ongoing
	for _, s := range r.Spans {
		for _, t := range s.Tags {
			if from, ok := first[t]; ofRelease.MatchString(t) && (!ok || s.From < from) {
				first[t] = s.From
			}
			if ofRelease.MatchString(t) {
				oldest = min(oldest, s.From)
			}
		}
	}
	rest := slices.DeleteFunc(slices.Clone(tags), func(t string) bool { return ofRelease.MatchString(t) && first[t] > oldest })
	if len(rest) == 0 {
		return tags
	}
	return rest
}
