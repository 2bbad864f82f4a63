package main

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"maps"
	"slices"
	"text/tabwriter"

	"github.com/stemma-go/stemma/ancestry/catalogue/internal/build"
	"github.com/stemma-go/stemma/ancestry/catalogue/internal/official"
)

// shown is how many lines of what could not be read are shown without -v.
const shown = 25

// list writes the repositories that official-images names.
func list(ctx context.Context, mirror string, w io.Writer) error {
	count, err := official.Repositories(ctx, mirror)
	if err != nil {
		return err
	}
	urls := slices.SortedFunc(maps.Keys(count), func(a, b string) int { return cmp.Or(count[b]-count[a], cmp.Compare(a, b)) })
	for _, u := range urls {
		if _, err := fmt.Fprintf(w, "%6d %s\n", count[u], u); err != nil {
			return err
		}
	}
	return nil
}

// missing writes the commits that the cache does not know: repository and commit.
func missing(ctx context.Context, mirror, cache string, w io.Writer) error {
	all, err := official.Missing(ctx, mirror, cache)
	if err != nil {
		return err
	}
	for _, c := range all {
		if _, err := fmt.Fprintln(w, c.URL, c.Commit); err != nil {
			return err
		}
	}
	return nil
}

func table(w io.Writer, r *official.Report, s build.Stats, all bool) {
	t := tabwriter.NewWriter(w, 0, 8, 2, ' ', 0)
	row := func(what string, n int) { fmt.Fprintf(t, "%s\t%d\n", what, n) }
	row("images", r.Images)
	row("revisions of library files", r.Revisions)
	row("entries", r.Entries)
	row("  skipped: Windows", r.Windows)
	row("library files with unreadable lines", len(r.BadFiles))
	row("places of Dockerfiles", r.Origins)
	row("  read", r.Read)
	row("    of them by an earlier run", r.Known)
	row("  evaluated with their parent's environment", r.Inherited)
	row("  not read", r.Origins-r.Read)
	row("recipes", s.Recipes)
	row("  read or of known form", s.Read)
	row("  tags and days only", s.Recipes-s.Read)
	row("instructions", s.Instructions)
	row("shapes", s.Shapes)
	row("tags", s.Tags)
	row("tag spans", s.Spans)
	_ = t.Flush()

	if len(r.Unread) > 0 {
		fmt.Fprintln(w, "\nnot read:")
	}
	for i, u := range r.Unread {
		if i == shown && !all {
			fmt.Fprintf(w, "… and %d more, see -v\n", len(r.Unread)-shown)
			break
		}
		fmt.Fprintf(t, "%d\t%s\t%s\t%.100s\n", u.Origins, u.Repo, u.Why, u.Example)
	}
	_ = t.Flush()
	if all {
		for _, f := range r.BadFiles {
			fmt.Fprintln(w, f)
		}
	}
}
