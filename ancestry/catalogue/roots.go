package catalogue

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/stemma-go/stemma/ancestry"
	"github.com/stemma-go/stemma/ancestry/catalogue/internal/data"
	"github.com/stemma-go/stemma/ancestry/catalogue/internal/recipe"
	"github.com/stemma-go/stemma/layers/history"
)

// Of many roots the catalogue knows tags and days, and no instructions: their
// Dockerfiles could not be read (Ubuntu's of 2015 to 2021), or there was none. And what
// can be read of a root mostly says nothing: ADD and CMD. So a root is not only what its
// instructions are, but also what is assumed of it: by the FROM of what stands on it,
// and by what its own files say.

// assumeRoots adds the roots that could not be read and that something speaks for.
func (t *trial) assumeRoots() {
	for _, n := range slices.Clone(t.nodes) {
		if n.start > 0 && n.from.Repository != "" && t.looksLikeRoot(n.start) {
			t.assumeFrom(n)
		}
	}
	for _, n := range slices.Clone(t.nodes) {
		if n.start == 0 && n.scratch && n.telling && n.grade > assumed && !n.whole() {
			for _, id := range t.silentRoots(n.repo, n.end) {
				t.assume(n.catalog, n.repo, id, n.end, n.made, func(*node) bool { return true })
			}
		}
	}
	end := t.rootEnd()
	d, ok := t.rootDistro(end)
	if !ok || end == len(t.steps) && !t.q.Bare() {
		return
	}
	for _, name := range d.Names() {
		t.eachRepository(name.Repository, func(cat int, repo *data.Repository) {
			for _, id := range t.silentRoots(repo, end) {
				t.assume(cat, repo, id, end, t.made(0, end), func(n *node) bool { return d.Fit(n.name()) == ancestry.Fits })
			}
		})
	}
}

// assumeFrom adds what a node's FROM pointed to, where that could not be read.
func (t *trial) assumeFrom(child *node) {
	tag := "latest"
	if len(child.from.Tags) > 0 {
		tag = child.from.Tags[0]
	}
	made := t.made(0, child.start)
	if made.IsZero() {
		made = child.made
	}
	t.eachRepository(child.from.Repository, func(cat int, repo *data.Repository) {
		seen := map[int]bool{}
		silent := t.silentRoots(repo, child.start)
		for _, p := range repo.Timeline(tag) {
			if _, ok := slices.BinarySearch(silent, p.Recipe); ok && !seen[p.Recipe] {
				seen[p.Recipe] = true
				t.assume(cat, repo, p.Recipe, child.start, made, func(n *node) bool {
					return t.agrees(child, n)
				})
			}
		}
	})
}

// assume adds a root, if it had a tag when the root was made, and it fits. Its recipe
// could not be read, or says nothing, as the steps here do.
func (t *trial) assume(cat int, repo *data.Repository, id, end int, made time.Time, fits func(*node) bool) {
	r := t.recipes.recipe(cat, repo, id)
	if made.IsZero() || !t.builtFor(r) {
		return
	}
	known := func(o *node) bool {
		// Where the archive is named, none is assumed beside one that agrees with it.
		same := o.named.ID == id || o.grade == exact && t.namesArchive()
		return o.start == 0 && o.end == end && o.catalog == cat && o.repo == repo && same
	}
	if r.Read && t.tells(0, end) || t.statesVersion(end) || slices.ContainsFunc(t.nodes, known) {
		return
	}
	n := &node{start: 0, end: end, catalog: cat, repo: repo, recipe: r, named: r, made: made, scratch: true, grade: assumed}
	today := t.catalogs[cat].Day()
	if n.tags = tagsAt(r, data.DayOf(made), today); len(n.tags) == 0 || data.DayOf(made) > today || !fits(n) {
		return
	}
	// Of one file it is the recipe that came last before the root was made.
	later := func(o, p *node) bool {
		return o.grade == assumed && o.end == end && o.catalog == cat && o.repo == repo && o.recipe.Path == p.recipe.Path &&
			startOf(o.recipe, data.DayOf(made)+ahead) > startOf(p.recipe, data.DayOf(made)+ahead)
	}
	if slices.ContainsFunc(t.nodes, func(o *node) bool { return later(o, n) }) {
		return
	}
	t.nodes = slices.DeleteFunc(t.nodes, func(o *node) bool {
		return o.grade == assumed && o.end == end && o.catalog == cat && o.repo == repo && o.recipe.Path == r.Path && later(n, o)
	})
	t.add(n)
}

// tells reports whether a part of the history says enough to be told from others, the
// names of files left aside.
func (t *trial) tells(start, end int) bool {
	return t.says(start, end, recipe.Docker) || start == 0 && t.statesVersion(end)
}

// namesArchive reports whether the first step names the archive that it unpacks, and not
// a hash of it.
func (t *trial) namesArchive() bool {
	sources := t.steps[0].Instruction.Sources
	return len(sources) > 0 && !strings.Contains(sources[0], ":") && strings.ContainsAny(sources[0], "0123456789")
}

// statesVersion reports whether the root's steps say which version it is.
func (t *trial) statesVersion(end int) bool { return len(t.versions(0, end, recipe.BuildKit)) > 0 }

// silentRoots returns the roots of a repository that nothing is known of but tags and
// days, or that are an archive and what to run. A root of one step is one of theirs only
// if the repository has had such.
func (t *trial) silentRoots(repo *data.Repository, end int) []int {
	ids, bare := repo.SilentRoots()
	if end == 1 && !bare {
		return nil
	}
	return ids
}

func (t *trial) eachRepository(name string, do func(int, *data.Repository)) {
	for i, c := range t.catalogs {
		repo, err := c.Repository(name)
		if err != nil {
			t.errs = append(t.errs, fmt.Errorf("catalogue %d: %w", i, err))
		}
		if repo != nil {
			do(i, repo)
		}
	}
}

// looksLikeRoot reports whether the first steps are those of a root archive and what is
// usually done to it: all is in the first layers, and the last step says what to run.
func (t *trial) looksLikeRoot(end int) bool {
	const most = 12
	if end < 1 || end > most || end > len(t.steps) {
		return false
	}
	first := t.steps[0]
	in := first.Instruction
	archive := (in.Keyword == "ADD" || in.Keyword == "COPY") && in.Dest == "/" || in.Keyword == "" && first.Layer == 0
	if !archive {
		return false
	}
	if end == 1 {
		return true
	}
	switch t.steps[end-1].Instruction.Keyword {
	case "CMD", "ENTRYPOINT":
		return !slices.ContainsFunc(t.steps[1:end-1], func(s history.Step) bool {
			switch s.Instruction.Keyword {
			case "CMD", "ENTRYPOINT", "COPY", "ADD":
				return true
			}
			return false
		})
	}
	return false
}

// rootEnd returns the step after the first that says what to run, as root archives end.
func (t *trial) rootEnd() int {
	for end := 1; end <= len(t.steps); end++ {
		if end > 1 && t.looksLikeRoot(end) {
			return end
		}
	}
	return min(1, len(t.steps))
}
