package data

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestFilter: every key of every index passes its filter, and few others do.
func TestFilter(t *testing.T) {
	files, err := filepath.Glob("../../../genealogy/publishers/*.stemma")
	require.NoError(t, err)
	filtered := 0
	for _, name := range append(files, "../../../genealogy/genealogy.stemma") {
		b, err := os.ReadFile(name)
		require.NoError(t, err)
		c, err := Open(bytes.NewReader(b), int64(len(b)))
		require.NoError(t, err)
		for n := range c.indices {
			x := &c.indices[n]
			for key := range keysOf(t, x) {
				if !x.may(key) {
					t.Fatalf("%s, index %d: it has %x, and the filter says no", name, n, key)
				}
			}
			if x.filter == nil || x.entries == 0 {
				assert.True(t, x.entries > maxFiltered || x.entries == 0, "%s, index %d", name, n)
				continue
			}
			passed := 0
			for key := range uint64(10_000) {
				if x.may(key * 0x9E3779B1 & (1<<keyBits - 1)) {
					passed++
				}
			}
			assert.Less(t, passed, 1_500, "%s, index %d with %d keys", name, n, x.entries)
			filtered++
		}
	}
	assert.Greater(t, filtered, 3*len(files))
}

// keysOf reads the keys of an index.
func keysOf(t *testing.T, x *index) map[uint64]bool {
	t.Helper()
	out := map[uint64]bool{}
	f := finder{x: x}
	for bucket := range uint64(len(x.table) - 1) {
		r, err := f.bucket(bucket)
		require.NoError(t, err)
		for at := bucket << (keyBits - x.bits); r.Len() > 0; {
			at += r.Uint()
			out[at] = true
			for range 2 * r.Count(2, len(x.c.meta.repos)) {
				r.Uint()
			}
		}
		require.NoError(t, r.Err())
	}
	assert.Len(t, out, x.entries)
	return out
}
