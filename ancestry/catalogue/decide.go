package catalogue

import (
	"cmp"
	"slices"
	"strings"

	specs "github.com/opencontainers/image-spec/specs-go/v1"

	"github.com/stemma-go/stemma/ancestry"
	"github.com/stemma-go/stemma/ancestry/catalogue/internal/data"
)

// decide lets what else is known of the image choose among readings that agree with
// the history alike, and says which levels are sure.
func (t *trial) decide(levels []level) {
	if len(levels) == 0 {
		return
	}
	for i, l := range levels {
		first := slices.MinFunc(l.nodes, func(a, b *node) int { return cmp.Compare(a.catalog, b.catalog) }).catalog
		keep(levels, i, func(n *node) bool { return n.catalog == first })
	}
	told := t.byDistro(levels)
	top := levels[0]
	if top.end == len(t.steps) {
		if c := t.q.Hints.Annotations[specs.AnnotationRevision]; len(c) >= 8 {
			keep(levels, 0, func(n *node) bool { return n.named.Commit == c[:8] })
		}
		for _, ref := range append([]string{t.q.Hints.Reference}, t.q.Hints.Tags...) {
			if name, ok := ancestry.ParseName(ref); ok {
				keep(levels, 0, func(n *node) bool { return n.tagged(name) })
			}
		}
		if name, ok := ancestry.ParseName(t.q.Hints.Annotations[specs.AnnotationBaseImageName]); ok {
			keep(levels, 0, func(n *node) bool {
				return n.from.Repository == name.Repository && slices.Equal(n.from.Tags, name.Tags)
			})
		}
	}
	if !told {
		t.byDays(levels)
	}
	byFrom(levels)
	for i := range levels {
		l := &levels[i]
		above := i > 0 && levels[i-1].sure && levels[i-1].start == l.end && linked(levels[i-1], *l)
		for _, n := range l.nodes {
			if n.grade > near && (n.telling || above) {
				l.sure = true
			}
		}
		if slices.ContainsFunc(l.nodes, func(n *node) bool { return n.grade == assumed }) {
			l.sure = false
		}
	}
}

// byDistro lets what the root's files say choose among readings of the root, and with
// it of all that stands on it. It only narrows: what no reading agrees with decides
// nothing, unless all of them are of another distribution or version.
//
// It reports whether the files tell that the root is of the distribution that it is
// taken for.
func (t *trial) byDistro(levels []level) bool {
	last := len(levels) - 1
	if levels[last].start != 0 {
		return false
	}
	d, ok := t.rootDistro(levels[last].end)
	if !ok {
		return false
	}
	contradicted := func(n *node) bool { return d.Fit(n.name()) == ancestry.Contradicts }
	if !slices.ContainsFunc(levels[last].nodes, func(n *node) bool { return !contradicted(n) }) {
		for i := range levels {
			levels[i].doubt = "its os-release says " + said(d)
		}
		return true
	}
	keep(levels, last, func(n *node) bool { return !contradicted(n) })
	keep(levels, last, func(n *node) bool { return d.Fit(n.name()) == ancestry.Fits })
	if d.Variant != "" {
		keep(levels, last, func(n *node) bool { return slices.ContainsFunc(n.tags, slim) == (d.Variant == "slim") })
	}
	if len(d.Suites) > 0 {
		keep(levels, last, func(n *node) bool {
			return slices.ContainsFunc(n.tags, func(tag string) bool {
				word, _, _ := strings.Cut(tag, "-")
				return slices.Contains(d.Suites, word)
			})
		})
	}
	if d.Release != "" {
		keep(levels, last, func(n *node) bool {
			return slices.Contains(n.tags, d.Release) || slices.Contains(n.tags, d.Release+"-slim")
		})
	}
	return slices.ContainsFunc(levels[last].nodes, func(n *node) bool { return d.Fit(n.name()) == ancestry.Fits })
}

// slim reports whether a tag is one of a slim variant.
func slim(tag string) bool {
	return slices.Contains(strings.Split(tag, "-"), "slim")
}

// said returns what a distribution calls itself, in the words of a tag where it can be.
func said(d ancestry.Distro) string {
	if names := d.Names(); len(names) > 0 {
		return names[0].String()
	}
	return strings.TrimSpace(d.ID + " " + d.VersionID)
}

// byFrom takes the names of what reads like an image of the repository that the part
// above names, and is another of that repository: of the suites of buildpack-deps the
// catalogue has only some, and all read alike. What that would stand on goes with it.
func byFrom(levels []level) {
	for i := 1; i < len(levels); i++ {
		up, down := &levels[i-1], &levels[i]
		switch child := up.nodes[0]; {
		case up.start != down.end:
		case linked(*up, *down):
			down.doubt = up.doubt
		case child.telling && slices.ContainsFunc(down.nodes, func(n *node) bool { return n.repo.Name() == child.from.Repository }):
			down.doubt = "what is built on it says FROM " + child.recipe.From
		}
	}
}

// rootDistro returns what the files of the layers say that the first steps made.
func (t *trial) rootDistro(end int) (ancestry.Distro, bool) {
	for i := end - 1; i >= 0; i-- {
		if d, ok := t.q.Hints.Files[t.steps[i].Layer].Distro(); ok {
			return d, true
		}
	}
	return ancestry.Distro{}, false
}

// byDays lets the day of its build choose between repositories whose roots look
// alike and have no child to tell: of two, one got its dated tag on that day, the
// other long before. Where none did, it is anybody's root.
func (t *trial) byDays(levels []level) {
	const soonest, apart = 2, 2
	last := len(levels) - 1
	if levels[last].start != 0 || last > 0 && linked(levels[last-1], levels[last]) {
		return
	}
	distance := func(n *node) data.Day {
		if n.made.IsZero() {
			return data.Ongoing
		}
		made := data.DayOf(n.made)
		from := active(n.named, made, made, ahead).latest()
		return max(made-from, from-made)
	}
	best := slices.MinFunc(levels[last].nodes, func(a, b *node) int { return cmp.Compare(distance(a), distance(b)) })
	nearest := distance(best)
	if best.telling {
		return
	}
	if nearest > soonest {
		levels[last].doubt = "anybody's root archive reads like that"
		return
	}
	for _, n := range levels[last].nodes {
		if n.repo.Name() != best.repo.Name() && distance(n) < nearest+apart {
			return
		}
	}
	keep(levels, last, func(n *node) bool { return n.repo.Name() == best.repo.Name() })
}
