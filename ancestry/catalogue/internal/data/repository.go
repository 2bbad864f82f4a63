package data

import (
	"fmt"
	"slices"
	"sort"
	"sync"

	"github.com/stemma-go/stemma/ancestry/catalogue/internal/recipe"
	"github.com/stemma-go/stemma/ancestry/catalogue/internal/wire"
)

// A Repository is all that a catalogue knows of one repository. It is safe for
// concurrent use.
type Repository struct {
	name     string
	size     int // bytes, decompressed
	dialects []recipe.Dialect

	froms, origins, paths, archs, templates, args, tagsets []string
	commits                                                string // CommitSize bytes each
	shapes                                                 []uint64
	lines                                                  []line
	// byDialect has, for each dialect of the catalogue, the line of each instruction,
	// -1 for none.
	byDialect [][]int32
	gaps      []bool   // for each dialect: it has no line for some instruction
	arena     []uint32 // the instructions of all recipes
	recipes   []record
	spans     []span
	images    map[int]image

	unreadOnce sync.Once
	unreadIDs  []int

	silentOnce sync.Once
	silentIDs  []int
	silentBare bool

	patternsOnce sync.Once
	patterns     []TagPattern
}

type line struct {
	hash  uint64
	shape uint32 // into shapes
}

type record struct {
	from, origin, path, commit, archs, template, args int32
	first, end                                        int32 // into arena
	spanFirst, spanEnd                                int32 // into spans
	open                                              bool  // see recipe.Recipe.Open
}

type span struct {
	from, to Day
	tags     int
}

// Repository returns what the catalogue knows of a repository; nil if it does not
// know it. Its block is read and decompressed, and kept for the next call.
func (c *Catalogue) Repository(name string) (*Repository, error) {
	i := sort.Search(len(c.meta.repos), func(i int) bool { return c.meta.repos[i].name >= name })
	if i == len(c.meta.repos) || c.meta.repos[i].name != name {
		return nil, nil
	}
	return c.repository(i)
}

func (c *Catalogue) repository(i int) (*Repository, error) {
	info := c.meta.repos[i]
	if r := c.cache(info.name); r != nil {
		return r, nil
	}
	text, err := c.unpack(c.base+info.offset, info.size, info.rawSize, maxBlock)
	if err != nil {
		return nil, fmt.Errorf("repository %s: %w", info.name, err)
	}
	r := &Repository{name: info.name, size: len(text), dialects: c.meta.dialects}
	if err := r.decode(wire.NewReader(text), info.recipes); err != nil {
		return nil, fmt.Errorf("repository %s: %w", info.name, err)
	}
	c.keep(r)
	return r, nil
}

// cache returns a kept repository, and makes it the last used.
func (c *Catalogue) cache(name string) *Repository {
	c.mu.Lock()
	defer c.mu.Unlock()
	for i, r := range c.cached {
		if r.name == name {
			copy(c.cached[i:], c.cached[i+1:])
			c.cached[len(c.cached)-1] = r
			return r
		}
	}
	return nil
}

// keep keeps a repository, and forgets the longest unused beyond the limit.
func (c *Catalogue) keep(r *Repository) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if slices.ContainsFunc(c.cached, func(k *Repository) bool { return k.name == r.name }) {
		return // another goroutine read it meanwhile
	}
	c.cached = append(c.cached, r)
	total := 0
	for i := len(c.cached) - 1; i >= 0; i-- {
		total += c.cached[i].size
		if total > maxCached && i < len(c.cached)-1 {
			c.cached = append([]*Repository(nil), c.cached[i+1:]...)
			return
		}
	}
}

// Name returns the repository's name.
func (r *Repository) Name() string { return r.name }

// Len returns the number of recipes.
func (r *Repository) Len() int { return len(r.recipes) }
