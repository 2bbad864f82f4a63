package catalogue

import (
	"cmp"
	"slices"
	"time"

	"github.com/stemma-go/stemma/ancestry"
	"github.com/stemma-go/stemma/ancestry/catalogue/internal/data"
)

// standing says how a node stands in the history of its tags, nil if they have none.
// What depends on the day of the build is said without one if it is the same for every
// day on which the node can have been built.
func (t *trial) standing(n *node) *ancestry.Standing {
	if n.named.Undated() {
		return nil
	}
	c := t.catalogs[n.catalog]
	today := c.Day()
	s := &ancestry.Standing{AsOf: today.Time(), Source: c.Source()}
	w := t.window(n)
	if w.why == "" && n.newer {
		s.Newer = true
		return s
	}
	t.addSuccessor(s, n, w, today)
	t.addLagging(s, n, w, today)
	return s
}

// A window is the days between which a node was built: one day, or, if why says that
// no build date is known, all those on which tags came to point to what it can be.
type window struct {
	first, last data.Day
	tags        []string // those that it had on all of these days
	why         string
}

// window returns the days between which a node was built.
func (t *trial) window(n *node) window {
	why := t.dateDoubt(n.start, n.end)
	if why == "" {
		day := n.since(data.DayOf(n.made))
		return window{day, day, n.tags, ""}
	}
	w := window{first: data.Ongoing, last: -1 << 31, tags: n.tags, why: "its build date " + why}
	for _, r := range t.readAs(n) {
		w.tags = slices.DeleteFunc(slices.Clone(w.tags), func(tag string) bool { return !alwaysHad(r, tag) })
	}
	for _, r := range t.readAs(n) {
		for _, s := range r.Spans {
			if slices.ContainsFunc(s.Tags, func(tag string) bool { return dated(tag) || slices.Contains(w.tags, tag) }) {
				w.first, w.last = min(w.first, s.From), max(w.last, s.From)
			}
		}
	}
	return w
}

// readAs returns the recipes that the node can be, its most specific tag being given:
// those that read the same.
func (t *trial) readAs(n *node) []data.Recipe {
	var out []data.Recipe
	for _, o := range t.nodes {
		if o.start == n.start && o.end == n.end && o.catalog == n.catalog && o.repo.Name() == n.repo.Name() && len(n.tags) > 0 && slices.Contains(o.tags, n.tags[0]) {
			out = append(out, o.named)
		}
	}
	return out
}

// alwaysHad reports whether a tag pointed to a recipe as long as any did.
func alwaysHad(r data.Recipe, tag string) bool {
	first, last := data.Ongoing, data.Day(-1<<31)
	from, to := first, last
	for _, s := range r.Spans {
		if len(s.Tags) == 0 {
			continue
		}
		first, last = min(first, s.From), max(last, s.To)
		if slices.Contains(s.Tags, tag) {
			from, to = min(from, s.From), max(to, s.To)
		}
	}
	return from == first && to == last
}

// addSuccessor says whether the node is superseded or abandoned.
func (t *trial) addSuccessor(s *ancestry.Standing, n *node, w window, today data.Day) {
	sure := *n
	sure.tags = w.tags
	if !slices.ContainsFunc(sure.settled(), func(tag string) bool { return !dated(tag) }) {
		s.NotKnown.Superseded, s.NotKnown.Abandoned = cmp.Or(w.why, "its tags name single days alone"), cmp.Or(w.why, "its tags name single days alone")
		return
	}
	_, s.Abandoned = t.successor(n, w.last, today)
	early, _ := t.successor(&sure, w.first, today)
	late, dropped := t.successor(&sure, w.last, today)
	s.Superseded = late
	if late == nil && early != nil {
		s.NotKnown.Superseded = w.why
	}
	if s.Abandoned.IsZero() && !dropped.IsZero() {
		s.NotKnown.Abandoned = w.why // tags that it may have had are still there
	}
	if n.grade < exact && w.why != "" { // the recipe is only like it
		s.Superseded, s.Abandoned = nil, time.Time{}
		s.NotKnown.Superseded, s.NotKnown.Abandoned = w.why, w.why
	}
}

// addLagging says whether the tag of the node's parent went on after it was built.
func (t *trial) addLagging(s *ancestry.Standing, n *node, w window, today data.Day) {
	if n.scratch {
		return // has no parent
	}
	s.NotKnown.Lagging = "the tag of its parent is not known"
	for _, p := range n.parents {
		if len(n.from.Tags) == 0 || t.catalogs[p.catalog] != t.catalogs[n.catalog] {
			continue
		}
		s.NotKnown.Lagging = ""
		f, tag := t.follow(p, n.from.Tags[0]), n.from.Tags[0]
		if w.why == "" {
			s.Lagging = f.after(p.repo.Name(), tag, data.DayOf(n.made)+ahead, today)
		} else if f.after(p.repo.Name(), tag, w.first, today) != nil {
			s.NotKnown.Lagging = w.why
		}
		return
	}
}

// successor finds what took a tag of the node's: the most specific one that went on to
// another version, or else to another recipe of the same. If none of the tags is there
// any more it also returns the day on which the last was dropped.
func (t *trial) successor(n *node, since, today data.Day) (*ancestry.Succession, time.Time) {
	var found, same *ancestry.Succession
	last := data.Day(-1 << 31)
	for _, tag := range n.settled() {
		if dated(tag) {
			continue
		}
		e := t.follow(n, tag)
		last = max(last, e.last)
		switch s := e.after(n.repo.Name(), tag, since, today); {
		case s == nil:
		case found == nil && e.list[len(e.list)-1].name != n.tags[0]:
			found = s
		case same == nil:
			same = s
		}
		if last >= today && (found != nil || same == nil) {
			break // the others are no more specific
		}
	}
	if found == nil {
		found = same
	}
	if last >= today || last < 0 {
		return found, time.Time{}
	}
	return found, last.Time()
}

// settled returns the tags that stay with one version or suite, as far as there are
// any: what latest and oldstable point to says nothing of what they once did.
func (n *node) settled() []string {
	var out []string
	for _, t := range n.tags {
		if !data.Wanders(t) {
			out = append(out, t)
		}
	}
	if len(out) == 0 {
		return n.tags
	}
	return out
}

// since is the last day on which a tag may have come to point to the node.
func (n *node) since(made data.Day) data.Day {
	since := made
	for _, s := range n.named.Spans {
		if s.From > since && s.From <= made+ahead || archive(n.named) && s.From > since && s.From <= made+waits && slices.Contains(s.Tags, n.tags[0]) {
			since = s.From
		}
	}
	return since
}

// An event is a day on which a tag came to point to another build.
type event struct {
	day  data.Day
	name string // its most specific tag
}

type events struct {
	list []event
	last data.Day // on which the tag pointed to anything
}

// follow returns what a tag of the node's repository pointed to, one after the other.
// Builds of one root archive's file differ in their dated tags.
func (t *trial) follow(n *node, tag string) events {
	out := events{last: -1 << 31}
	suite := n.suite()
	for _, p := range n.repo.Timeline(tag) {
		r := t.recipes.recipe(n.catalog, n.repo, p.Recipe)
		if !t.builtFor(r) {
			continue
		}
		out.last = max(out.last, p.To)
		days := []data.Day{p.From}
		if n.scratch {
			for _, s := range r.Spans {
				if s.From > p.From && s.From < p.To && slices.ContainsFunc(s.Tags, func(t string) bool { return dated(t) && ofOne(t, suite) }) {
					days = append(days, s.From)
				}
			}
		}
		for _, d := range days {
			if tags := active(r, d, d, 0).list(r, false); len(tags) > 0 {
				out.list = append(out.list, event{d, pick(tags, suite)})
			}
		}
	}
	slices.SortFunc(out.list, func(a, b event) int { return cmp.Or(cmp.Compare(a.day, b.day), cmp.Compare(a.name, b.name)) })
	out.list = slices.CompactFunc(out.list, func(a, b event) bool { return a.day == b.day })
	return out
}

// suite returns the suite that a dated tag of the node names, "" if none does.
func (n *node) suite() string {
	for _, t := range n.tags {
		if s := suiteOf(t); s != "" {
			return s
		}
	}
	return ""
}

// ofOne reports whether a tag is not that of another suite.
func ofOne(tag, suite string) bool {
	s := suiteOf(tag)
	return s == "" || suite == "" || s == suite
}

// pick returns the most specific of tags that is not that of another suite.
func pick(tags []string, suite string) string {
	for _, t := range tags {
		if ofOne(t, suite) {
			return t
		}
	}
	return tags[0]
}

// after says what became of the tag after a day, nil if nothing did.
func (e events) after(repo, tag string, day, today data.Day) *ancestry.Succession {
	i := slices.IndexFunc(e.list, func(x event) bool { return x.day > day })
	if i < 0 {
		return nil
	}
	s := &ancestry.Succession{
		Name: ancestry.Name{Repository: repo, Tags: []string{tag}}, First: e.list[i].name, On: e.list[i].day.Time(),
		Times: len(e.list) - i,
	}
	if e.last >= today {
		s.Now = e.list[len(e.list)-1].name
	} else {
		s.Until = e.last.Time()
	}
	return s
}
