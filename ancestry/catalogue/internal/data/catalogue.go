package data

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"sync"

	"github.com/klauspost/compress/zstd"

	"github.com/stemma-go/stemma/ancestry/catalogue/internal/recipe"
	"github.com/stemma-go/stemma/ancestry/catalogue/internal/wire"
)

// ErrFormat is the error of [Open] for what is no catalogue, or one of a version
// that this package does not know.
var ErrFormat = errors.New("not a catalogue that this version can read")

// Limits on a file. The shipped one stays below a tenth of each.
const (
	maxMeta         = 16 << 20
	maxBlock        = wire.MaxBlock
	maxRepositories = 1 << 20
	maxDialects     = 64
	maxCached       = 64 << 20 // decompressed blocks that are kept
)

// A Catalogue is an open catalogue file. It is safe for concurrent use.
type Catalogue struct {
	r       io.ReaderAt
	size    int64
	base    int64 // where the sections begin
	meta    meta
	indices [wire.Indices]index

	mu     sync.Mutex
	cached []*Repository // the last used at the end
}

type meta struct {
	day      Day
	source   string
	dialects []recipe.Dialect // recipe.Any for one that this version does not know
	longest  int
	repos    []repoInfo // sorted by name
}

type repoInfo struct {
	name          string
	offset        int64
	size, rawSize int
	recipes       int
}

// Open opens a catalogue of the given size in bytes. It reads the head and the
// tables of the indices; r must stay readable as long as the Catalogue is used. The
// error is ErrFormat if the file is none.
func Open(r io.ReaderAt, size int64) (*Catalogue, error) {
	c := &Catalogue{r: r, size: size}
	head := make([]byte, len(wire.Magic)+8)
	if err := c.readAt(head, 0); err != nil {
		return nil, fmt.Errorf("reading the head: %w", err)
	}
	if string(head[:len(wire.Magic)]) != wire.Magic {
		return nil, ErrFormat
	}
	h := wire.NewReader(string(head[len(wire.Magic):]))
	packed, raw := h.Fixed(4), h.Fixed(4)
	if packed > uint64(size) || raw > maxMeta {
		return nil, fmt.Errorf("reading the head: %w: %d bytes that become %d", wire.ErrCorrupt, packed, raw)
	}
	text, err := c.unpack(int64(len(head)), int(packed), int(raw), maxMeta)
	if err != nil {
		return nil, fmt.Errorf("reading the head: %w", err)
	}
	c.base = int64(len(head)) + int64(packed)
	if err := c.readMeta(wire.NewReader(text)); err != nil {
		return nil, fmt.Errorf("reading the head: %w", err)
	}
	return c, nil
}

// readAt fills b, or fails.
func (c *Catalogue) readAt(b []byte, off int64) error {
	if off < 0 || off > c.size-int64(len(b)) {
		return fmt.Errorf("%w: it ends at byte %d", wire.ErrCorrupt, c.size)
	}
	if n, err := c.r.ReadAt(b, off); n < len(b) {
		return err
	}
	return nil
}

// unpack reads and decompresses size bytes that become raw bytes.
func (c *Catalogue) unpack(off int64, size, raw, limit int) (string, error) {
	if raw > limit || int64(size) > c.size {
		return "", fmt.Errorf("%w: a section of %d bytes", wire.ErrCorrupt, raw)
	}
	packed := make([]byte, size)
	if err := c.readAt(packed, off); err != nil {
		return "", err
	}
	dec, err := zstd.NewReader(nil, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxMemory(uint64(max(raw, 1<<16))), zstd.WithDecoderLowmem(true))
	if err != nil {
		return "", err
	}
	defer dec.Close()
	text, err := dec.DecodeAll(packed, make([]byte, 0, min(raw, 64*size+1024)))
	if err != nil {
		return "", fmt.Errorf("%w: %w", wire.ErrCorrupt, err)
	}
	if len(text) != raw {
		return "", fmt.Errorf("%w: %d bytes, not %d", wire.ErrCorrupt, len(text), raw)
	}
	return string(text), nil
}

func (c *Catalogue) readMeta(r *wire.Reader) error {
	c.meta.day = Day(r.Int())
	c.meta.source = r.String()
	for range r.Count(1, maxDialects) {
		c.meta.dialects = append(c.meta.dialects, dialect(r.String()))
	}
	c.meta.longest = r.Count(0, 1<<16)
	for i := range c.indices {
		c.indices[i] = index{c: c, offset: int64(r.Count(0, int(c.size))), size: r.Count(0, int(c.size)), bits: r.Count(0, 24), entries: r.Count(0, int(c.size))}
	}
	c.meta.repos = make([]repoInfo, r.Count(5, maxRepositories))
	for i := range c.meta.repos {
		c.meta.repos[i] = repoInfo{
			name: r.String(), offset: int64(r.Count(0, int(c.size))), size: r.Count(0, int(c.size)),
			rawSize: r.Count(0, maxBlock), recipes: r.Count(0, 1<<24),
		}
		if i > 0 && c.meta.repos[i-1].name >= c.meta.repos[i].name {
			return wire.ErrCorrupt
		}
	}
	if err := r.Err(); err != nil {
		return err
	}
	for i := range c.indices {
		if err := c.indices[i].open(); err != nil {
			return err
		}
	}
	return nil
}

// Day returns the day of the newest fact in the catalogue. What happened later it
// does not know: say so where you use it.
func (c *Catalogue) Day() Day { return c.meta.day }

// Source says what the catalogue was made from: for the genealogy, the repository
// and the commit.
func (c *Catalogue) Source() string { return c.meta.source }

// Dialects are the dialects in which the catalogue knows its recipes, and which this
// version knows.
func (c *Catalogue) Dialects() []recipe.Dialect {
	return slices.DeleteFunc(slices.Clone(c.meta.dialects), func(d recipe.Dialect) bool { return d == recipe.Any })
}

// dialect returns the dialect of a name, recipe.Any if it is not known.
func dialect(name string) recipe.Dialect {
	for _, d := range recipe.Dialects() {
		if d.String() == name {
			return d
		}
	}
	return recipe.Any
}

// Names are the names of the repositories, sorted.
func (c *Catalogue) Names() []string {
	names := make([]string, len(c.meta.repos))
	for i, r := range c.meta.repos {
		names[i] = r.name
	}
	return names
}

// Len returns the number of recipes, those that could not be read included.
func (c *Catalogue) Len() int {
	n := 0
	for _, r := range c.meta.repos {
		n += r.recipes
	}
	return n
}

// Longest returns the number of instructions of the longest recipe.
func (c *Catalogue) Longest() int { return c.meta.longest }
