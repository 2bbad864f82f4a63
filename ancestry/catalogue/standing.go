package catalogue

import (
	"cmp"
	"slices"
	"time"

	"github.com/stemma-go/stemma/ancestry"
	"github.com/stemma-go/stemma/ancestry/catalogue/internal/data"
)

// standing says how a node stands in the history of its tags.
func (t *trial) standing(n *node) *ancestry.Standing {
	c := t.catalogs[n.catalog]
	today := c.Day()
	s := &ancestry.Standing{AsOf: today.Time(), Source: c.Source(), Newer: n.newer}
	if n.made.IsZero() || n.newer {
		return s
	}
	made := data.DayOf(n.made)
	s.Superseded, s.Abandoned = t.successor(n, n.since(made), today)
	for _, p := range n.parents {
		if len(n.from.Tags) == 0 || t.catalogs[p.catalog] != c {
			continue
		}
		f := t.follow(p, n.from.Tags[0])
		s.Lagging = f.after(p.repo.Name(), n.from.Tags[0], made+ahead, today)
		break
	}
	return s
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
