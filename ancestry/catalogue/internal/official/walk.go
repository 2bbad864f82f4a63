package official

import (
	"context"
	"fmt"
	"path"
	"strconv"
	"strings"
	"time"

	"github.com/stemma-go/stemma/ancestry/catalogue/internal/git"
)

// A fileRevision is a change of one file below library/.
type fileRevision struct {
	Image  string // the file's name: "python"
	Commit string
	Time   time.Time // the committer's
	Blob   string    // hash of the file's content; "" if it was removed
}

// walk returns all revisions of all files of a clone of official-images, oldest
// first, and the newest commit.
//
// It follows first parents: the files as they were on the main branch. What
// happened on a branch counts from the day of its merge. The day is the
// committer's: an author's may be months before anything was published.
func walk(ctx context.Context, dir string) (revisions []fileRevision, head fileRevision, err error) {
	var now fileRevision
	err = git.Lines(ctx, dir, func(line string) error {
		switch {
		case strings.HasPrefix(line, "commit "):
			words := strings.Fields(line)
			if len(words) != 3 {
				return fmt.Errorf("git log: %.80q", line)
			}
			seconds, err := strconv.ParseInt(words[2], 10, 64)
			if err != nil {
				return fmt.Errorf("git log: %w", err)
			}
			now = fileRevision{Commit: words[1], Time: time.Unix(seconds, 0).UTC()}
			head = now
		case strings.HasPrefix(line, ":"):
			// :mode mode hash hash status<TAB>library/name
			change, name, ok := strings.Cut(line, "\t")
			words := strings.Fields(change)
			if !ok || len(words) != 5 {
				return fmt.Errorf("git log: %.80q", line)
			}
			if path.Dir(name) != "library" || path.Base(name) == "MAINTAINERS" {
				return nil
			}
			r := now
			r.Image = path.Base(name)
			if words[1] != "000000" {
				r.Blob = words[3]
			}
			revisions = append(revisions, r)
		}
		return nil
	}, "log", "--first-parent", "--reverse", "--diff-merges=first-parent", "--raw", "--no-abbrev", "--no-renames", "--format=commit %H %ct", "HEAD", "--", "library/")
	if err == nil && head.Commit == "" {
		err = fmt.Errorf("%s has no commit with files below library/", dir)
	}
	return revisions, head, err
}
