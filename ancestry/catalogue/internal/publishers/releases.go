package publishers

import (
	"context"
	"fmt"
	"maps"
	"regexp"
	"strings"
	"time"

	"github.com/stemma-go/stemma/ancestry/catalogue/internal/data"
	"github.com/stemma-go/stemma/ancestry/catalogue/internal/git"
)

// A release is a git tag, and the days on which it was the last of its line.
type release struct {
	commit   string
	at       time.Time
	groups   map[string]string // of the expression
	from, to data.Day
}

// releases returns the tags that match, oldest first. The group "line" says which of them
// take the place of each other; without it all do.
func (j *Job) releases(ctx context.Context, match *regexp.Regexp) ([]release, error) {
	var out []release
	last := map[string]int{} // by line
	err := git.Lines(ctx, j.Dir, func(text string) error {
		words := strings.Fields(text) // seconds, name, object, and of a tag that is one, the commit
		if len(words) < 3 {
			return nil
		}
		groups := match.FindStringSubmatch(strings.TrimPrefix(words[1], "refs/tags/"))
		at, err := unix(words[0])
		if err != nil || groups == nil || !j.opts.Until.IsZero() && !at.Before(j.opts.Until) {
			return err
		}
		r := release{commit: words[len(words)-1], at: at, groups: named(match, groups), from: data.DayOf(at), to: data.Ongoing}
		if i, ok := last[r.groups["line"]]; ok {
			out[i].to = r.from
		}
		last[r.groups["line"]] = len(out)
		out = append(out, r)
		return nil
	}, "for-each-ref", "--sort=refname", "--sort=creatordate", "--format=%(creatordate:unix) %(refname) %(objectname) %(*objectname)", "refs/tags")
	return out, err
}

// readReleases adds the Dockerfiles of rows as they were at each release.
func (j *Job) readReleases(ctx context.Context, rows []row) error {
	for _, r := range rows {
		if r.release == nil {
			continue
		}
		all, err := j.releases(ctx, r.release)
		if err != nil {
			return err
		}
		for _, rel := range all {
			if err := j.addRelease(ctx, r, rel); err != nil {
				return err
			}
		}
	}
	return nil
}

func (j *Job) addRelease(ctx context.Context, r row, rel release) error {
	return git.Lines(ctx, j.Dir, func(line string) error {
		head, path, _ := strings.Cut(line, "\t")
		words := strings.Fields(head) // mode, type, hash
		groups := r.path.FindStringSubmatch(path)
		if groups == nil || len(words) != 3 || !strings.HasPrefix(words[0], "100") {
			return nil
		}
		values := named(r.path, groups)
		maps.Copy(values, rel.groups)
		b := j.blob(words[2])
		if err := j.addFile(r.File, version{path: path, commit: rel.commit, from: rel.from, to: rel.to}, values, b); err != nil {
			j.unread(fmt.Sprintf("%.12s:%s", rel.commit, path), err)
		}
		return nil
	}, "ls-tree", "-r", "--full-tree", rel.commit)
}
