package official

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/stemma-go/stemma/ancestry/catalogue/internal/build"
	"github.com/stemma-go/stemma/ancestry/catalogue/internal/cache"
	"github.com/stemma-go/stemma/ancestry/catalogue/internal/data"
	"github.com/stemma-go/stemma/ancestry/catalogue/internal/git"
)

// Options say how to make the genealogy.
type Options struct {
	// Mirror is the directory of clones: of docker-library/official-images, and of
	// the repositories that it names, as DIR/owner+name/repo or DIR/owner/name.
	Mirror string
	// Cache is a directory for what was read, "" for none. A Dockerfile at a commit that was
	// read before is not read again, and no clone that has it is needed: see [Missing]. The
	// cache can be deleted at any time.
	Cache string
	// Progress is called as the work goes on; nil for silence. It may be called
	// from several goroutines.
	Progress func(stage string, done, total int)
}

// home is the repository that says what the official images are.
const home = "docker-library/official-images"

// A job makes one genealogy.
type job struct {
	opts    Options
	clones  Clones
	head    fileRevision // the newest commit of official-images
	images  []image      // sorted by name
	specs   []*spec
	ids     map[Origin]int
	digests map[string]*build.Digest // by key
	cache   *cache.Cache
	kept    map[string]*kept // by repository
	report  *Report
}

// An image is one library file with its revisions, oldest first.
type image struct {
	name      string
	revisions []revision
}

type revision struct {
	day data.Day
	use []use // nil if the file was removed
}

// A use is one entry of a file: its tags, and the spec for each architecture.
type use struct {
	tags  []string
	specs []int // parallel to archs; one and no archs if all are alike
	archs []string
}

// A spec is an origin, and what became of it.
type spec struct {
	Origin
	clone, commit string // where it was found
	kept          *kept  // of its repository
	known         bool   // it was read by an earlier run
	result
}

// Build reads everything, and returns a Builder that has all recipes.
func Build(ctx context.Context, opts Options) (*build.Builder, *Report, error) {
	j, err := survey(ctx, opts)
	if err != nil {
		return nil, nil, err
	}
	j.recall()
	if err := j.locate(ctx); err != nil {
		return nil, nil, err
	}
	j.recallNamed()
	if err := j.readSpecs(ctx); err != nil {
		return nil, nil, err
	}
	b := build.New(data.DayOf(j.head.Time), "github.com/"+home+"@"+j.head.Commit)
	if err := j.inherit(ctx); err != nil {
		return nil, nil, err
	}
	j.add(b)
	return b, j.report, nil
}

// Repositories returns the git repositories that the library files of a clone of
// official-images ever named, with the number of places in each where a Dockerfile
// should be. The key is the URL, with https for git and without .git.
func Repositories(ctx context.Context, mirror string) (map[string]int, error) {
	j, err := survey(ctx, Options{Mirror: mirror})
	if err != nil {
		return nil, err
	}
	count := map[string]int{}
	for _, s := range j.specs {
		count["https://"+RepoName(s.Repo)]++
	}
	return count, nil
}

// A Commit is one that a Dockerfile is read at.
type Commit struct{ URL, Commit string }

// Missing returns the commits that a Build needs which follows another one with the same
// cache: those of Dockerfiles that the earlier did not see. What it could not read is not
// among them. They are sorted, each once.
func Missing(ctx context.Context, mirror, cache string) ([]Commit, error) {
	j, err := survey(ctx, Options{Mirror: mirror, Cache: cache})
	if err != nil {
		return nil, err
	}
	j.recall()
	j.recallNamed() // no clone was looked into
	missing := map[Commit]bool{}
	for _, s := range j.specs {
		if !s.known && !s.kept.Unread[s.at(s.Commit)] {
			missing[Commit{"https://" + RepoName(s.Repo), s.Commit}] = true
		}
	}
	return slices.SortedFunc(maps.Keys(missing), func(a, b Commit) int {
		return cmp.Or(cmp.Compare(a.URL, b.URL), cmp.Compare(a.Commit, b.Commit))
	}), nil
}

// survey reads the library files alone.
func survey(ctx context.Context, opts Options) (*job, error) {
	clones, err := FindClones(opts.Mirror)
	if err != nil {
		return nil, err
	}
	dir := clones[home]
	if dir == "" {
		return nil, fmt.Errorf("no clone of %s below %s", home, opts.Mirror)
	}
	if opts.Progress == nil {
		opts.Progress = func(string, int, int) {}
	}
	kept, err := cache.Open(opts.Cache)
	if err != nil {
		return nil, err
	}
	j := &job{opts: opts, clones: clones, cache: kept, ids: map[Origin]int{}, digests: map[string]*build.Digest{}, report: newReport()}
	j.head, err = j.readLibrary(ctx, dir)
	return j, err
}

// readLibrary reads every revision of every library file.
func (j *job) readLibrary(ctx context.Context, dir string) (head fileRevision, err error) {
	all, head, err := walk(ctx, dir)
	if err != nil {
		return head, err
	}
	objects, err := git.Open(ctx, dir)
	if err != nil {
		return head, err
	}
	defer func() { _ = objects.Close() }()
	byImage := map[string][]fileRevision{}
	for _, r := range all {
		byImage[r.Image] = append(byImage[r.Image], r)
	}
	done := 0
	for _, name := range slices.Sorted(maps.Keys(byImage)) {
		img := image{name: name}
		for _, r := range byImage[name] {
			done++
			j.opts.Progress("library files", done, len(all))
			uses, err := j.readRevision(objects, r)
			if err != nil {
				return head, err
			}
			img.revisions = append(img.revisions, revision{data.DayOf(r.Time), uses})
		}
		j.images = append(j.images, img)
	}
	j.report.Images, j.report.Revisions = len(byImage), len(all)
	return head, nil
}

func (j *job) readRevision(objects *git.Objects, r fileRevision) ([]use, error) {
	if r.Blob == "" {
		return nil, nil
	}
	_, text, err := objects.Blob(r.Blob)
	if errors.Is(err, git.ErrMissing) {
		return nil, fmt.Errorf("library/%s at %s: %w", r.Image, r.Commit, err)
	}
	if err != nil {
		return nil, err
	}
	entries, err := Parse(string(text))
	if err != nil {
		j.report.badFile(r, err)
	}
	var uses []use
	for _, e := range entries {
		j.report.Entries++
		if e.Windows {
			j.report.Windows++
			continue
		}
		uses = append(uses, j.use(r.Image, e))
	}
	return uses, nil
}

// use interns an entry.
func (j *job) use(image string, e Entry) use {
	u := use{tags: e.Tags}
	if len(e.ByArch) == 0 && !byArchitecture(image, e.Default) {
		u.specs = []int{j.spec(e.Default)}
		return u
	}
	for _, a := range e.Architectures {
		u.specs = append(u.specs, j.spec(e.Origin(a)))
		u.archs = append(u.archs, a)
	}
	return u
}

// byArchitecture reports whether an image's history names the architecture though
// its file does not.
func byArchitecture(image string, o Origin) bool {
	return image == "debian" && o.Builder == "oci-import"
}

func (j *job) spec(o Origin) int {
	o.Repo, o.Commit = strings.TrimSpace(o.Repo), strings.TrimSpace(o.Commit)
	o.Fetch = ""
	if id, ok := j.ids[o]; ok {
		return id
	}
	j.ids[o] = len(j.specs)
	j.specs = append(j.specs, &spec{Origin: o})
	return len(j.specs) - 1
}
