package layers

import (
	"bytes"
	"context"
	"io"
	"strings"
	"testing"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/static"
	"github.com/google/go-containerregistry/pkg/v1/types"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// A blobLayer gives its blob as a reader that says what was done with it.
type blobLayer struct {
	v1.Layer
	open func() io.ReadCloser
}

func (l blobLayer) Stored() (io.ReadCloser, v1.Hash, error) { return l.open(), v1.Hash{}, nil }

// A watched reader counts what is read of it, and whether it was closed.
type watched struct {
	io.Reader
	read, closed int
}

func (w *watched) Read(p []byte) (int, error) {
	n, err := w.Reader.Read(p)
	w.read += n
	return n, err
}

func (w *watched) Close() error { w.closed++; return nil }

// begin reads the beginning of a blob and returns the paths of its entries, with the
// contents of its files.
func begin(t *testing.T, blob []byte, most int64, stop string) (seen []string, done Beginning, w *watched, err error) {
	t.Helper()
	w = &watched{Reader: bytes.NewReader(blob)}
	done, err = ReadBeginning(t.Context(), blobLayer{open: func() io.ReadCloser { return w }}, most, Limits{}, func(e Entry, content io.Reader) bool {
		line := e.Path
		switch e.Type {
		case Regular:
			b, err := io.ReadAll(io.LimitReader(content, 3)) // the rest is skipped
			require.NoError(t, err)
			line += "=" + string(b)
		case Symlink:
			line += "->" + e.Link
		}
		seen = append(seen, line)
		return e.Path != stop
	})
	assert.Equal(t, 1, w.closed)
	assert.EqualValues(t, w.read, done.Stored)
	assert.LessOrEqual(t, done.Stored, most)
	return seen, done, w, err
}

func TestReadBeginning(t *testing.T) {
	tarball := archive(t, "etc/", "./etc/a=12345", "etc/b->a", "../c=1", "z=1")
	want := []string{"etc", "etc/a=123", "etc/b->a", "z=1"}
	for how, blob := range map[string][]byte{"plain": tarball, "gzip": gz(t, tarball), "zstd": zst(t, tarball)} {
		seen, done, _, err := begin(t, blob, 1<<20, "")
		require.NoError(t, err, how)
		assert.Equal(t, want, seen, how)
		assert.True(t, done.Complete, how)
		assert.EqualValues(t, len(blob), done.Stored, how)

		seen, done, _, err = begin(t, blob, 1<<20, "etc/a")
		require.NoError(t, err, how)
		assert.Equal(t, want[:2], seen, how)
		assert.False(t, done.Complete, how)
	}
	large := archive(t, "a=1", "b="+strings.Repeat("x", 1<<20), "c=1")
	seen, done, w, err := begin(t, large, 1<<20, "b")
	require.NoError(t, err)
	assert.Equal(t, []string{"a=1", "b=xxx"}, seen)
	assert.False(t, done.Complete)
	assert.LessOrEqual(t, w.read, 128<<10, "no more is read ahead than a few blocks")

	for how, blob := range map[string][]byte{"plain": large, "gzip": gz(t, append(noise(100_000), large...)), "zstd": zst(t, large)} {
		_, done, _, err = begin(t, blob, 40, "")
		assert.NoError(t, err, how)
		assert.False(t, done.Complete, how)
		assert.EqualValues(t, 40, done.Stored, how)
	}
}

// noise is what no compression makes smaller, as the start of an archive.
func noise(n int) []byte {
	b := make([]byte, n)
	x := uint32(1)
	for i := range b {
		x = x*1664525 + 1013904223
		b[i] = byte(x >> 24)
	}
	return b
}

func TestReadBeginningDamaged(t *testing.T) {
	tarball := archive(t, "a=1", "b="+strings.Repeat("x", 5000))
	for what, tt := range map[string]struct {
		blob []byte
		says string
	}{
		"cut":         {gz(t, tarball)[:60], "unexpected EOF"},
		"no archive":  {[]byte(strings.Repeat("x", 1000)), "neither gzip, zstd nor tar"},
		"a bad block": {append(gz(t, tarball)[:10], 0xff, 0xff, 0xff), "tar header after byte 0"},
	} {
		_, done, _, err := begin(t, tt.blob, 1<<20, "")
		assert.ErrorContains(t, err, tt.says, what)
		assert.False(t, done.Complete, what)
	}
	_, done, _, err := begin(t, nil, 1<<20, "")
	assert.NoError(t, err)
	assert.True(t, done.Complete, "a layer of nothing")

	bomb := static.NewLayer(gz(t, archive(t, "a="+strings.Repeat("0", 1<<20), "b=1")), types.OCILayer)
	_, err = ReadBeginning(t.Context(), bomb, 1<<20, Limits{Uncompressed: 100_000}, func(Entry, io.Reader) bool { return true })
	assert.ErrorContains(t, err, "more than 100000 decompressed bytes")
	many := static.NewLayer(archive(t, "a", "b", "c"), types.OCILayer)
	_, err = ReadBeginning(t.Context(), many, 1<<20, Limits{Entries: 2}, func(Entry, io.Reader) bool { return true })
	assert.ErrorContains(t, err, "more than 2 entries")
}

func TestReadBeginningCancelled(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	r, w := io.Pipe() // never gives a byte
	defer w.Close()
	go cancel()
	_, err := ReadBeginning(ctx, blobLayer{open: func() io.ReadCloser { return struct{ io.ReadCloser }{r} }}, 1<<20, Limits{}, func(Entry, io.Reader) bool { return true })
	assert.ErrorIs(t, err, context.Canceled)
	_, err = ReadBeginning(ctx, blobLayer{}, 1, Limits{}, nil)
	assert.ErrorIs(t, err, context.Canceled)
}

// FuzzReadBeginning reads any bytes as a layer, and compares what is visited with what
// Read records of them.
func FuzzReadBeginning(f *testing.F) {
	lines := archive(f, "d/", "d/.wh.a", "d->e", "h=>a", "a=1", ".wh..wh..opq", "d/x=1", "a=2")
	for _, seed := range [][]byte{nil, lines, gz(f, lines), zst(f, lines), gz(f, lines)[:50], sample(f)} {
		f.Add(seed, int64(1<<20))
		f.Add(seed, int64(100))
	}
	f.Fuzz(func(t *testing.T, blob []byte, most int64) {
		limits := Limits{Uncompressed: 8 << 20, Entries: 10_000}
		n := 0
		done, err := ReadBeginning(context.Background(), static.NewLayer(blob, types.OCILayer), most, limits, func(e Entry, content io.Reader) bool {
			n++
			_, _ = io.Copy(io.Discard, content)
			return true
		})
		assert.LessOrEqual(t, done.Stored, max(most, 0))
		if err != nil || !done.Complete {
			return
		}
		if over := int64(len(blob)) - done.Stored; over < 0 {
			t.Fatalf("%d bytes more than there are", -over)
		}
		img := image(t, stored{blob, blob})
		x, err := Read(context.Background(), img, &Options{Limits: limits})
		require.NoError(t, err)
		if x.Layers[0].Partial {
			return // Read looks at more than its beginning
		}
		recorded := 0
		for range x.Entries(0) {
			recorded++
		}
		assert.Equal(t, recorded, n)
	})
}
