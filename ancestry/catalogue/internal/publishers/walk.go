package publishers

import (
	"context"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/stemma-go/stemma/ancestry/catalogue/internal/data"
	"github.com/stemma-go/stemma/ancestry/catalogue/internal/git"
)

// A version is what one path held from one day to another.
type version struct {
	path, blob, commit string
	from, to           data.Day
}

// versions returns every version of the files that match, oldest first. paths narrow what
// git looks at. Days are the committer's, along first parents: the day on which a change
// came to the main branch.
func (j *Job) versions(ctx context.Context, match func(path string) bool, paths ...string) ([]version, error) {
	now := map[string]version{}
	var out []version
	end := func(p string, to data.Day) {
		if v, ok := now[p]; ok {
			v.to = to
			out = append(out, v)
			delete(now, p)
		}
	}
	var at version
	args := j.log("--reverse", "--diff-merges=first-parent", "--root", "--raw", "--no-abbrev", "--no-renames", "--format=commit %H %ct", "HEAD", "--")
	err := git.Lines(ctx, j.Dir, func(line string) error {
		words := strings.Fields(line)
		if len(words) == 3 && words[0] == "commit" {
			t, err := unix(words[2])
			at = version{commit: words[1], from: data.DayOf(t)}
			return err
		}
		change, p, ok := strings.Cut(line, "\t")
		words = strings.Fields(change)
		if !ok || len(words) != 5 || !match(p) {
			return nil
		}
		end(p, at.from)
		if strings.HasPrefix(words[1], "100") { // a file, no link
			now[p] = version{path: p, blob: words[3], commit: at.commit, from: at.from}
		}
		return nil
	}, append(args, paths...)...)
	for _, p := range slices.Sorted(maps.Keys(now)) {
		end(p, data.Ongoing)
	}
	return out, err
}

func unix(s string) (time.Time, error) {
	seconds, err := strconv.ParseInt(s, 10, 64)
	return time.Unix(seconds, 0).UTC(), err
}
