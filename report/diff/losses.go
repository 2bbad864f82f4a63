package diff

import (
	"cmp"
	"maps"
	"path"
	"slices"
	"strings"

	"github.com/stemma-go/stemma/ancestry"
	"github.com/stemma-go/stemma/layers"
	"github.com/stemma-go/stemma/layers/needs"
	"github.com/stemma-go/stemma/report"
)

// A Loss is something that files of the image itself need, that the old image has for them, and
// the new one has not.
type Loss struct {
	Kind needs.Kind `json:"kind"`
	Name string     `json:"name"` // "libpq.so.5", "/lib64/ld-linux-x86-64.so.2", "python3", "libc.so.6 GLIBC_2.38"
	// At is the file of the old image that it is, Ancestor who brought that, as Report.NameOf has
	// it.
	At       string `json:"at"`
	Ancestor string `json:"ancestor"`
	// Files are the files that need it, at most 20, and Count is how many there are. "" stands for
	// the configuration: what the container starts.
	Files []string `json:"files"`
	Count int      `json:"count"`
}

// lossFiles is how many files a loss names.
const lossFiles = 20

// findBase finds out whether the new image is another base, and whether losses can be found.
func (c *comparison) findBase(opts *Options) {
	if opts == nil {
		return
	}
	d := c.diff
	d.LossesKnown = opts.OldNeeds != nil && opts.NewNeeds != nil && c.old.Index != nil && c.new.Index != nil
	d.Base = opts.Base || d.LossesKnown && !c.isBuildOf(ownFiles(c.old), opts.OldNeeds)
}

// compareNeeds finds the losses.
func (c *comparison) compareNeeds(opts *Options) {
	d := c.diff
	if !d.LossesKnown {
		return
	}
	if opts.OldNeeds.Partial || opts.NewNeeds.Partial {
		c.notKnown("there are too many programs to know what each needs, so there may be more losses")
	}
	own := ownFiles(c.old)
	l := &losses{c: c, own: own, byNeed: map[needs.Need]*Loss{}}
	l.was, l.oldSet = needs.Image(c.old.Index, opts.OldNeeds), opts.OldNeeds
	if d.Base {
		l.now, l.programs = c.transplant(own, opts), opts.OldNeeds.Programs()
	} else {
		l.now, l.programs = needs.Image(c.new.Index, opts.NewNeeds), opts.NewNeeds.Programs()
		own = ownFiles(c.new)
	}
	for _, f := range l.programs {
		if _, ok := own[f.Path]; ok {
			l.add(f)
		}
	}
	l.addStart()
	for _, need := range slices.SortedFunc(maps.Keys(l.byNeed), compareNeed) {
		d.Losses = append(d.Losses, *l.byNeed[need])
	}
}

// compareNeed puts what is lost in order: loaders and interpreters, then commands, libraries, versions.
func compareNeed(a, b needs.Need) int {
	kinds := []needs.Kind{needs.Interpreter, needs.Command, needs.Library, needs.Version}
	return cmp.Or(cmp.Compare(slices.Index(kinds, a.Kind), slices.Index(kinds, b.Kind)), strings.Compare(a.Name, b.Name))
}

// losses are what is lost, as they are found.
type losses struct {
	c        *comparison
	own      map[string]layers.Entry
	programs []needs.File
	oldSet   *needs.Set
	was, now *needs.Root
	byNeed   map[needs.Need]*Loss
}

// add adds what a file would not find, and found in the old image.
func (l *losses) add(f needs.File) {
	missing := needs.Missing(f, l.now)
	if len(missing) == 0 {
		return
	}
	old := f
	if !l.c.diff.Base { // the file as it was, where it was there
		if was, ok := l.oldSet.File(f.Path); ok {
			old = was
		}
	}
	before := needs.Missing(old, l.was)
	for _, need := range missing {
		if !slices.Contains(before, need) {
			l.note(need, f)
		}
	}
}

// note notes that a file misses something.
func (l *losses) note(need needs.Need, f needs.File) {
	loss := l.byNeed[need]
	if loss == nil {
		loss = &Loss{Kind: need.Kind, Name: need.Name, At: l.at(need, f)}
		if e, ok := l.c.old.Index.Lookup(l.c.old.Index.Top(), loss.At); ok && loss.At != "" {
			if at := l.c.old.AncestorOf(l.c.old.Origin(e)); at >= 0 {
				loss.Ancestor = l.c.old.NameOf(at)
			}
		}
		l.byNeed[need] = loss
	}
	if loss.Count++; len(loss.Files) < lossFiles {
		loss.Files = append(loss.Files, f.Path)
	}
}

// at is the file of the old image that a need was.
func (l *losses) at(need needs.Need, f needs.File) string {
	var p string
	switch need.Kind {
	case needs.Interpreter:
		p, _ = l.was.Lookup(need.Name)
	case needs.Command:
		p, _ = l.was.Command(need.Name)
	case needs.Library:
		p, _ = l.was.Library(f, need.Name)
	case needs.Version:
		lib, _, _ := strings.Cut(need.Name, " ")
		p, _ = l.was.Library(f, lib)
	}
	return p
}

// addStart adds the program that the container starts, if it is not found.
func (l *losses) addStart() {
	r := l.c.old
	if !l.c.diff.Base {
		r = l.c.new
	}
	if r.Index.Config == nil {
		return
	}
	start := slices.Concat(r.Index.Config.Config.Entrypoint, r.Index.Config.Config.Cmd)
	if len(start) == 0 || start[0] == "" {
		return
	}
	if _, ok := l.now.Command(start[0]); ok {
		return
	}
	if _, ok := l.was.Command(start[0]); ok {
		l.note(needs.Need{Kind: needs.Command, Name: start[0]}, needs.File{})
	}
}

// ownFiles are the files of the finished image that its own layers brought, by path.
func ownFiles(r *report.Report) map[string]layers.Entry {
	own := map[string]layers.Entry{}
	if r.Index == nil || len(r.Ancestors) == 0 {
		return own
	}
	span := r.Ancestors[0].Layers
	for e := range r.Index.Merged(r.Index.Top()) {
		if e.Type != layers.Directory && span.Contains(r.Origin(e)) {
			own[e.Path] = e
		}
	}
	return own
}

// isBuildOf reports whether the new image is another build of the old one: it is of the same repository, or
// holds what the old one's own layers brought: half of its programs and libraries, or of its files
// if it has none of these.
func (c *comparison) isBuildOf(own map[string]layers.Entry, set *needs.Set) bool {
	if named(c.old) != "" && named(c.old) == named(c.new) {
		return true
	}
	there, all := 0, 0
	for _, programs := range []bool{true, false} {
		for p := range own {
			if _, ok := set.File(p); programs && !ok {
				continue
			}
			all++
			if _, ok := c.new.Index.Lookup(c.new.Index.Top(), p); ok {
				there++
			}
		}
		if all > 0 {
			break
		}
	}
	return all == 0 || 2*there >= all
}

// named is the repository of an image: of its youngest ancestor, or of the reference under which
// it was asked for; "" if neither is known.
func named(r *report.Report) string {
	if len(r.Ancestors) > 0 && r.Ancestors[0].Repository != "" {
		return r.Ancestors[0].Repository
	}
	n, _ := ancestry.ParseName(r.Reference)
	return n.Repository
}

// transplant returns the new image with the own files of the old one on top.
func (c *comparison) transplant(own map[string]layers.Entry, opts *Options) *needs.Root {
	root, old := needs.Image(c.new.Index, opts.NewNeeds), needs.Image(c.old.Index, opts.OldNeeds)
	below := root.Lookup
	root.Env = old.Env
	root.Dirs = slices.Concat(old.Dirs, root.Dirs)
	root.Lookup = func(p string) (string, bool) {
		p = strings.TrimPrefix(path.Clean("/"+p), "/")
		if _, ok := own[p]; !ok { // its directory may be a link
			if dir, ok := c.new.Index.Resolve(c.new.Index.Top(), path.Dir(p)); ok {
				if at := path.Join(dir.Path, path.Base(p)); at != p {
					p = at
				}
			}
		}
		if _, ok := own[p]; !ok {
			return below(p)
		}
		// A link of its own leads to one of its own, or to what is below.
		at, ok := old.Lookup(p)
		if !ok {
			return "", false
		}
		if _, mine := own[at]; mine {
			return at, true
		}
		return below(at)
	}
	root.File = func(p string) (needs.File, bool) {
		if _, ok := own[p]; ok {
			return opts.OldNeeds.File(p)
		}
		return opts.NewNeeds.File(p)
	}
	return root
}
