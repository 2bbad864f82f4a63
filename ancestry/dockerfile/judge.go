package dockerfile

import (
	"fmt"
	"slices"

	"github.com/stemma-go/stemma/ancestry"
	"github.com/stemma-go/stemma/ancestry/recipe"
)

// judge sets the doubts.
func (c *Catalogue) judge(h *recipe.History, matches []match) {
	for i := range matches {
		m := &matches[i]
		lines := m.recipe.Lines(m.dialect)
		scratch := m.recipe.From == "scratch"
		switch {
		case recipe.Weight(lines) < recipe.Telling:
			m.doubt = "it says too little to be told from others"
		case scratch && m.start > 0:
			m.doubt = "it is made from scratch, and here it is not"
		case !scratch && m.start == 0:
			m.doubt = fmt.Sprintf("it is built on %s, and here on nothing", m.recipe.From)
		default:
			m.doubt = m.recipe.Differs(h, m.start, m.dialect)
		}
	}
	c.fromAbove(matches)
	for i := range matches {
		if m := &matches[i]; m.doubt == "" {
			m.doubt = c.parentDoubt(matches, *m)
		}
	}
}

// fromAbove lets FROM decide between images whose Dockerfiles differ in nothing
// but their own FROM: buildpack-deps:bookworm and buildpack-deps:trixie. What the
// image above is not built on is not there, nor is what that would be built on.
func (c *Catalogue) fromAbove(matches []match) {
	order := make([]int, len(matches))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return matches[b].end - matches[a].end })
	for _, i := range order {
		m := matches[i]
		parent, ok := ancestry.ParseName(m.recipe.From)
		if !ok {
			continue
		}
		for j := range matches {
			p := &matches[j]
			if p.end != m.start || p.doubt != "" {
				continue
			}
			name := c.images[p.image].Name
			switch shared := shares(name, parent); {
			case m.doubt == "" && name.Repository == parent.Repository && !shared:
				p.doubt = fmt.Sprintf("what is built on it says FROM %s", m.recipe.From)
			case m.suite && name.Repository == parent.Repository && shared && !c.wanted(matches, *p):
				p.doubt = fmt.Sprintf("so is what it would be built for, %s", c.images[m.image].Name)
			default:
				continue
			}
			p.suite = true
		}
	}
}

// wanted reports whether a match that is not in doubt is built on p.
func (c *Catalogue) wanted(matches []match, p match) bool {
	return slices.ContainsFunc(matches, func(m match) bool {
		parent, ok := ancestry.ParseName(m.recipe.From)
		return ok && m.doubt == "" && m.start == p.end && parent.Repository == c.images[p.image].Name.Repository &&
			shares(c.images[p.image].Name, parent)
	})
}

// shares reports whether two names of one repository can be of one image.
func shares(a, b ancestry.Name) bool {
	return len(a.Tags) == 0 || len(b.Tags) == 0 ||
		slices.ContainsFunc(a.Tags, func(t string) bool { return slices.Contains(b.Tags, t) })
}

// parentDoubt returns what speaks against a match in what lies below it, if the
// catalogue knows the image that its FROM names.
func (c *Catalogue) parentDoubt(matches []match, m match) string {
	parent, ok := ancestry.ParseName(m.recipe.From)
	if !ok {
		return ""
	}
	var wanted []int
	for _, n := range labels(parent) {
		wanted = append(wanted, c.names[n]...)
	}
	if len(wanted) == 0 {
		return ""
	}
	other, below := -1, -1
	for _, p := range matches {
		switch {
		case p.doubt != "" || p.end > m.start:
		case p.end < m.start:
			if slices.Contains(wanted, p.image) {
				below = max(below, p.end)
			}
		case slices.Contains(wanted, p.image):
			return ""
		default:
			other = p.image
		}
	}
	switch {
	case other >= 0:
		return fmt.Sprintf("it is built on %s, and here on %s", m.recipe.From, c.images[other].Name)
	case below >= 0:
		return fmt.Sprintf("it is built on %s, and here %d steps lie between", m.recipe.From, m.start-below)
	}
	return ""
}
