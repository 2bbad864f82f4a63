package official

import (
	"context"
	"maps"
	"path"
	"runtime"
	"slices"
	"strings"

	"golang.org/x/sync/errgroup"

	"github.com/stemma-go/stemma/ancestry/catalogue/internal/data"
	"github.com/stemma-go/stemma/ancestry/catalogue/internal/dockerfile"
	"github.com/stemma-go/stemma/ancestry/catalogue/internal/recipe"
)

// A lineup says which spec a tag of an image led to, from which day on: specs of
// the first architecture, -1 where the tag was dropped.
type lineup map[string][]turn

type turn struct {
	day  data.Day
	spec int
}

// lineups returns the lineup of every image.
func (j *job) lineups() map[string]lineup {
	all := map[string]lineup{}
	for _, img := range j.images {
		tags := lineup{}
		for _, r := range img.revisions {
			now := map[string]int{}
			for _, u := range r.use {
				for _, t := range u.tags {
					if _, ok := now[t]; !ok && len(u.specs) > 0 {
						now[t] = u.specs[0]
					}
				}
			}
			for t, turns := range tags {
				if _, ok := now[t]; !ok && turns[len(turns)-1].spec >= 0 {
					tags[t] = append(turns, turn{r.day, -1})
				}
			}
			for t, id := range now {
				if turns := tags[t]; len(turns) == 0 || turns[len(turns)-1].spec != id {
					tags[t] = append(turns, turn{r.day, id})
				}
			}
		}
		all[img.name] = tags
	}
	return all
}

// on returns the spec that a tag led to on a day, the first one if that was later.
func (l lineup) on(tag string, day data.Day) int {
	found := -1
	for i, t := range l[tag] {
		if i == 0 || t.day <= day && t.spec >= 0 {
			found = t.spec
		}
	}
	return found
}

// A heritage works out what images hand on to their children.
type heritage struct {
	j       *job
	lineups map[string]lineup
	first   map[int]data.Day // the first day of a spec
	known   map[int]recipe.Context
}

// maxChain bounds the chain of parents that is followed.
const maxChain = 16

// parent returns what a spec's parent hands on, on the spec's first day.
func (h *heritage) parent(id, depth int) recipe.Context {
	s := h.j.specs[id]
	if s.digest == nil || depth > maxChain {
		return recipe.Context{}
	}
	name, _, _ := strings.Cut(s.digest.From, "@")
	image, tag, ok := strings.Cut(name, ":")
	if !ok {
		tag = "latest"
	}
	p := h.lineups[image].on(tag, h.first[id])
	if p < 0 || p == id {
		return recipe.Context{}
	}
	return h.after(p, depth+1)
}

// after returns what a spec's image hands on.
func (h *heritage) after(id, depth int) recipe.Context {
	if c, ok := h.known[id]; ok {
		return c
	}
	parent := h.parent(id, depth)
	c := recipe.Context{Env: maps.Clone(parent.Env), Dir: parent.Dir, Shell: parent.Shell}
	if c.Env == nil {
		c.Env = map[string]string{"PATH": recipe.DefaultPath}
	}
	for _, in := range h.j.specs[id].effects {
		switch in.Keyword {
		case "ENV":
			for _, pair := range in.Env() {
				k, v, _ := strings.Cut(pair, "=")
				c.Env[k] = strings.ReplaceAll(v, "${PATH}", c.Env["PATH"])
			}
		case "WORKDIR":
			if c.Dir = path.Join("/", c.Dir, in.Args); path.IsAbs(in.Args) {
				c.Dir = path.Clean(in.Args)
			}
		case "SHELL":
			c.Shell = strings.Fields(strings.Trim(in.Args, "[]"))
		}
	}
	h.known[id] = c
	return c
}

// matters reports whether a context changes how a Dockerfile is evaluated.
func (n needs) matters(c recipe.Context) bool {
	return n.place && c.Dir != "" && c.Dir != "/" ||
		slices.ContainsFunc(n.vars, func(v string) bool { return c.Env[v] != "" })
}

// inherit evaluates again the Dockerfiles that depend on what their parents hand on:
// those that use a variable or a working directory which the parent set.
// A parent that was read later than its child, or is itself evaluated again, counts
// as it was read first.
func (j *job) inherit(ctx context.Context) error {
	h := &heritage{j, j.lineups(), j.firstDays(), map[int]recipe.Context{}}
	type evaluation struct {
		*spec
		parent recipe.Context
	}
	var again []evaluation
	for id, s := range j.specs {
		if s.digest == nil || s.text == nil {
			continue
		}
		p := h.parent(id, 0)
		if !s.needs.matters(p) {
			continue
		}
		j.report.Inherited++
		again = append(again, evaluation{s, p})
	}
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(runtime.GOMAXPROCS(0))
	for _, e := range again {
		g.Go(func() error {
			if res := parse(e.text, &dockerfile.Options{Parent: e.parent}); res.err == nil {
				e.digest = res.digest
			}
			return ctx.Err()
		})
	}
	return g.Wait()
}

// firstDays returns the first day of each spec.
func (j *job) firstDays() map[int]data.Day {
	first := map[int]data.Day{}
	for _, img := range j.images {
		for _, r := range img.revisions {
			for _, u := range r.use {
				for _, id := range u.specs {
					if d, ok := first[id]; !ok || r.day < d {
						first[id] = r.day
					}
				}
			}
		}
	}
	return first
}
