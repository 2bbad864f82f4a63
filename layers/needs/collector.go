package needs

import (
	"bytes"
	"debug/elf"
	"encoding/json"
	"iter"
	"maps"
	"path"
	"slices"
	"strings"
	"sync"

	"github.com/stemma-go/stemma/layers"
)

const (
	maxSize  = 256 << 20 // bytes of a file that is looked at
	maxFiles = 200_000   // files of an image that are remembered
	maxConf  = 64 << 10  // bytes of a loader's configuration
)

// A Collector gathers what the files of one image need, while the image is read. It is good
// for one image.
type Collector struct {
	mu    sync.Mutex
	files map[place]File
	// conf are the loaders' configurations, as they are.
	conf map[place]string
	more bool // there were too many
}

// A place is a path in a layer.
type place struct {
	layer int
	path  string
}

// New returns a Collector.
func New() *Collector { return &Collector{files: map[place]File{}, conf: map[place]string{}} }

// Want asks for scripts that may be run, ELF programs and libraries, and the loader's configuration.
func (c *Collector) Want() layers.Want {
	return layers.Want{
		Key:    "needs/1",
		Match:  match,
		Learn:  c.learn,
		Recall: c.recall,
	}
}

func match(e layers.Entry, head []byte) bool {
	switch {
	case e.Type != layers.Regular || e.Size > maxSize:
		return false
	case isConf(e.Path):
		return e.Size <= maxConf
	case bytes.HasPrefix(head, []byte("#!")):
		return e.Mode&0o111 != 0 && e.Size <= maxConf
	}
	return isLinked(head)
}

// isLinked reports whether a file begins as an ELF program or library does.
func isLinked(head []byte) bool {
	if len(head) < 20 || !bytes.HasPrefix(head, []byte(elf.ELFMAG)) {
		return false
	}
	kind := elf.Type(head[16])
	if elf.Data(head[5]) == elf.ELFDATA2MSB {
		kind = elf.Type(head[17])
	}
	return kind == elf.ET_EXEC || kind == elf.ET_DYN
}

// isConf reports whether a file tells a loader where to look.
func isConf(p string) bool {
	dir, name := path.Split(p)
	return p == "etc/ld.so.conf" || dir == "etc/ld.so.conf.d/" && strings.HasSuffix(name, ".conf") ||
		dir == "etc/" && strings.HasPrefix(name, "ld-musl-") && strings.HasSuffix(name, ".path")
}

func (c *Collector) learn(e layers.Entry, b []byte) ([]byte, error) {
	if isConf(e.Path) {
		c.addConf(e, string(b))
		return b, nil
	}
	f, ok := parse(b)
	if !ok {
		return nil, nil
	}
	c.add(e, f)
	return json.Marshal(f)
}

func (c *Collector) recall(e layers.Entry, memo []byte) error {
	switch {
	case isConf(e.Path):
		c.addConf(e, string(memo))
		return nil
	case memo == nil:
		return nil
	}
	var f File
	if err := json.Unmarshal(memo, &f); err != nil {
		return err
	}
	c.add(e, f)
	return nil
}

func (c *Collector) add(e layers.Entry, f File) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.files) >= maxFiles {
		c.more = true
		return
	}
	c.files[place{e.Layer, e.Path}] = f
}

func (c *Collector) addConf(e layers.Entry, text string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.conf) < 1000 {
		c.conf[place{e.Layer, e.Path}] = text
	}
}

// A Set is what the files of a finished image need.
type Set struct {
	// Partial is true where there were more files than are remembered (200,000): those that
	// are here are right, and more may be there.
	Partial bool
	files   map[string]File // by path
	dirs    []string        // where the image's loaders look besides the usual places
}

// Set returns what the files need that the finished image shows.
func (c *Collector) Set(x *layers.Index) *Set {
	s := &Set{Partial: c.more, files: map[string]File{}}
	for at, f := range c.files {
		if p, ok := shown(x, at); ok {
			f.Path, f.Layer = p, at.layer
			s.files[p] = f
		}
	}
	for e := range x.Merged(x.Top()) { // other names of the same files
		if e.Type != layers.Hardlink {
			continue
		}
		if to, ok := x.Resolve(x.Top(), e.Path); ok {
			if f, ok := c.files[place{to.Layer, to.Path}]; ok {
				f.Path, f.Layer = e.Path, to.Layer
				s.files[e.Path] = f
			}
		}
	}
	for _, at := range slices.SortedFunc(maps.Keys(c.conf), func(a, b place) int { return strings.Compare(a.path, b.path) }) {
		if p, ok := shown(x, at); ok {
			s.dirs = append(s.dirs, slices.Collect(directories(p, c.conf[at]))...)
		}
	}
	return s
}

// shown returns the path under which the finished image shows a layer's file; false if it does
// not.
func shown(x *layers.Index, at place) (string, bool) {
	p := at.path
	if dir, ok := x.Resolve(at.layer, path.Dir(p)); ok {
		p = path.Join(dir.Path, path.Base(p)) // where a link of its own layer leads
	}
	e, ok := x.Lookup(x.Top(), p)
	return p, ok && e.Layer == at.layer && e.Type == layers.Regular
}

// directories are those that a loader's configuration names: lines of absolute paths, with
// colons between them in musl's.
func directories(p, text string) iter.Seq[string] {
	return func(yield func(string) bool) {
		musl := strings.HasSuffix(p, ".path")
		for line := range strings.Lines(text) {
			line, _, _ = strings.Cut(line, "#")
			for _, dir := range strings.FieldsFunc(line, func(r rune) bool {
				return r == ' ' || r == '\t' || r == '\n' || r == ',' || r == ':' && musl
			}) {
				if path.IsAbs(dir) && !yield(dir) {
					return
				}
			}
		}
	}
}

// Programs returns the files in the order of their paths.
func (s *Set) Programs() []File {
	return slices.SortedFunc(maps.Values(s.files), func(a, b File) int { return strings.Compare(a.Path, b.Path) })
}

// File returns the file of a path; false if it is none that needs anything, or is not known.
func (s *Set) File(p string) (File, bool) {
	if s == nil {
		return File{}, false
	}
	f, ok := s.files[p]
	return f, ok
}
