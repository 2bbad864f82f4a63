package layers

import (
	"archive/tar"
	"bytes"
	"fmt"
	"math"
	"math/rand/v2"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/klauspost/compress/zstd"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestLimits reads images that are just within each limit, and just beyond it.
func TestLimits(t *testing.T) {
	long := strings.Repeat("x", 40)
	for _, tc := range []struct {
		name    string
		lines   []string
		within  Limits
		beyond  Limits
		problem string
		partial bool
		merged  string // beyond
	}{
		{
			name: "entries", lines: []string{"a=1", "d/e/f=1", "b=1"},
			within: Limits{Entries: 5}, beyond: Limits{Entries: 4},
			problem: "layer 0: more than 4 entries in all layers", partial: true, merged: "a d/ d/e/ d/e/f",
		},
		{
			name: "entries by their links", lines: []string{"a=1", "b=>c/d/e", "f=1"},
			within: Limits{Entries: 6}, beyond: Limits{Entries: 4},
			problem: "layer 0: more than 4 entries in all layers", partial: true, merged: "a",
		},
		{
			name: "entries by the length of their text", lines: []string{"a->" + strings.Repeat("x", 1024), "b=1"},
			within: Limits{Entries: 6}, beyond: Limits{Entries: 4},
			problem: "layer 0: more than 4 entries in all layers", partial: true,
		},
		{
			name: "path length", lines: []string{"a=1", long + "=1", "b=1"},
			within: Limits{PathLength: 40}, beyond: Limits{PathLength: 39},
			problem: "layer 0: " + long + ": path of 40 bytes, over the limit of 39", merged: "a b",
		},
		{
			name: "link length", lines: []string{"a->" + long, "b=1"},
			within: Limits{PathLength: 40}, beyond: Limits{PathLength: 39},
			problem: "layer 0: a: link target of 40 bytes, over the limit of 39", merged: "b",
		},
		{
			name: "path depth", lines: []string{"a/b/c/d=1", "b=1"},
			within: Limits{PathDepth: 4}, beyond: Limits{PathDepth: 3},
			problem: "layer 0: a/b/c/d: path of 4 components, over the limit of 3", merged: "b",
		},
		{
			name: "header size", lines: []string{"a=1", "b=1 xattr=" + strings.Repeat("v", 5000), "c=1"},
			within: Limits{HeaderSize: 6144}, beyond: Limits{HeaderSize: 4096},
			problem: "layer 0: tar header after byte 1024: headers of one entry over the limit", partial: true, merged: "a",
		},
		{
			name: "decompressed bytes", lines: []string{"a=1"},
			within: Limits{Uncompressed: 2048}, beyond: Limits{Uncompressed: 2047},
			problem: "layer 0: more than 2047 decompressed bytes in all layers", partial: true,
		},
		{
			name: "wanted under many names", lines: []string{"o=12345", "want=>o", "want2=>o"},
			within: Limits{Uncompressed: 3077}, beyond: Limits{Uncompressed: 3076},
			problem: "layer 0: want2: file of 5 bytes is wanted under one more name: more than 3076 decompressed bytes in all layers",
			merged:  "o want=>o want2=>o",
		},
		{
			name: "wanted file", lines: []string{"want=12345", "a=1"},
			within: Limits{FileSize: 5}, beyond: Limits{FileSize: 4},
			problem: "layer 0: want: file of 5 bytes is wanted, over the limit of 4", merged: "a want",
		},
		{
			name: "kept files", lines: []string{"want=12345", "want2=123", "want3=12"},
			within: Limits{Kept: 10}, beyond: Limits{Kept: 7},
			problem: "layer 0: want2: file of 3 bytes not kept: over the limit of 7 for all", merged: "want want2 want3",
		},
		{
			name: "problems", lines: []string{"../a=1", "../b=1", "../c=1", "d=1"},
			within: Limits{Problems: 3}, beyond: Limits{Problems: 2},
			problem: "layer 0: and 1 more problems", merged: "d",
		},
	} {
		t.Run(tc.name, func(t *testing.T) {
			img := stack(t, tc.lines, []string{"other=1"})
			opts := Options{Parallelism: 1, Wants: []Want{{Match: func(e Entry, _ []byte) bool { return strings.HasPrefix(e.Path, "want") }}}}
			opts.Limits = tc.within
			opts.Limits.Uncompressed *= 2 // two layers
			if tc.within.Entries > 0 {
				opts.Limits.Entries++
			}
			x := read(t, img, &opts)
			assert.False(t, x.Layers[0].Partial)
			assert.NotContains(t, strings.Join(problemTexts(x), "\n"), "limit")
			assert.NotContains(t, strings.Join(problemTexts(x), "\n"), "more")
			opts.Limits = tc.beyond
			x = read(t, img, &opts)
			assert.Contains(t, problemTexts(x), tc.problem)
			assert.Equal(t, tc.partial, x.Layers[0].Partial)
			assert.Equal(t, tc.merged, merged(x, 0))
			if e, ok := x.Lookup(0, "want3"); ok {
				_, ok = x.Content(e)
				assert.True(t, ok, "what fits is kept")
			}

			opts.Limits = Limits{-1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1}
			assert.False(t, read(t, img, &opts).Layers[0].Partial)
		})
	}
}

// The limits hold for a path that grows when links are followed, too.
func TestLimitsBehindLinks(t *testing.T) {
	img := stack(t, []string{"a/b/c/d/", "l->a/b/c/d", "l/e=1", "l/" + strings.Repeat("f", 30) + "=1"})
	x := read(t, img, &Options{Limits: Limits{PathDepth: 4}})
	assert.Equal(t, "a/ a/b/ a/b/c/ a/b/c/d/ l->a/b/c/d", merged(x, 0))
	assert.Len(t, problemTexts(x), 2)
	x = read(t, img, &Options{Limits: Limits{PathLength: 32}})
	assert.Equal(t, "a/ a/b/ a/b/c/ a/b/c/d/ a/b/c/d/e l->a/b/c/d", merged(x, 0))
}

func TestLimitOfRatio(t *testing.T) {
	if testing.Short() {
		t.Skip("decompresses 80 MB")
	}
	zeros := tarOf(t, &tar.Header{Name: "zeros", Size: 80 << 20, Mode: 0o644}, make([]byte, 80<<20))
	for name, bomb := range map[string][]byte{"gzip": gz(t, zeros), "zstd": zst(t, zeros)} {
		t.Run(name, func(t *testing.T) {
			ok := archive(t, "a=1")
			img := image(t, stored{bomb, zeros}, stored{gz(t, ok), ok})
			ratio := len(zeros)/len(bomb) + 1
			x := read(t, img, &Options{Limits: Limits{Ratio: ratio}})
			assert.True(t, x.Layers[0].Verified)
			x = read(t, img, &Options{Limits: Limits{Ratio: ratio / 4}})
			assert.True(t, x.Layers[0].Partial)
			assert.False(t, x.Layers[0].Verified)
			require.Len(t, problemTexts(x), 1)
			assert.Regexp(t, fmt.Sprintf(`^layer 0: \d+ stored bytes decompress to \d+ or more, over the ratio of %d$`, ratio/4), problemTexts(x)[0])
			assert.Less(t, x.Layers[0].Uncompressed, int64(ratioFrom+2*blockSize))
			assert.Equal(t, "a", merged(x, 1))
		})
	}
}

// A layer that begins with zeros is judged with what comes after them, however many layers are
// read at the same time.
func TestLimitOfRatioLooksAhead(t *testing.T) {
	if testing.Short() {
		t.Skip("decompresses 250 MB")
	}
	noise := make([]byte, 3*blockSize)
	for i, r := 0, rand.New(rand.NewPCG(13, 14)); i < len(noise); i++ {
		noise[i] = byte(r.Uint32())
	}
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	for _, content := range [][]byte{make([]byte, 80<<20), noise} {
		require.NoError(t, w.WriteHeader(&tar.Header{Name: fmt.Sprint(len(content)), Size: int64(len(content)), Mode: 0o644}))
		_, err := w.Write(content)
		require.NoError(t, err)
	}
	require.NoError(t, w.Close())
	blob := zst(t, b.Bytes())
	require.Greater(t, b.Len()/blockSize, 400, "over the ratio as long as one block is read")
	for _, layers := range []int{1, runtime.GOMAXPROCS(0)} {
		x := read(t, image(t, slices.Repeat([]stored{{blob, b.Bytes()}}, layers)...), &Options{Limits: Limits{Ratio: 400}})
		assert.Empty(t, problemTexts(x))
	}
}

func TestLimitOfWindow(t *testing.T) {
	b := tarOf(t, &tar.Header{Name: "a", Size: 4 << 20, Mode: 0o644}, make([]byte, 4<<20))
	var blob bytes.Buffer
	w, err := zstd.NewWriter(&blob, zstd.WithWindowSize(8<<20), zstd.WithEncoderConcurrency(1))
	require.NoError(t, err)
	_, err = w.Write(b)
	require.NoError(t, err)
	require.NoError(t, w.Close())
	img := image(t, stored{blob.Bytes(), b})
	assert.True(t, read(t, img, nil).Layers[0].Verified)
	x := read(t, img, &Options{Limits: Limits{Window: 4 << 20}})
	assert.True(t, x.Layers[0].Partial)
	assert.Equal(t, []string{"layer 0: zstd, after byte 0 of the decompressed layer: window size exceeded"}, problemTexts(x))
	assert.Equal(t, sum(blob.Bytes()), x.Layers[0].Digest, "the blob is read to its end")
}

func TestLimitDefaults(t *testing.T) {
	l := Limits{}.orDefaults()
	assert.Equal(t, Limits{1000, 10_000_000, 4096, 256, 1 << 20, 1 << 40, 2000, 128 << 20, 512 << 20, 512 << 20, 100}, l)
	assert.Equal(t, l, l.orDefaults())
	assert.Equal(t, math.MaxInt, Limits{PathDepth: -1}.orDefaults().PathDepth)
	assert.Equal(t, maxEntries, Limits{Entries: math.MaxInt}.orDefaults().Entries)
}
