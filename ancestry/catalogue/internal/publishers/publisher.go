package publishers

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/stemma-go/stemma/ancestry/catalogue/internal/build"
	"github.com/stemma-go/stemma/ancestry/catalogue/internal/cache"
	"github.com/stemma-go/stemma/ancestry/catalogue/internal/data"
	"github.com/stemma-go/stemma/ancestry/catalogue/internal/git"
	"github.com/stemma-go/stemma/ancestry/catalogue/internal/official"
)

// A Publisher is somebody who publishes images, and how their names, tags and days are
// learnt.
type Publisher struct {
	// Repository is the git repository on GitHub that says what is published: owner/name.
	Repository string
	// Also are further repositories that Read needs.
	Also []string
	// Files are the Dockerfiles. Of several rows that match, each counts: names change.
	Files []File
	// Read reads the repository in another way; nil for Files alone.
	Read func(ctx context.Context, j *Job) error
	// Asked publishers are read only if Options.Only names them.
	Asked bool
}

// A File says which Dockerfiles make which images.
type File struct {
	Path string // a regular expression for the whole path
	Name string // the repository of the image, with variables
	Tags []string
	// Args are the build arguments that the publisher's builds set, with variables.
	Args map[string]string
	// Varies are those that differ from build to build, and whose values nothing here
	// tells. What they are part of is compared without them.
	Varies []string
	// Inherits are variables of the base image of which the values are known, with variables.
	// What comes of others is compared without them, which fails for values shorter than
	// three bytes.
	Inherits map[string]string
	// Release is a regular expression for names of git tags. Images are then built of the
	// file as it is at each tag that matches, and no other revision; they have their tags
	// from that day until the next such tag, or the next with the same group "line". Its groups are
	// variables, as Path's are. "" builds of every revision of the main branch.
	Release string
	// Since and Until are the first day and the day after the last on which the images had
	// this name: 2023-10-20. "" is no bound.
	Since, Until string
}

// Options say how to make the catalogue.
type Options struct {
	// Mirror is the directory of clones: DIR/owner+name/repo, or DIR/owner/name.git.
	Mirror string
	// Since is the first day of images that are known by bytes; the zero time for all.
	Since time.Time
	// Until is the day before which revisions count; the zero time for all.
	Until time.Time
	// Only are the publishers to read, by Repository; nil for all but those that have to be
	// asked for.
	Only []string
	// Cache is a directory that keeps what was read of files for the next run; "" for none.
	Cache string
	// Look leaves the cache as it is: what is Missing can still be had.
	Look bool
	// Progress is called before each publisher; nil for silence.
	Progress func(stage string, done, total int)
}

// A Report says what was read of one publisher, and what was not.
type Report struct {
	Repository string
	Err        error // why nothing was read: no clone
	Head       string
	Last       time.Time // of the newest revision
	Recipes    int       // Dockerfiles in their revisions that were read
	Images     int       // builds that are known by bytes
	Unread     int
	Example    string // one that could not be read, and why
}

// A Made is what was made of one publisher.
type Made struct {
	Report
	Catalogue *build.Builder // nil if there is no clone
	// Missing are the files' contents that neither the clones nor the cache have, and that
	// were not asked for before.
	Missing []Object
}

// Build reads the publishers of the table of which there are clones, in the order of their
// names. Each has a catalogue of its own: what is known of one ends with its own last day.
func Build(ctx context.Context, opts Options) ([]Made, error) {
	return buildOf(ctx, opts, table())
}

// Repositories returns the repositories of which clones are needed, sorted: owner/name. only is
// as in Options.
func Repositories(only []string) ([]string, error) {
	some, err := chosen(table(), only)
	var names []string
	for _, p := range some {
		names = append(append(names, p.Repository), p.Also...)
	}
	slices.Sort(names)
	return slices.Compact(names), err
}

func buildOf(ctx context.Context, opts Options, publishers []Publisher) ([]Made, error) {
	clones, err := official.FindClones(opts.Mirror)
	if err != nil {
		return nil, err
	}
	if publishers, err = chosen(publishers, opts.Only); err != nil {
		return nil, err
	}
	known, err := cache.Open(opts.Cache)
	if err != nil {
		return nil, err
	}
	slices.SortFunc(publishers, func(a, b Publisher) int { return cmp.Compare(a.Repository, b.Repository) })
	var out []Made
	for i, p := range publishers {
		if opts.Progress != nil {
			opts.Progress(p.Repository, i+1, len(publishers))
		}
		j := &Job{Publisher: p, opts: opts, clones: clones, cache: known, report: &Report{Repository: p.Repository}}
		if err := j.run(ctx); errors.Is(err, official.ErrNoClone) {
			j.report.Err = err
		} else if err != nil {
			return nil, fmt.Errorf("%s: %w", p.Repository, err)
		}
		out = append(out, Made{*j.report, j.b, j.missing})
	}
	return out, nil
}

// chosen returns the publishers that are to be read.
func chosen(all []Publisher, only []string) ([]Publisher, error) {
	for _, name := range only {
		if !slices.ContainsFunc(all, func(p Publisher) bool { return p.Repository == name }) {
			return nil, fmt.Errorf("no publisher %q in the table", name)
		}
	}
	return slices.DeleteFunc(slices.Clone(all), func(p Publisher) bool {
		return len(only) == 0 && p.Asked || len(only) > 0 && !slices.Contains(only, p.Repository)
	}), nil
}

// A Job reads one publisher.
type Job struct {
	Publisher
	Dir string // the git directory of Repository

	objects *git.Objects // what is in it

	opts   Options
	clones official.Clones
	b      *build.Builder
	report *Report

	cache   *cache.Cache
	kept    *kept
	lacks   map[Object]bool // of this run
	missing []Object
	broken  error // git failed: nothing that was read after it counts
}

// open finds the clone and its newest revision.
func (j *Job) open(ctx context.Context) error {
	for _, name := range append([]string{j.Repository}, j.Also...) {
		if j.clone(name) == "" {
			return fmt.Errorf("%w: %s", official.ErrNoClone, name)
		}
	}
	j.Dir = j.clone(j.Repository)
	if err := git.Lines(ctx, j.Dir, func(line string) error {
		hash, at, _ := strings.Cut(line, " ")
		seconds, err := unix(at)
		j.report.Head, j.report.Last = hash, seconds
		return err
	}, j.log("-1", "--format=%H %ct", "HEAD")...); err != nil {
		return err
	}
	for _, f := range j.Files { // releases may be of other branches
		r, err := f.compile()
		if err != nil {
			return err
		}
		if r.release == nil {
			continue
		}
		all, err := j.releases(ctx, r.release)
		if err != nil {
			return err
		}
		if n := len(all); n > 0 && all[n-1].at.After(j.report.Last) {
			j.report.Last = all[n-1].at
		}
	}
	return nil
}

func (j *Job) clone(name string) string { return j.clones[strings.ToLower(name)] }

// log returns the arguments of git log, with the day before which revisions count.
func (j *Job) log(args ...string) []string {
	out := []string{"log", "--first-parent"}
	if !j.opts.Until.IsZero() {
		out = append(out, fmt.Sprintf("--until=%d", j.opts.Until.Unix()-1))
	}
	return append(out, args...)
}

// run makes the catalogue.
func (j *Job) run(ctx context.Context) error {
	if err := j.open(ctx); err != nil {
		return err
	}
	j.load()
	j.b = build.New(data.DayOf(j.report.Last), fmt.Sprintf("github.com/%s@%s", j.Repository, j.report.Head))
	read := j.Read
	if read == nil {
		read = func(ctx context.Context, j *Job) error { return j.readFiles(ctx) }
	}
	var err error
	if j.objects, err = git.Open(ctx, j.Dir); err != nil {
		return err
	}
	defer func() { _ = j.objects.Close() }()
	if err := errors.Join(read(ctx, j), j.broken); err != nil {
		return err
	}
	for o := range j.lacks {
		if !j.kept.Unread[o] {
			j.missing = append(j.missing, o)
		}
	}
	slices.SortFunc(j.missing, func(a, b Object) int {
		return cmp.Or(cmp.Compare(a.Repository, b.Repository), cmp.Compare(a.Name, b.Name))
	})
	if j.opts.Look {
		return nil
	}
	return j.save()
}

// unread counts what could not be read, and keeps the first.
func (j *Job) unread(what string, err error) {
	if j.report.Unread++; j.report.Example == "" {
		j.report.Example = fmt.Sprintf("%s: %v", what, err)
	}
}
