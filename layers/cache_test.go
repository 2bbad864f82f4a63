package layers

import (
	"bytes"
	"context"
	"errors"
	"io"
	"slices"
	"testing"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// A second image with the same layers is read from the cache alone, with the same
// result.
func TestCache(t *testing.T) {
	blobs := cacheSample(t)
	c := newShelf()
	img, opened := claimed(t, blobs...)
	first := &learner{}
	want := read(t, img, &Options{Parallelism: 1, Wants: first.wants()})
	require.Contains(t, problemTexts(want), `layer 0: ../bad: path contains ".."`)

	cold := &learner{}
	x := read(t, img, &Options{Parallelism: 1, Wants: cold.wants(), Cache: c})
	assert.Equal(t, dump(want), dump(x))
	assert.Equal(t, first.learnt[:2], cold.learnt)
	assert.Equal(t, first.learnt[2:], cold.recalled)
	assert.Equal(t, []bool{false, false, false, true}, cachedLayers(x), "the last is the first once more")
	assert.Equal(t, 3, c.puts)
	assert.Equal(t, []int{2, 2, 2, 1}, opened)

	warm := &learner{}
	x = read(t, img, &Options{Wants: warm.wants(), Cache: c, Parallelism: 1})
	assert.Equal(t, dump(want), dump(x))
	assert.Equal(t, []bool{true, true, true, true}, cachedLayers(x))
	assert.Equal(t, []int{2, 2, 2, 1}, opened, "nothing is opened")
	assert.Empty(t, warm.learnt)
	assert.Equal(t, first.learnt, warm.recalled)
	assert.Equal(t, 3, c.puts)

	f, err := x.FS(1).Open("bin/ls")
	require.NoError(t, err)
	b, err := io.ReadAll(f)
	require.NoError(t, err)
	assert.Equal(t, "#!y", string(b), "a content that is not kept is read from the image")

	other, opened := claimed(t, blobs[0], stack1(t, "own=1"))
	x = read(t, other, &Options{Wants: (&learner{}).wants(), Cache: c})
	assert.Equal(t, []bool{true, false}, cachedLayers(x))
	assert.Equal(t, []int{0, 1}, opened)
}

// A blob that the cache has not seen is hashed, and a false claim is not a hit.
func TestCacheVerifies(t *testing.T) {
	b := archive(t, "a=1", "etc/x=2")
	other := archive(t, "evil=1")
	c := newShelf()
	opts := &Options{Cache: c}
	img, _ := claimed(t, stored{gz(t, b), b})
	read(t, img, opts)

	// The same archive in another blob.
	img, opened := claimed(t, stored{zst(t, b), b})
	for i, want := range []int{1, 1} {
		x := read(t, img, opts)
		assert.True(t, x.Layers[0].Cached && x.Layers[0].Verified, i)
		assert.Equal(t, sum(zst(t, b)), x.Layers[0].Digest)
		assert.Equal(t, "zstd", x.Layers[0].Compression)
		assert.Equal(t, want, opened[0], i)
		assert.Equal(t, "a etc/ etc/x", merged(x, 0))
	}
	// One that no manifest describes is hashed each time.
	for range 2 {
		x := read(t, plainStack(t, []string{"a=1", "etc/x=2"}), opts)
		assert.True(t, x.Layers[0].Cached && x.Layers[0].Verified)
	}
	// The configuration claims a diffID that the blob has not: the blob counts.
	img, opened = claimed(t, stored{gz(t, other), b})
	x := read(t, img, opts)
	assert.Equal(t, 2, opened[0])
	assert.False(t, x.Layers[0].Cached || x.Layers[0].Verified)
	assert.Equal(t, "evil", merged(x, 0))
	assert.Len(t, problemTexts(x), 1)
	assert.Equal(t, sum(other), x.Layers[0].DiffID)
	assert.EqualValues(t, len(other), x.Layers[0].Uncompressed)
	// The manifest claims a digest that the blob has not.
	lie := layersOf{img.(layersOf).Image, []v1.Layer{claimedLayer{blob: gz(t, b), digest: sum([]byte("x")), opened: new(int)}}}
	x = read(t, lie, opts)
	assert.False(t, x.Layers[0].Cached || x.Layers[0].Verified)
	assert.Len(t, problemTexts(x), 1)
}

// An entry for other limits or other wants is not used. A layer that is incomplete is
// not saved.
func TestCacheMisses(t *testing.T) {
	c := newShelf()
	blobs := cacheSample(t)
	img, _ := claimed(t, blobs[0])
	hit := func(opts Options) bool {
		opts.Cache = c
		return read(t, img, &opts).Layers[0].Cached
	}
	keep := (&learner{}).wants()[:1]
	assert.False(t, hit(Options{}))
	assert.True(t, hit(Options{}))
	assert.False(t, hit(Options{Wants: keep}))
	assert.True(t, hit(Options{Wants: keep}))
	assert.False(t, hit(Options{Wants: (&learner{}).wants()}))
	assert.False(t, hit(Options{Limits: Limits{PathDepth: 7}}))
	assert.True(t, hit(Options{Limits: Limits{PathDepth: 7}}))
	assert.True(t, hit(Options{Limits: Limits{Entries: 1000, Uncompressed: 1 << 20}}))
	puts := c.puts

	// Limits of the image are held to.
	assert.False(t, hit(Options{Limits: Limits{Entries: 3}}))
	assert.False(t, hit(Options{Limits: Limits{Uncompressed: 512}}))
	// A want without a key, one with Use, half a pair.
	match := func(Entry, []byte) bool { return false }
	for _, w := range []Want{{Match: match}, {Key: "k", Match: match, Use: func(Entry, []byte) error { return nil }},
		{Key: "k", Match: match, Recall: func(Entry, []byte) error { return nil }}} {
		assert.False(t, hit(Options{Wants: []Want{w}}))
		assert.False(t, hit(Options{Wants: []Want{w}}))
	}
	// A want that failed, a file that is not kept for want of room.
	failing := &learner{fail: errors.New("no good")}
	assert.False(t, hit(Options{Wants: failing.wants(), Limits: Limits{PathDepth: 9}}))
	assert.False(t, hit(Options{Wants: keep, Limits: Limits{Kept: 5, PathDepth: 9}}))
	assert.False(t, hit(Options{Wants: keep, Limits: Limits{Kept: 5, PathDepth: 9}}))
	assert.Equal(t, puts, c.puts)

	// What is broken, trailed by garbage, or not what was claimed is not put.
	for _, s := range []stored{
		{blobs[0].blob[:90], blobs[0].tar}, {append(gz(t, blobs[1].tar), "garbage"...), blobs[1].tar}, {blobs[0].blob, blobs[1].tar},
	} {
		img, _ := claimed(t, s)
		read(t, img, &Options{Cache: c, Limits: Limits{PathLength: 77}})
	}
	assert.Equal(t, puts, c.puts)
}

// A problem of a blob is reported each time, although its archive is in the cache.
func TestCacheOfTrailing(t *testing.T) {
	b := archive(t, "a=1")
	opts := &Options{Cache: newShelf()}
	img, _ := claimed(t, stored{gz(t, b), b})
	read(t, img, opts)
	img, _ = claimed(t, stored{append(gz(t, b), "garbage"...), b})
	for range 2 {
		x := read(t, img, opts)
		assert.True(t, x.Layers[0].Verified)
		assert.Equal(t, []string{"layer 0: bytes after the end of the compressed stream"}, problemTexts(x))
	}
}

// A kept file counts towards the limit of this image.
func TestCacheHoldsKept(t *testing.T) {
	c := newShelf()
	img, _ := claimed(t, stack1(t, "etc/a=12345", "etc/b=123"))
	wants := (&learner{}).wants()[:1]
	read(t, img, &Options{Cache: c, Wants: wants})
	x := read(t, img, &Options{Cache: c, Wants: wants, Limits: Limits{Kept: 6}})
	assert.True(t, x.Layers[0].Cached)
	assert.Equal(t, []string{"layer 0: etc/b: file of 3 bytes not kept: over the limit of 6 for all"}, problemTexts(x))
}

// If a want can't recall, the layer is read.
func TestCacheRecallFails(t *testing.T) {
	c := newShelf()
	img, opened := claimed(t, cacheSample(t)...)
	want := read(t, img, &Options{Cache: c, Parallelism: 1, Wants: (&learner{}).wants()})
	l := &learner{fail: errors.New("no good")}
	wants := l.wants()
	learn := wants[1].Learn
	wants[1].Learn = func(e Entry, b []byte) ([]byte, error) { m, _ := learn(e, b); return m, nil }
	x := read(t, img, &Options{Cache: c, Parallelism: 1, Wants: wants})
	assert.Equal(t, dump(want), dump(x))
	assert.Equal(t, []bool{false, false, true, false}, cachedLayers(x), "the third has nothing to recall")
	assert.Equal(t, []int{2, 2, 1, 1}, opened)
	assert.Len(t, l.learnt, 3)
}

// When the context is done, a layer that is being restored is given up, and is not
// opened.
func TestCacheCancelled(t *testing.T) {
	c := newShelf()
	img, opened := claimed(t, stack1(t, "a=#!1", "b=#!2"))
	read(t, img, &Options{Cache: c, Wants: (&learner{}).wants()})
	ctx, cancel := context.WithCancel(t.Context())
	wants := (&learner{}).wants()
	recalled := 0
	wants[1].Recall = func(Entry, []byte) error { recalled++; cancel(); return nil }
	_, err := Read(ctx, img, &Options{Cache: c, Wants: wants})
	assert.ErrorIs(t, err, context.Canceled)
	assert.Equal(t, 1, recalled)
	assert.Equal(t, 1, opened[0])
}

// Whatever a cache returns, the image is described as it is.
func TestCacheOfGarbage(t *testing.T) {
	c := newShelf()
	blobs := cacheSample(t)
	img, _ := claimed(t, blobs...)
	want := read(t, img, &Options{Cache: c, Wants: (&learner{}).wants()})
	good := map[string][]byte{}
	for k, b := range c.m {
		good[k] = b
	}
	for _, damage := range []func(b []byte) []byte{
		func([]byte) []byte { return nil },
		func(b []byte) []byte { return b[:len(cachedMagic)+3] },
		func(b []byte) []byte { return b[:len(b)-1] },
		func(b []byte) []byte { return append(slices.Clone(b), 0) },
		func(b []byte) []byte { return bytes.Replace(b, []byte("layer 2"), []byte("layer 1"), 1) },
	} {
		for k, b := range good {
			c.m[k] = damage(b)
		}
		x := read(t, img, &Options{Cache: c, Parallelism: 1, Wants: (&learner{}).wants()})
		assert.Equal(t, dump(want), dump(x))
		assert.Equal(t, []bool{false, false, false, true}, cachedLayers(x))
		assert.Equal(t, good, c.m, "what is damaged is replaced")
	}
}
