package official

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/stemma-go/stemma/ancestry/catalogue/internal/build"
	"github.com/stemma-go/stemma/ancestry/catalogue/internal/data"
)

// A variant is what a tag pointed to: a recipe, for some architectures.
type variant struct {
	spec   int
	digest *build.Digest // nil: not read
	archs  string        // joined by spaces; "" for all
}

// add gives all recipes to the builder, with the days of their tags.
func (j *job) add(b *build.Builder) {
	for _, img := range j.images {
		j.addImage(b, img)
	}
	j.report.count(j.specs)
}

type pointing struct {
	tag string
	variant
}

type since struct {
	day    data.Day
	serial int
}

// addImage walks through the revisions of one image. What a tag points to in one
// revision and not in the next has ended.
func (j *job) addImage(b *build.Builder, img image) {
	open := map[pointing]since{}
	serial := 0
	closeTo := func(day data.Day, current map[pointing]bool) {
		ended := map[variant]map[since][]pointing{}
		for p, s := range open {
			if !current[p] {
				if ended[p.variant] == nil {
					ended[p.variant] = map[since][]pointing{}
				}
				k := since{day: s.day}
				ended[p.variant][k] = append(ended[p.variant][k], p)
			}
		}
		j.flush(b, img.name, ended, open, day)
	}
	for _, r := range img.revisions {
		current := map[pointing]bool{}
		for _, u := range r.use {
			for _, v := range j.variants(img.name, u) {
				for _, tag := range u.tags {
					p := pointing{tag, v}
					current[p] = true
					if _, ok := open[p]; !ok {
						open[p] = since{r.day, serial}
						serial++
					}
				}
			}
		}
		closeTo(r.day, current)
	}
	closeTo(data.Ongoing, nil)
}

// flush adds what has ended, and forgets it.
func (j *job) flush(b *build.Builder, image string, ended map[variant]map[since][]pointing, open map[pointing]since, day data.Day) {
	type group struct {
		variant
		from   data.Day
		serial int
		tags   []string
	}
	var groups []group
	for v, bySince := range ended {
		for s, list := range bySince {
			slices.SortFunc(list, func(a, b pointing) int { return open[a].serial - open[b].serial })
			g := group{v, s.day, open[list[0]].serial, nil}
			for _, p := range list {
				g.tags = append(g.tags, p.tag)
			}
			groups = append(groups, g)
		}
	}
	// What was opened first is added first: the result is the same each time.
	slices.SortFunc(groups, func(a, b group) int { return cmp.Compare(a.serial, b.serial) })
	for _, g := range groups {
		s := j.specs[g.spec]
		a := build.Addition{
			Repository: image, Digest: g.digest, Origin: RepoName(s.Repo), Commit: s.commit, Path: strings.TrimPrefix(s.Directory+"/"+s.File, "/"),
			Tags: g.tags, From: g.from, To: day,
		}
		if s.commit == "" {
			a.Commit = s.Commit
		}
		if g.archs != "" {
			a.Architectures = strings.Fields(g.archs)
		}
		b.Add(a)
		for _, t := range g.tags {
			delete(open, pointing{t, g.variant})
		}
	}
}

// variants returns what an entry's tags point to: one variant if all architectures
// have the same recipe.
func (j *job) variants(image string, u use) []variant {
	var out []variant
	index := map[string]int{}
	for i, id := range u.specs {
		arch := ""
		if len(u.archs) > 0 {
			arch = u.archs[i]
		}
		s := j.specs[id]
		digests := []*build.Digest{s.digest}
		if s.digest == nil {
			if k := known(image, s.Origin, arch, u.tags); len(k) > 0 {
				digests = k
			}
		}
		for n, d := range digests {
			// Recipes with the same lines are one, wherever they were read.
			key := fmt.Sprintf("unread %d", n)
			if d != nil {
				key = d.Key()
				d = j.intern(key, d)
			}
			if at, ok := index[key]; ok {
				out[at].archs += " " + arch
				continue
			}
			index[key] = len(out)
			out = append(out, variant{id, d, arch})
		}
	}
	if len(out) == 1 || len(u.archs) == 0 {
		for i := range out {
			out[i].archs = ""
		}
	}
	return out
}

// intern returns the first digest with a key, so that equal ones are the same.
func (j *job) intern(key string, d *build.Digest) *build.Digest {
	if first, ok := j.digests[key]; ok {
		return first
	}
	j.digests[key] = d
	return d
}
