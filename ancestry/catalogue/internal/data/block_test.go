package data

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/stemma-go/stemma/ancestry/catalogue/internal/recipe"
	"github.com/stemma-go/stemma/ancestry/catalogue/internal/wire"
)

// FuzzBlock: whatever a block's bytes, decoding ends, does not panic, and what it
// accepts can be read.
func FuzzBlock(f *testing.F) {
	c, err := OpenGenealogy()
	require.NoError(f, err)
	seeds := 0
	for _, info := range c.meta.repos {
		if info.rawSize > 4096 || seeds == 12 {
			continue
		}
		seeds++
		raw, err := c.unpack(c.base+info.offset, info.size, info.rawSize, maxBlock)
		require.NoError(f, err)
		f.Add(raw, uint16(info.recipes))
	}
	require.NotZero(f, seeds)
	f.Fuzz(func(t *testing.T, raw string, recipes uint16) {
		r := &Repository{name: "fuzz", dialects: c.meta.dialects}
		if r.decode(wire.NewReader(raw), int(recipes)) != nil {
			return
		}
		for id := range min(r.Len(), 64) {
			x := r.Recipe(id)
			if len(x.Spans) > 0 && len(x.Spans[0].Tags) > 0 {
				r.On(x.Spans[0].Tags[0], x.Spans[0].From)
			}
			for _, d := range c.meta.dialects {
				r.Reading(id, d)
			}
		}
		if r.Len() > 0 {
			r.Nearest(r.Reading(0, c.meta.dialects[0]), 1)
		}
	})
}

// TestImages: what is known by its layers is one of the recipes, and has one history.
func TestImages(t *testing.T) {
	for _, tt := range []struct {
		last, histories uint64
		ok              bool
	}{{0, 1, true}, {1, 1, false}, {0, 2, false}} {
		var w wire.Writer
		for range 7 {
			w.Strings([]string{""})
		}
		w.Uint(1)
		w.Fixed(0, wire.CommitSize)
		// No shapes, lines, patterns and instructions; of two recipes seven columns, edits
		// and spans; none is open.
		w.Bytes = append(w.Bytes, make([]byte, 4+2*7+2*3+2+1)...)
		w.Uint(2)
		for _, by := range []uint64{1, tt.last} {
			w.Uint(by)
			w.Uint(1)
			for _, n := range []uint64{1, 3, tt.histories, 0} {
				w.Uint(n)
				w.Bytes = append(w.Bytes, make([]byte, n*wire.HashSize)...)
			}
		}
		r := Repository{dialects: []recipe.Dialect{recipe.Docker}}
		err := r.decode(wire.NewReader(string(w.Bytes)), 2)
		require.Equal(t, tt.ok, err == nil, "%v", err)
	}
}

func TestContains(t *testing.T) {
	for set, tags := range map[string]map[string]bool{
		"":                   {"": false, "1": false},
		"11":                 {"11": true, "1": false, "": false},
		"3.13.1 3.13 latest": {"3.13.1": true, "3.13": true, "latest": true, "3.1": false, "1": false, "3": false, "late": false},
		"2.12.1-slim 2.1":    {"2.1": true, "2.1-slim": false, "slim": false},
		"22 2":               {"2": true},
	} {
		for tag, want := range tags {
			require.Equal(t, want, contains(set, tag), "%q in %q", tag, set)
		}
	}
}

// FuzzBucket: whatever the bytes of an index, a look-up ends without panic.
func FuzzBucket(f *testing.F) {
	f.Add([]byte{5, 1, 0, 3, 9, 2, 0, 1, 0, 1}, uint64(5))
	f.Add([]byte{5, 255, 255, 255, 255, 1}, uint64(6))
	f.Fuzz(func(t *testing.T, bucket []byte, key uint64) {
		table := []byte{0, 0, 0, 0, byte(len(bucket)), byte(len(bucket) >> 8), 0, 0}
		c := &Catalogue{r: readerAt(append(table, bucket...)), size: int64(len(table) + len(bucket)), meta: meta{repos: make([]repoInfo, 3)}}
		x := index{c: c, size: int(c.size)}
		if x.open() != nil {
			return
		}
		find := finder{x: &x}
		list, err := find.find(key & (1<<keyBits - 1))
		require.True(t, err == nil || list == nil)
		for _, p := range list {
			require.Less(t, p.repo, 3)
		}
	})
}

type readerAt []byte

func (b readerAt) ReadAt(p []byte, off int64) (int, error) { return copy(p, b[off:]), nil }
