package catalogue

import (
	"fmt"
	"slices"
	"strings"

	"github.com/stemma-go/stemma/ancestry"
	"github.com/stemma-go/stemma/ancestry/catalogue/internal/data"
	"github.com/stemma-go/stemma/ancestry/catalogue/internal/recipe"
	"github.com/stemma-go/stemma/layers/history"
)

// claims says what the levels are.
func (t *trial) claims(levels []level) []ancestry.Claim {
	var out []ancestry.Claim
	for i, l := range levels {
		var child *level
		if i > 0 && linked(levels[i-1], l) {
			child = &levels[i-1]
		}
		merged := merge(l.nodes)
		if !l.sure && severalRepositories(merged) || l.doubt != "" {
			// debian or ubuntu, ADD and CMD are the same: no name at all.
			out = append(out, t.doubtful(l, merged)...)
			continue
		}
		for _, n := range merged {
			c := t.claim(l, n, child)
			if alone := !slices.ContainsFunc(merged, func(o *node) bool { return !o.tagged(n.name()) }); alone {
				c.Standing = t.standing(n)
			}
			out = append(out, c)
		}
	}
	return out
}

// merge joins nodes of one level that have the same tags, and takes others apart.
func merge(nodes []*node) []*node {
	var out []*node
	for _, n := range nodes {
		i := slices.IndexFunc(out, func(o *node) bool { return o.repo.Name() == n.repo.Name() && slices.Equal(o.tags, n.tags) })
		if i < 0 {
			out = append(out, n)
		} else if n.grade == exact && out[i].named.LastDay() < n.named.LastDay() {
			out[i] = n
		}
	}
	apart(out)
	return out
}

// apart takes from nodes whose most specific tags are not each other's the tags that
// both have: on the day on which 3 went from 3-bullseye to 3-bookworm it tells neither
// from the other, and would make one name of two.
func apart(nodes []*node) {
	own := make([][]string, len(nodes))
	for i, n := range nodes {
		own[i] = slices.Clone(n.tags)
		for _, o := range nodes {
			if o.repo.Name() != n.repo.Name() || len(n.tags) == 0 || len(o.tags) == 0 || slices.Contains(o.tags, n.tags[0]) || slices.Contains(n.tags, o.tags[0]) {
				continue
			}
			own[i] = slices.DeleteFunc(own[i], func(tag string) bool { return slices.Contains(o.tags, tag) })
		}
	}
	for i, n := range nodes {
		n.tags = own[i]
	}
}

func severalRepositories(nodes []*node) bool {
	return slices.ContainsFunc(nodes, func(n *node) bool { return n.repo.Name() != nodes[0].repo.Name() })
}

func (t *trial) claim(l level, n *node, child *level) ancestry.Claim {
	c := ancestry.Claim{
		Start: n.start, End: n.end, Name: n.name(),
		Evidence: ancestry.Evidence{
			Kind: ancestry.KindRecipe, Confidence: ancestry.Inferred,
			Says: n.says(), Where: t.where(n),
		},
	}
	if l.sure {
		c.Evidence.Confidence = ancestry.Recognised
	}
	if child != nil {
		for _, o := range child.nodes {
			if slices.Contains(o.parents, n) {
				c.Evidence.Says += fmt.Sprintf("; %s is built FROM %s", o.repo.Name(), o.recipe.From)
				if o.grade == exact {
					c.Evidence.Name = o.recipe.From
				}
				if len(n.tags) == 0 && len(child.nodes) == 1 {
					c.Name.Tags = o.from.Tags // as far as is known
				}
				break
			}
		}
	}
	if n.whole() {
		c.Start = history.None
	}
	if n.open && len(n.parents) == 0 {
		c.Parent = n.from
	}
	return c
}

// says tells in words how the node agrees with its recipe.
func (n *node) says() string {
	of := n.end - n.start
	name := n.name().String()
	var s string
	switch n.grade {
	case assumed:
		return fmt.Sprintf("%s was the image of that name when this root was made; its recipe says nothing", name)
	case exact:
		s = fmt.Sprintf("all %d instructions of %s agree", of, name)
		if of == 1 {
			s = fmt.Sprintf("the one instruction of %s agrees", name)
		}
	case shaped:
		s = fmt.Sprintf("all %d instructions agree but for versions, numbers and hashes with %s", of, n.model())
	default:
		s = fmt.Sprintf("%d of %d instructions agree but for versions, numbers and hashes with %s", n.likes.Shapes, max(n.likes.Of, of), n.model())
	}
	switch {
	case n.newer:
		s += "; newer than the catalogue"
	case n.named.ID != n.recipe.ID || !n.named.Read:
		s += fmt.Sprintf("; %s was built then, from a Dockerfile that could not be read", name)
	}
	if n.named.Read && n.grade == exact && n.named.Commit != "" && strings.Trim(n.named.Commit, "0") != "" {
		s += fmt.Sprintf(" (%s at %s)", n.named.Path, n.named.Commit)
	}
	return s
}

// model names the recipe that a node is like.
func (n *node) model() string {
	day := n.recipe.LastDay()
	for _, s := range n.recipe.Spans {
		if s.To == day {
			return ancestry.Name{Repository: n.repo.Name(), Tags: n.recipe.TagsOn(s.From)}.String()
		}
	}
	return n.repo.Name()
}

// where says where the node's recipe is: the file, if it is one's own and of no commit.
func (t *trial) where(n *node) string {
	if n.named.Path != "" && n.named.Origin == "" && strings.Trim(n.named.Commit, "0") == "" {
		return n.named.Path
	}
	return origin(t.catalogs[n.catalog])
}

// origin says where a catalogue's word was read: of which day it is, and from what it
// was made, commits shortened.
func origin(c *data.Catalogue) string {
	source, commit, ok := strings.Cut(c.Source(), "@")
	if ok && len(commit) > 8 && strings.Trim(commit, "0123456789abcdef") == "" {
		return fmt.Sprintf("catalogue of %s, %s@%s", c.Day(), source, commit[:8])
	}
	return fmt.Sprintf("catalogue of %s, %s", c.Day(), c.Source())
}

// doubtful says what a level looks like, where that is no name.
func (t *trial) doubtful(l level, nodes []*node) []ancestry.Claim {
	const most = 4
	var out []ancestry.Claim
	named := map[string]bool{}
	for _, n := range nodes {
		if named[n.repo.Name()] || len(out) == most {
			continue
		}
		named[n.repo.Name()] = true
		why := "and so do others"
		if l.doubt != "" {
			why = "but " + l.doubt
		}
		out = append(out, t.like(n, fmt.Sprintf("resembles %s, %d of %d instructions (100 %%), %s", n.name(), n.end-n.start, n.end-n.start, why)))
	}
	return out
}

func (t *trial) like(n *node, says string) ancestry.Claim {
	return ancestry.Claim{
		Start: history.None, End: n.end, Name: n.name(),
		Evidence: ancestry.Evidence{Kind: ancestry.KindResembles, Confidence: ancestry.Inferred, Says: says, Where: t.where(n)},
	}
}

// resembling says what the parts that got no name look like.
func (t *trial) resembling(levels []level) []ancestry.Claim {
	const most = 3
	var out []ancestry.Claim
	free := func(n *node) bool {
		for _, l := range levels {
			if n.start < l.end && l.start < n.end {
				return false
			}
		}
		return !slices.ContainsFunc(out, func(c ancestry.Claim) bool { return c.End == n.end })
	}
	var doubted []*node
	for _, n := range t.nodes {
		if !n.grounded && !n.open && n.telling {
			doubted = append(doubted, n)
		}
	}
	for _, n := range append(doubted, t.losers...) {
		if len(out) < most && n.why != "" && free(n) {
			if len(n.tags) == 0 {
				n.tags = withoutDays(everyTag(n.named))
			}
			all := n.end - n.start
			out = append(out, t.like(n, fmt.Sprintf("resembles %s, %d of %d instructions (100 %%), but %s", n.name(), all, all, n.why)))
		}
	}
	if len(out) == 0 {
		out = t.nearest(levels)
	}
	return out
}

// nearest looks for what follows the chain among the recipes that are like it.
func (t *trial) nearest(levels []level) []ancestry.Claim {
	at := 0
	if len(levels) > 0 {
		at = levels[0].end
	}
	for _, d := range recipe.Dialects() {
		for _, s := range t.suspects(at, d) {
			repo, err := t.catalogs[s.catalog].Repository(s.name)
			if err != nil || repo == nil {
				continue
			}
			for _, l := range repo.Nearest(t.reading(d).Part(s.start, s.end), 1) {
				if l.Lines == 0 || share(l, s.end-s.start) < likeness {
					continue
				}
				r := repo.Recipe(l.Recipe)
				n := &node{start: s.start, end: s.end, catalog: s.catalog, repo: repo, recipe: r, named: r, tags: withoutDays(everyTag(r))}
				of := max(l.Of, s.end-s.start)
				percent := min(99, 100*l.Lines/of)
				return []ancestry.Claim{t.like(n, fmt.Sprintf("resembles %s, %d of %d instructions (%d %%)", n.name(), l.Lines, of, percent))}
			}
		}
	}
	return nil
}
