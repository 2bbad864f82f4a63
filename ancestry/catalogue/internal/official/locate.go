package official

import (
	"context"
	"maps"
	"runtime"
	"slices"
	"sync"

	"golang.org/x/sync/errgroup"

	"github.com/stemma-go/stemma/ancestry/catalogue/internal/git"
)

// locate finds, for every spec, a clone that has its commit: that of the repository
// itself, or any other. Repositories were renamed, moved and forked; a commit is
// the same everywhere.
func (j *job) locate(ctx context.Context) error {
	own := map[string]map[string][]*spec{} // by clone, by commit
	for _, s := range j.specs {
		dir := j.clones.find(s.Repo)
		if own[dir] == nil {
			own[dir] = map[string][]*spec{}
		}
		own[dir][s.Commit] = append(own[dir][s.Commit], s)
	}
	missing := map[string][]*spec{}
	maps.Copy(missing, own[""])
	delete(own, "")
	var mu sync.Mutex
	err := j.eachClone(ctx, "commits", slices.Sorted(maps.Keys(own)), func(dir string) error {
		has, err := git.Has(ctx, dir, slices.Sorted(maps.Keys(own[dir])))
		mu.Lock()
		defer mu.Unlock()
		for commit, specs := range own[dir] {
			if !found(specs, dir, has[commit]) {
				missing[commit] = append(missing[commit], specs...)
			}
		}
		return err
	})
	if err != nil {
		return err
	}
	// A name of a tag or branch means nothing in another repository.
	maps.DeleteFunc(missing, func(commit string, _ []*spec) bool { return len(commit) != 40 })
	wanted := slices.Sorted(maps.Keys(missing))
	clones := map[string][]string{}
	err = j.eachClone(ctx, "moved commits", slices.Sorted(maps.Values(j.clones)), func(dir string) error {
		has, err := git.Has(ctx, dir, wanted)
		mu.Lock()
		defer mu.Unlock()
		for commit := range has {
			clones[commit] = append(clones[commit], dir)
		}
		return err
	})
	for commit, dirs := range clones {
		found(missing[commit], slices.Min(dirs), commit)
	}
	return err
}

// found notes the clone and commit of specs. It reports whether there is a commit.
func found(specs []*spec, dir, commit string) bool {
	if commit == "" {
		return false
	}
	for _, s := range specs {
		s.clone, s.commit = dir, commit
	}
	return true
}

// eachClone calls f for each clone, several at a time.
func (j *job) eachClone(ctx context.Context, stage string, dirs []string, f func(dir string) error) error {
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(runtime.GOMAXPROCS(0))
	var mu sync.Mutex
	done := 0
	for _, dir := range dirs {
		g.Go(func() error {
			if err := ctx.Err(); err != nil {
				return err
			}
			err := f(dir)
			mu.Lock()
			defer mu.Unlock()
			done++
			j.opts.Progress(stage, done, len(dirs))
			return err
		})
	}
	return g.Wait()
}

// readSpecs reads all specs that were located, clone by clone.
func (j *job) readSpecs(ctx context.Context) error {
	byClone := map[string][]*spec{}
	for _, s := range j.specs {
		switch {
		case s.clone != "":
			byClone[s.clone] = append(byClone[s.clone], s)
		case j.clones.find(s.Repo) == "":
			s.err = ErrNoClone
		default:
			s.err = errNoCommit
		}
	}
	total := len(j.specs)
	var mu sync.Mutex
	done := 0
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(runtime.GOMAXPROCS(0))
	for _, dir := range slices.Sorted(maps.Keys(byClone)) {
		g.Go(func() error {
			return j.readClone(ctx, dir, byClone[dir], func() {
				mu.Lock()
				defer mu.Unlock()
				done++
				j.opts.Progress("Dockerfiles", done, total)
			})
		})
	}
	return g.Wait()
}

func (j *job) readClone(ctx context.Context, dir string, specs []*spec, tick func()) error {
	objects, err := git.Open(ctx, dir)
	if err != nil {
		return err
	}
	defer func() { _ = objects.Close() }()
	r := &reader{objects, j.cache.load(dir)}
	for _, s := range specs {
		if err := ctx.Err(); err != nil {
			return err
		}
		s.result = r.read(s.Origin, s.commit)
		tick()
	}
	return j.cache.save(dir, r.kept)
}
