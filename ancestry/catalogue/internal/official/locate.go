package official

import (
	"context"
	"maps"
	"path"
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
		if s.known {
			continue
		}
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
	maps.DeleteFunc(missing, func(commit string, _ []*spec) bool { return !isCommit(commit) })
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

// recall takes what was read before, by repository: an origin at a commit stays what it is.
func (j *job) recall() {
	j.kept = map[string]*kept{}
	for _, s := range j.specs {
		repo := RepoName(s.Repo)
		if j.kept[repo] == nil {
			j.kept[repo] = load(j.cache, repo)
		}
		s.kept = j.kept[repo]
		if isCommit(s.Commit) {
			s.recall(s.Commit)
		}
	}
}

// recallNamed takes what was read before at tags and branches, where no clone has these: what
// they lead to can change.
func (j *job) recallNamed() {
	for _, s := range j.specs {
		if commit := s.kept.Named[s.Commit]; commit != "" && s.clone == "" {
			s.commit = commit
			s.recall(commit)
		}
	}
}

func (s *spec) recall(commit string) {
	if res, ok := s.kept.get(s.at(commit)); ok {
		s.result, s.commit, s.known = res, commit, true
	}
}

// isCommit reports whether a library file's GitCommit is one, and not a tag or branch.
func isCommit(s string) bool { return len(s) == 40 }

// at is where an origin's Dockerfile is at a commit.
func (o Origin) at(commit string) string { return commit + ":" + path.Join(o.Directory, o.File) }

// readSpecs reads all specs that were located, repository by repository and clone by clone.
func (j *job) readSpecs(ctx context.Context) error {
	type place struct{ repo, clone string }
	by := map[place][]*spec{}
	done := 0
	for _, s := range j.specs {
		switch {
		case s.known:
			done++
		case s.clone != "":
			at := place{RepoName(s.Repo), s.clone}
			by[at] = append(by[at], s)
		case j.clones.find(s.Repo) == "":
			s.err = ErrNoClone
		default:
			s.err = errNoCommit
		}
	}
	j.report.Known = done
	total := len(j.specs)
	var mu sync.Mutex
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(runtime.GOMAXPROCS(0))
	byRepo := map[string][]place{} // one at a time, since they share what is kept
	for at := range by {
		byRepo[at.repo] = append(byRepo[at.repo], at)
	}
	for _, places := range byRepo {
		g.Go(func() error {
			for _, at := range places {
				if err := j.readClone(ctx, at.clone, by[at], func() {
					mu.Lock()
					defer mu.Unlock()
					done++
					j.opts.Progress("Dockerfiles", done, total)
				}); err != nil {
					return err
				}
			}
			return nil
		})
	}
	if err := g.Wait(); err != nil {
		return err
	}
	return j.remember()
}

func (j *job) readClone(ctx context.Context, dir string, specs []*spec, tick func()) error {
	objects, err := git.Open(ctx, dir)
	if err != nil {
		return err
	}
	defer func() { _ = objects.Close() }()
	for _, s := range specs {
		if err := ctx.Err(); err != nil {
			return err
		}
		r := &reader{objects, s.kept}
		s.result = r.read(s.Origin, s.commit)
		tick()
	}
	return nil
}

// remember keeps what was read, and what could not be.
func (j *job) remember() error {
	for _, s := range j.specs {
		if !isCommit(s.Commit) && s.commit != "" && s.kept.Named[s.Commit] != s.commit {
			s.kept.Named[s.Commit], s.kept.fresh = s.commit, true
		}
		if at := s.at(s.Commit); s.kept.Unread[at] != (s.err != nil) {
			s.kept.fresh = true
			if s.err != nil {
				s.kept.Unread[at] = true
			} else {
				delete(s.kept.Unread, at)
			}
		}
	}
	for repo, k := range j.kept {
		if err := k.save(j.cache, repo); err != nil {
			return err
		}
	}
	return nil
}
