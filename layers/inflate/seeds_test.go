package inflate

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// seeds returns the streams of testdata whose names begin with prefix; testdata/README.md
// says what they are.
func seeds(tb testing.TB, prefix string) map[string][]byte {
	tb.Helper()
	files, err := filepath.Glob(filepath.Join("testdata", prefix+"*.gz"))
	require.NoError(tb, err)
	require.NotEmpty(tb, files)
	all := map[string][]byte{}
	for _, f := range files {
		b, err := os.ReadFile(f)
		require.NoError(tb, err)
		all[strings.TrimSuffix(filepath.Base(f), ".gz")] = b
	}
	return all
}

// Every builder's stream holds what it was made of.
func TestSeeds(t *testing.T) {
	want := map[string]string{
		"short": "cebbc5b5bc", "long": "cc68eb267f", "twice": "699549550b", "estargz": "12d6eadba1",
	}
	var c comparer
	for name, data := range seeds(t, "") {
		t.Run(name, func(t *testing.T) {
			got := c.compare(t, data)
			require.NoError(t, got.err)
			kind, _, _ := strings.Cut(name, "-")
			sum := sha256.Sum256(got.out)
			assert.Equal(t, want[kind], hex.EncodeToString(sum[:])[:10])
			assert.Equal(t, len(data), got.used)
		})
	}
}

// A stream that is cut anywhere is an error, and what came before is there.
func TestEveryTruncation(t *testing.T) {
	var c comparer
	for name, data := range seeds(t, "short-") {
		t.Run(name, func(t *testing.T) {
			whole, _ := c.ours(bytes.NewReader(data), nil)
			for n := range len(data) {
				got := c.compare(t, data[:n])
				want := io.ErrUnexpectedEOF
				if n == 0 {
					want = io.EOF
				}
				require.Equal(t, want, got.err, "cut at %d", n)
				require.True(t, bytes.HasPrefix(whole.out, got.out), "cut at %d", n)
			}
		})
	}
	for name, data := range seeds(t, "twice") {
		for n := range data {
			c.compare(t, data[:n])
			c.compare(t, append(bytes.Clone(data), data[:n]...)) // three members
			c.compare(t, append(data[:n:n], name...))            // and garbage
		}
	}
}

// A flipped bit gives what the other packages give: an error or the same bytes, by way of
// bits that mean nothing or of another distance to the same ones.
func TestEveryBitFlip(t *testing.T) {
	var c comparer
	for name, data := range seeds(t, "short-") {
		t.Run(name, func(t *testing.T) {
			if testing.Short() && len(data) > 200 {
				t.Skip("a long one")
			}
			whole, _ := c.ours(bytes.NewReader(data), nil)
			for i := range 8 * len(data) {
				bad := bytes.Clone(data)
				bad[i/8] ^= 1 << (i % 8)
				got := c.compare(t, bad)
				if got.err == nil {
					require.Equal(t, whole.out, got.out, "bit %d of byte %d", i%8, i/8)
				}
			}
		})
	}
}

// The long ones and those of many members, at some places of them.
func TestLongSeedsDamaged(t *testing.T) {
	var c comparer
	r := rand.New(rand.NewPCG(4, 4))
	for _, prefix := range []string{"long-", "estargz"} {
		for name, data := range seeds(t, prefix) {
			t.Run(name, func(t *testing.T) {
				for range 20 {
					c.compare(t, data[:r.IntN(len(data))])
					bad := bytes.Clone(data)
					bad[r.IntN(len(bad))] ^= 1 << r.IntN(8)
					c.compare(t, bad)
				}
			})
		}
	}
}
