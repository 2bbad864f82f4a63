package syft

import (
	"bytes"
	"io"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestSparse: what was read once reads the same again, the rest is zeros.
func TestSparse(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	whole := make([]byte, 100_000)
	for i := range whole {
		whole[i] = byte(1 + random.IntN(255))
	}
	rec := &recorder{content: content{bytes.NewReader(whole)}, sparse: &Sparse{Size: int64(len(whole))}}
	read := make([]bool, len(whole))
	for range 50 {
		off, n := random.IntN(len(whole)), random.IntN(2000)
		p := make([]byte, n)
		got, _ := rec.ReadAt(p, int64(off))
		for i := range got {
			read[off+i] = true
		}
	}
	_, err := rec.Seek(70_000, io.SeekStart)
	require.NoError(t, err)
	_, err = io.CopyN(io.Discard, rec, 10_000)
	require.NoError(t, err)
	for i := 70_000; i < 80_000; i++ {
		read[i] = true
	}
	_, err = rec.ReadAt(make([]byte, len(whole)), 0) // the search for a bundle
	require.NoError(t, err)

	again, err := io.ReadAll(rec.sparse.open())
	require.NoError(t, err)
	require.Len(t, again, len(whole))
	zeros := 0
	for i, b := range again {
		if read[i] {
			require.Equal(t, whole[i], b, "byte %d", i)
		} else if b == 0 {
			zeros++
		}
	}
	assert.Positive(t, zeros)
	n, err := rec.sparse.ReadAt(make([]byte, 10), int64(len(whole)-4))
	assert.Equal(t, 4, n)
	assert.ErrorIs(t, err, io.EOF)
}

func TestBundle(t *testing.T) {
	mark := []byte{
		0x8b, 0x12, 0x02, 0xb9, 0x6a, 0x61, 0x20, 0x38, 0x72, 0x7b, 0x93, 0x02, 0x14, 0xd7, 0xa0, 0x32,
		0x13, 0xf5, 0xb9, 0xe6, 0xef, 0xae, 0x33, 0x18, 0xee, 0x3b, 0x2d, 0xce, 0x24, 0xb3, 0x6a, 0xae,
	}
	assert.True(t, isBundle(append([]byte("MZ..."), mark...)))
	assert.False(t, isBundle(mark[1:]))
	assert.False(t, isBundle(mark[10:]))
	assert.True(t, isBundle(slices.Concat(mark[10:], mark)), "behind a part of it")
	set, err := NewSet(nil, false)
	require.NoError(t, err)
	whole := append([]byte("MZ..."), mark...)
	assert.Equal(t, []Part{{0, whole}}, set.KeepAssembly(t.Context(), "a.exe", whole).Parts, "kept whole")
}
