package catalogue

import (
	"slices"
	"strings"
	"time"

	"github.com/stemma-go/stemma/ancestry"
	"github.com/stemma-go/stemma/ancestry/catalogue/internal/data"
	"github.com/stemma-go/stemma/ancestry/catalogue/internal/recipe"
	"github.com/stemma-go/stemma/layers/history"
)

// How a part of a history agrees with a recipe.
type grade int

const (
	assumed grade = iota // not at all: what a child or the root's files name could not be read
	near                 // in most of its shapes
	shaped               // in shape, from end to end
	exact                // line for line
)

// A node is one way to read a part of the history: as a recipe.
type node struct {
	start, end int
	catalog    int
	dialect    recipe.Dialect
	repo       *data.Repository
	recipe     data.Recipe // whose instructions these are, or are most like
	// named is the recipe whose tags it has: recipe itself, or one of the same file
	// that could not be read.
	named data.Recipe
	grade grade
	// tags are all that it could have been built for.
	tags []string
	// newer is true when it was built after the catalogue was made.
	newer bool
	made  time.Time
	// telling is true when the instructions say enough to be told from others.
	telling bool
	likes   data.Likeness // of one that is not exact
	kin     int           // numbers that the versions have in common
	// suites is true when the recipe is that of several suites, and this is one.
	suites bool

	from    ancestry.Name // FROM
	scratch bool
	parents []*node
	// grounded nodes stand on nothing, or on a grounded node that is what their FROM
	// says. open ones stand on what no catalogue knows.
	grounded, open bool
	value          int // of the best chain that ends with it
	why            string
}

type key struct {
	start, end, catalog, recipe int
	repo, tag                   string
}

// newNode returns a node without tags, false if the recipe can't stand there.
func (t *trial) newNode(cat int, d recipe.Dialect, repo *data.Repository, id, start, end int) (*node, bool) {
	r := t.recipes.recipe(cat, repo, id)
	if !r.Read || !t.builtFor(r) {
		return nil, false
	}
	n := &node{
		start: start, end: end, catalog: cat, dialect: d, repo: repo, recipe: r, named: r,
		made: t.made(start, end), scratch: r.From == "scratch",
	}
	if !n.scratch {
		n.from, _ = ancestry.ParseName(r.From)
	}
	return n, n.scratch == (start == 0) && !(n.whole() && t.mute(start, end))
}

// mute reports whether a part of the history has steps of builders that record the
// same for whatever they build: only its layers tell such an image from others.
func (t *trial) mute(start, end int) bool {
	return slices.ContainsFunc(t.steps[start:end], func(s history.Step) bool {
		switch s.Instruction.Builder {
		case history.BuilderBazel, history.BuilderJib, history.BuilderApko, history.BuilderNix, history.BuilderBuildpacks, history.BuilderCommit:
			return true
		}
		return false
	})
}

func (t *trial) builtFor(r data.Recipe) bool {
	return t.arch == "" || len(r.Architectures) == 0 || slices.Contains(r.Architectures, t.arch)
}

func (t *trial) add(n *node) bool {
	k := key{n.start, n.end, n.catalog, n.named.ID, n.repo.Name(), ""}
	if len(n.tags) > 0 && (n.suites || n.grade < exact) {
		k.tag = n.tags[0]
	}
	if t.seen[k] || len(t.nodes) >= maxNodes {
		return false
	}
	t.seen[k] = true
	t.nodes = append(t.nodes, n)
	return true
}

// says reports whether a part of the history says enough to be told from others: by
// its weight, or, of a root, by a version that it states.
func (t *trial) says(start, end int, d recipe.Dialect) bool {
	if start == 0 && len(t.versions(start, end, d)) > 0 {
		return true
	}
	return recipe.Weight(t.lines(start, end, d)) >= recipe.Telling
}

// exact adds the recipes that agree with a part of the history line for line.
func (t *trial) exact(cat int, d recipe.Dialect, m data.Match) {
	repo, err := t.catalogs[cat].Repository(m.Repository)
	if err != nil || repo == nil {
		return
	}
	telling := t.says(m.Start, m.End, d)
	for _, id := range t.ofTheseLayers(cat, repo, m.Recipes) {
		n, ok := t.newNode(cat, d, repo, id, m.Start, m.End)
		if !ok {
			continue
		}
		n.grade, n.telling = exact, telling
		if n.why = t.differs(n.recipe, n.start, n.end); n.why != "" {
			t.losers = append(t.losers[:min(len(t.losers), maxNodes)], n)
			continue
		}
		if n.date(t.catalogs[cat].Day()) {
			tags, by := t.vetoed(n)
			if by != "" {
				n.why = "it has " + by
				t.lose(n)
				continue
			}
			n.tags = tags
			for _, n := range n.bySuite() {
				if n.made.IsZero() {
					n.tags = t.undated(n)
				}
				t.add(n)
			}
			continue
		}
		n.why = "no tag pointed to it when this was built"
		t.lose(n)
	}
}

// undated returns the tags of a node of which the day of its build is not known: those
// that are given to the build of one day only if its instructions say which day it is.
func (t *trial) undated(n *node) []string {
	if n.scratch && !t.statesVersion(n.end) {
		if rest := slices.DeleteFunc(slices.Clone(n.tags), dated); len(rest) > 0 {
			return rest
		}
	}
	return withoutDays(n.tags)
}

// lose keeps a node that is not what it seems, for a likeness, if it says enough.
func (t *trial) lose(n *node) {
	if n.telling && len(t.losers) < maxNodes {
		t.losers = append(t.losers, n)
	}
}

// date finds the tags that the node could have been built for. It reports false if
// it had none when it was built.
func (n *node) date(today data.Day) bool {
	if n.made.IsZero() {
		n.tags = everyTag(n.named)
		return true
	}
	made := data.DayOf(n.made)
	n.newer = made > today && !n.named.Undated()
	n.tags = tagsAt(n.named, made, today)
	if n.newer && n.grade == exact {
		n.tags = withoutPassing(n.named, n.tags)
	}
	if n.scratch {
		n.dateBeside(made, today)
	}
	return len(n.tags) > 0 || untagged(n.named, made-grace, made+ahead)
}

// dateBeside finds the recipe that a root's file was on its day. Mostly nothing but the
// archive changes from one to the next: one that could not be read reads the same. Of
// several it is the one that got its tags last before the root was made.
func (n *node) dateBeside(made, today data.Day) {
	first := data.Day(-1 << 31)
	if len(n.tags) > 0 {
		if first = startOf(n.named, made); n.named.ActiveAfter(made) {
			return
		}
	}
	for _, id := range n.repo.Beside(n.recipe.ID, made-grace, made+ahead) {
		u := n.repo.Recipe(id)
		if tags := tagsAt(u, made, today); len(tags) > 0 && startOf(u, made+ahead) > first {
			n.named, n.tags, first = u, tags, startOf(u, made+ahead)
		}
	}
}

// startOf returns the last day, not after the given one, on which the recipe got tags.
func startOf(r data.Recipe, day data.Day) data.Day {
	start := data.Day(-1 << 31)
	for _, s := range r.Spans {
		if s.From <= day {
			start = max(start, s.From)
		}
	}
	return start
}

// called reports whether what the node is answers to a tag in a child's FROM.
func (n *node) called(tag string, child *node, today data.Day) bool {
	if slices.Contains(n.tags, tag) || len(n.tags) == 0 {
		return true // of no tags, all are as likely
	}
	if n.made.IsZero() || n.suites && !data.Wanders(tag) {
		return false
	}
	first, last := data.DayOf(n.made), data.DayOf(n.made)
	if !child.made.IsZero() {
		last = max(last, data.DayOf(child.made))
	}
	if n.newer || n.grade < exact {
		// The tags of the last recipe that is known are those of the next.
		first = min(first, today-recent)
	}
	for _, s := range n.named.Spans {
		if s.From <= last+ahead && first <= s.To && slices.Contains(s.Tags, tag) {
			return true
		}
	}
	return false
}

// agrees reports whether a parent is what a child's FROM says.
func (t *trial) agrees(child, parent *node) bool {
	if child.from.Repository == "" || child.from.Repository != parent.repo.Name() {
		return false
	}
	// No image is older than what it stands on. A date that its builder chose would be
	// the only reason to believe otherwise, and one to doubt the recipe.
	if date := t.recorded(child.start, child.end); !date.IsZero() && date.Before(parent.made.AddDate(0, 0, -1)) {
		return false
	}
	tag := "latest"
	switch {
	case len(child.from.Tags) > 0:
		tag = child.from.Tags[0]
	case child.from.Digest.Hex != "":
		return true
	}
	return parent.called(tag, child, t.catalogs[parent.catalog].Day())
}

// name returns what the node is called, with its tags.
func (n *node) name() ancestry.Name {
	return ancestry.Name{Repository: n.repo.Name(), Tags: n.tags}
}

// whole reports whether the node is an image that is known with all that it stands
// on: own.AddImage says of none where its parents end.
func (n *node) whole() bool { return n.scratch && n.recipe.Path == "" && n.recipe.Origin == "" }

// archive reports whether the recipe's image is made elsewhere, and before its tag.
func archive(r data.Recipe) bool { return strings.HasSuffix(r.Path, "index.json") }
