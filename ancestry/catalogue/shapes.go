package catalogue

import (
	"cmp"
	"slices"
	"strings"

	"github.com/stemma-go/stemma/ancestry/catalogue/internal/data"
	"github.com/stemma-go/stemma/ancestry/catalogue/internal/recipe"
)

// alike adds the recipes that agree with a part of the history in shape, from end to
// end, where none agrees line for line: the part is one of their repository, in a
// version that the catalogue does not know.
func (t *trial) alike(cat int, d recipe.Dialect, m data.Match) {
	repo, err := t.catalogs[cat].Repository(m.Repository)
	if err != nil || repo == nil || t.known(m, d) {
		return
	}
	telling := t.says(m.Start, m.End, d)
	if !telling && m.Start > 0 {
		return
	}
	r := t.reading(d).Part(m.Start, m.End)
	versions := t.versions(m.Start, m.End, d)
	best := map[string]*node{}
	for _, id := range m.Recipes {
		n, ok := t.newNode(cat, d, repo, id, m.Start, m.End)
		if !ok {
			continue
		}
		n.grade, n.telling = shaped, telling
		own := repo.Reading(id, d)
		for i := range own.Lines {
			if own.Lines[i] == r.Lines[i] {
				n.likes.Lines++
			}
		}
		n.likes.Shapes, n.likes.Of = len(own.Lines), len(own.Lines)
		if !t.compose(n, versions) {
			continue
		}
		k := n.recipe.From + " " + n.tags[0]
		if o := best[k]; o == nil || n.before(o) {
			best[k] = n
		}
	}
	for _, n := range ordered(best) {
		t.add(n)
	}
}

// known reports whether a recipe of the repository agrees with the part line for
// line, whenever it was built: then it is that, or somebody's copy of it.
func (t *trial) known(m data.Match, d recipe.Dialect) bool {
	same := func(n *node) bool {
		return n.start == m.Start && n.end == m.End && n.repo.Name() == m.Repository && n.grade == exact
	}
	return slices.ContainsFunc(t.nodes, same) || slices.ContainsFunc(t.losers, same)
}

// before orders nodes of one part: the more lines agree and the younger the recipe,
// the better a model it is.
func (n *node) before(o *node) bool {
	return cmp.Or(
		cmp.Compare(o.likes.Shapes, n.likes.Shapes),
		cmp.Compare(o.likes.Lines, n.likes.Lines),
		cmp.Compare(o.kin, n.kin),
		cmp.Compare(o.recipe.LastDay(), n.recipe.LastDay()),
		cmp.Compare(n.recipe.ID, o.recipe.ID),
	) < 0
}

func ordered(best map[string]*node) []*node {
	var out []*node
	for _, n := range best {
		out = append(out, n)
	}
	slices.SortFunc(out, func(a, b *node) int {
		if a.before(b) {
			return -1
		}
		return 1
	})
	return out
}

// compose finds a node's tags, see below, and lets the image's own values forbid some.
func (t *trial) compose(n *node, versions []data.Version) bool {
	if !n.compose(versions, t.catalogs[n.catalog].Day()) {
		return false
	}
	tags, by := t.vetoed(n)
	n.tags = tags
	return by == "" && len(tags) > 0
}

// compose finds the tags of a version that the catalogue has no recipe of: made of
// values in the history, by the patterns of the recipe's tags. It reports false if
// there can't be such a version: it is neither younger than the catalogue, nor among
// the recipes that the catalogue knows to have existed and could not read.
func (n *node) compose(versions []data.Version, today data.Day) bool {
	if n.made.IsZero() || n.recipe.Undated() || n.recipe.LastDay() < min(data.DayOf(n.made), today)-recent {
		return false
	}
	made := data.DayOf(n.made)
	var tags []string
	for _, template := range n.recipe.Templates {
		if tag, ok := data.Compose(template, versions); ok && !slices.Contains(tags, tag) {
			tags = append(tags, tag)
		}
	}
	if len(n.recipe.Templates) > 0 && len(tags) == 0 {
		return false
	}
	for _, id := range n.repo.Beside(n.recipe.ID, made-grace, made+ahead) {
		u := n.repo.Recipe(id)
		listed := tagsAt(u, made, today)
		if len(listed) == 0 || len(tags) > 0 && !slices.ContainsFunc(tags, func(t string) bool { return slices.Contains(listed, t) }) {
			continue
		}
		n.named, n.tags, n.newer, n.kin = u, listed, made > today, n.kinship(tags)
		return true
	}
	if made <= today || n.recipe.LastDay() < data.Ongoing && n.recipe.LastDay() < today-recent || n.past(tags, today) || !n.onItsDay(versions) {
		return false
	}
	n.newer, n.kin = true, n.kinship(tags)
	if len(tags) == 0 {
		if n.recipe.LastDay() != data.Ongoing {
			return false
		}
		tags = slices.DeleteFunc(n.recipe.TagsOn(today), dated)
		// Its tags are not made of versions; so those that are stated must be its own.
		for _, v := range versions {
			if !slices.Contains(tags, v.Value) {
				return false
			}
		}
	}
	if len(tags) > 0 {
		tags = append(tags, n.wanderers(tags, today)...)
	}
	data.SortTags(tags)
	n.tags = slices.Compact(tags)
	return len(tags) > 0
}

// wanderers returns the tags that go from one version to the next: those that the
// model has on the catalogue's last day, or that what took its place has, as far as
// the composed ones allow. 3.4-slim of 3.4.10-slim, not 3.4.9-slim.
func (n *node) wanderers(composed []string, today data.Day) []string {
	last := []data.Recipe{n.recipe}
	if n.recipe.LastDay() != data.Ongoing {
		last = nil
		for _, id := range n.repo.Beside(n.recipe.ID, today, today) {
			last = append(last, n.repo.Recipe(id))
		}
	}
	var out []string
	for _, r := range last {
		for _, tag := range r.TagsOn(today) {
			if !dated(tag) && fits(tag, composed) && !slices.Contains(composed, tag) {
				out = append(out, tag)
			}
		}
	}
	return out
}

// fits reports whether a tag's version, if it has one, is the beginning of that of
// another.
func fits(tag string, others []string) bool {
	v := leading(tag)
	return v == "" || slices.ContainsFunc(others, func(o string) bool {
		w := leading(o)
		return w == "" && !strings.Contains(v, ".") || w == v || strings.HasPrefix(w, v+".")
	})
}

// leading returns the version with which a tag begins, "" if it does with a word.
func leading(tag string) string {
	v, _, _ := strings.Cut(tag, "-")
	if v == "" || v[0] < '0' || v[0] > '9' {
		return ""
	}
	return v
}

// kinship returns how many leading numbers the model's version has in common with a
// composed tag.
func (n *node) kinship(tags []string) int {
	best := 0
	for _, s := range n.recipe.Spans {
		for _, t := range s.Tags {
			for _, o := range tags {
				a, b := strings.Split(leading(t), "."), strings.Split(leading(o), ".")
				k := 0
				for k < min(len(a), len(b)) && a[k] != "" && a[k] == b[k] {
					k++
				}
				best = max(best, k)
			}
		}
	}
	return best
}

// past reports whether a tag was dropped before the catalogue was made: no younger
// image has it.
func (n *node) past(tags []string, today data.Day) bool {
	for _, tag := range tags {
		line := n.repo.Timeline(tag)
		if len(line) > 0 && !slices.ContainsFunc(line, func(p data.Pointing) bool { return p.To > today }) {
			return true
		}
	}
	return false
}

// onItsDay reports whether a day that the instructions state is that on which they
// say that they were run.
func (n *node) onItsDay(versions []data.Version) bool {
	for _, v := range versions {
		if v.Key == "DATE" && v.Value != n.made.UTC().Format("20060102") {
			return false
		}
	}
	return true
}
