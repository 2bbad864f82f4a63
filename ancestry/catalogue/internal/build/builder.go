package build

import (
	"cmp"
	"slices"
	"strings"

	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/stemma-go/stemma/ancestry/catalogue/internal/data"
	"github.com/stemma-go/stemma/ancestry/catalogue/internal/recipe"
)

// A Builder collects recipes and writes a catalogue. It is not safe for concurrent
// use. The order in which recipes are added has no influence on the result, but for
// tags added for the same days: they stay in order.
type Builder struct {
	day      data.Day
	source   string
	dialects []recipe.Dialect
	repos    map[string]map[string]*entry // by repository, by key
	serial   int
}

// New returns a Builder. day is the catalogue's, source says what it is made from.
// Without dialects it takes all.
func New(day data.Day, source string, dialects ...recipe.Dialect) *Builder {
	if len(dialects) == 0 {
		dialects = recipe.Dialects()
	}
	return &Builder{day: day, source: source, dialects: dialects, repos: map[string]map[string]*entry{}}
}

// An Addition says that tags of a repository pointed to a recipe for some days.
type Addition struct {
	Repository string
	// Digest is the recipe; nil if it could not be read. The tags and days are kept
	// in either case.
	Digest *Digest
	// Origin is the git repository, Commit the commit, Path the file. Of several
	// that have the same recipe, the first is kept: the oldest, and then by name.
	Origin, Commit, Path string
	// Architectures are those for which it is built; nil for all.
	Architectures []string
	// Tags are none if they are not known; the days are kept.
	Tags []string
	// Closed says that the tags are of releases whose names are not made of what is in the
	// image: that of a later release can't be told.
	Closed bool
	// To may be data.Ongoing. One before From counts as From: the clocks of
	// committers differ.
	From, To data.Day
}

// entry is a recipe with its spans.
type entry struct {
	digest               *Digest
	origin, commit, path string
	first                data.Day
	archs                map[string]bool // nil: all
	tags                 map[string][]interval
	closed               bool
}

type interval struct {
	from, to data.Day
	serial   int // when it was added
}

// Add adds a recipe, or tags and days of one that was added before.
func (b *Builder) Add(a Addition) {
	repo := b.repos[a.Repository]
	if repo == nil {
		repo = map[string]*entry{}
		b.repos[a.Repository] = repo
	}
	k := key(a)
	e := repo[k]
	if e == nil {
		e = &entry{digest: a.Digest, origin: a.Origin, commit: a.Commit, path: a.Path, first: a.From, tags: map[string][]interval{}}
		if a.Architectures != nil {
			e.archs = map[string]bool{}
		}
		repo[k] = e
	}
	if c := cmp.Or(cmp.Compare(a.From, e.first), strings.Compare(a.Path, e.path), strings.Compare(a.Commit, e.commit), strings.Compare(a.Origin, e.origin)); c < 0 {
		e.origin, e.commit, e.path, e.first = a.Origin, a.Commit, a.Path, a.From
	}
	if a.Architectures == nil {
		e.archs = nil
	}
	e.closed = e.closed || a.Closed
	for _, arch := range a.Architectures {
		if e.archs != nil {
			e.archs[arch] = true
		}
	}
	tags := a.Tags
	if len(tags) == 0 {
		tags = []string{""}
	}
	for _, t := range tags {
		e.tags[t] = append(e.tags[t], interval{a.From, max(a.From, a.To), b.serial})
		b.serial++
	}
}

// key tells recipes of a repository apart. Two with the same lines and different
// FROM are two, and so are those of two files: Debian's has the same lines for every
// suite. Two that could not be read are the same if their files are. Two images with the
// same history, of which nobody knows the layers, may be two: Debian's full and slim ones
// are.
func key(a Addition) string {
	if a.Digest == nil {
		return "\x00" + a.Origin + "\x00" + a.Commit + "\x00" + a.Path
	}
	k := a.Path + "\x00" + a.Digest.Key()
	if img := a.Digest.Image; img.History != (v1.Hash{}) && len(img.DiffIDs)+len(img.Blobs) == 0 {
		k += "\x00" + strings.Join(a.Tags, " ")
	}
	return k
}

// spans returns the entry's tags grouped by their days: intervals of one tag that
// touch are joined, tags with the same interval are together, in the order in
// which they were added.
func (e *entry) spans() []tagSpan {
	type tagged struct {
		tag string
		interval
	}
	var all []tagged
	for tag, list := range e.tags {
		slices.SortFunc(list, func(a, b interval) int {
			return cmp.Or(cmp.Compare(a.from, b.from), cmp.Compare(a.to, b.to), a.serial-b.serial)
		})
		for i, x := range list {
			if i > 0 && x.from <= all[len(all)-1].to {
				last := &all[len(all)-1]
				last.to = max(last.to, x.to)
				continue
			}
			all = append(all, tagged{tag, x})
		}
	}
	slices.SortFunc(all, func(a, b tagged) int {
		return cmp.Or(cmp.Compare(a.from, b.from), cmp.Compare(a.to, b.to), a.serial-b.serial)
	})
	var out []tagSpan
	for _, x := range all {
		if n := len(out); n > 0 && out[n-1].from == x.from && out[n-1].to == x.to {
			out[n-1].tags = append(out[n-1].tags, x.tag)
			continue
		}
		out = append(out, tagSpan{[]string{x.tag}, x.from, x.to})
	}
	for i := range out {
		out[i].tags = slices.DeleteFunc(out[i].tags, func(tag string) bool { return tag == "" })
	}
	return out
}

type tagSpan struct {
	tags     []string
	from, to data.Day
}

// templates returns the patterns of the entry's tags that are made of its versions.
func (e *entry) templates(spans []tagSpan) []string {
	if e.digest == nil {
		return nil
	}
	if e.closed {
		return []string{data.NoTemplate}
	}
	var out []string
	for _, s := range spans {
		for _, tag := range s.tags {
			if t := data.Template(tag, e.digest.Versions); t != "" && !slices.Contains(out, t) {
				out = append(out, t)
			}
		}
	}
	return out
}
