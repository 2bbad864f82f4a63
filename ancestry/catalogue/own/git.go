package own

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/stemma-go/stemma/ancestry/catalogue/internal/build"
	"github.com/stemma-go/stemma/ancestry/catalogue/internal/data"
	"github.com/stemma-go/stemma/ancestry/catalogue/internal/git"
)

// A state is what one path held since a day.
type state struct {
	blob, commit string
	day          data.Day
}

// AddRepository adds the Dockerfiles of a git repository at every revision of its
// main branch: first parents of HEAD, committers' days. A Dockerfile's tags pointed
// to it from the day of its commit to that of the next. dir is the git directory
// (".git", or a bare clone); the git program must be there. The error joins those of
// Dockerfiles that can't be read, each with commit and path; all others are added.
func AddRepository(ctx context.Context, b *build.Builder, dir string, opts *Options) error {
	objects, err := git.Open(ctx, dir)
	if err != nil {
		return err
	}
	defer func() { _ = objects.Close() }()
	now := map[string]state{}
	var errs []error
	end := func(p string, to data.Day) {
		s, ok := now[p]
		delete(now, p)
		if !ok {
			return
		}
		_, text, err := objects.Blob(s.blob)
		if err != nil {
			errs = append(errs, fmt.Errorf("%.12s: %s: %w", s.commit, p, err))
			return
		}
		a, ok, err := opts.addition(p, text)
		if err != nil {
			errs = append(errs, fmt.Errorf("%.12s: %w", s.commit, err))
		}
		if ok {
			a.Commit, a.From, a.To = s.commit, s.day, to
			b.Add(a)
		}
	}
	var at state
	err = git.Lines(ctx, dir, func(line string) error {
		words := strings.Fields(line)
		if len(words) == 3 && words[0] == "commit" {
			seconds, err := strconv.ParseInt(words[2], 10, 64)
			at = state{commit: words[1], day: data.DayOf(time.Unix(seconds, 0))}
			return err
		}
		change, p, ok := strings.Cut(line, "\t")
		words = strings.Fields(change)
		if !ok || len(words) != 5 || !isDockerfile(p) {
			return nil
		}
		end(p, at.day)
		if strings.HasPrefix(words[1], "100") { // a file, no link
			now[p] = state{words[3], at.commit, at.day}
		}
		return nil
	}, "log", "--first-parent", "--reverse", "--diff-merges=first-parent", "--root", "--raw", "--no-abbrev", "--no-renames", "--format=commit %H %ct", "HEAD")
	last := data.Ongoing
	if err != nil {
		last = at.day // what came then is not known
	}
	for _, p := range slices.Sorted(maps.Keys(now)) {
		end(p, last)
	}
	return errors.Join(append(errs, err)...)
}
