package catalogue

import (
	"cmp"
	"slices"
	"strings"

	"github.com/stemma-go/stemma/ancestry"
	"github.com/stemma-go/stemma/ancestry/catalogue/internal/data"
)

// The keys of the OCI image specification that say which of several readings it is.
const (
	baseName = "org.opencontainers.image.base.name"
	revision = "org.opencontainers.image.revision"
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
	t.byDistro(levels)
	top := levels[0]
	if top.end == len(t.steps) {
		if c := t.q.Hints.Annotations[revision]; len(c) >= 8 {
			keep(levels, 0, func(n *node) bool { return n.named.Commit == c[:8] })
		}
		for _, ref := range append([]string{t.q.Hints.Reference}, t.q.Hints.Tags...) {
			if name, ok := ancestry.ParseName(ref); ok {
				keep(levels, 0, func(n *node) bool { return n.tagged(name) })
			}
		}
		if name, ok := ancestry.ParseName(t.q.Hints.Annotations[baseName]); ok {
			keep(levels, 0, func(n *node) bool {
				return n.from.Repository == name.Repository && slices.Equal(n.from.Tags, name.Tags)
			})
		}
	}
	t.byDays(levels)
	for i := range levels {
		l := &levels[i]
		above := i > 0 && levels[i-1].sure && levels[i-1].start == l.end && linked(levels[i-1], *l)
		for _, n := range l.nodes {
			if n.grade > near && (n.telling || above) {
				l.sure = true
			}
		}
	}
}

// byDistro lets the root's os-release choose its suite.
func (t *trial) byDistro(levels []level) {
	last := len(levels) - 1
	if levels[last].start != 0 {
		return
	}
	d, ok := t.rootDistro(levels[last].end)
	if !ok {
		return
	}
	name, ok := ancestry.DistroName(d)
	if !ok {
		return
	}
	fits := func(n *node) bool { return n.repo.Name() == name.Repository && ofSuite(n.tags, d) }
	if slices.ContainsFunc(levels[last].nodes, fits) {
		keep(levels, last, fits)
		return
	}
	if slices.ContainsFunc(levels[last].nodes, func(n *node) bool { return strings.Contains(n.repo.Name(), "/") }) {
		return // somebody's own may be called as he likes, whatever it was made of
	}
	for i := range levels {
		levels[i].doubt = "its os-release says " + name.String()
	}
}

// rootDistro returns the os-release of the layers that the first steps made.
func (t *trial) rootDistro(end int) (ancestry.Distro, bool) {
	for i := end - 1; i >= 0; i-- {
		if b, ok := t.q.Hints.OSRelease[t.steps[i].Layer]; ok {
			return ancestry.OSRelease(b)
		}
	}
	return ancestry.Distro{}, false
}

// ofSuite reports whether tags are those of a distribution's version.
func ofSuite(tags []string, d ancestry.Distro) bool {
	begins := func(tag, with string) bool {
		rest, ok := strings.CutPrefix(tag, with)
		return with != "" && ok && (rest == "" || rest[0] == '-' || rest[0] == '.')
	}
	return slices.ContainsFunc(tags, func(tag string) bool {
		// Debian's unstable has the os-release of its testing.
		unstable := d.ID == "debian" && d.VersionID == "" && (begins(tag, "sid") || begins(tag, "unstable"))
		// Alpine's edge says which release it will be: 3.22.0_alpha20250108.
		edge := d.ID == "alpine" && strings.Contains(d.VersionID, "_alpha") && begins(tag, "edge")
		return unstable || edge || begins(tag, d.Codename) || begins(tag, d.VersionID)
	})
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
