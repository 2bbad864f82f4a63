package layers

import (
	"archive/tar"
	"bytes"
	"fmt"
	"io"
	"math/rand/v2"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"testing/iotest"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// sample is a layer with some of everything.
func sample(t testing.TB) []byte {
	r := rand.New(rand.NewPCG(1, 2))
	lines := []string{"d/", "d/l->../a", "h=>a xattr=v", ".wh.x", "d/.wh..wh..opq", "p/" + strings.Repeat("n", 150) + "=1"}
	lines = append([]string{"a=1"}, lines...)
	for i := range 40 {
		var b strings.Builder
		for range r.IntN(900) {
			b.WriteByte("0123456789abcdef"[r.IntN(16)])
		}
		lines = append(lines, "d/f"+strconv.Itoa(i)+"="+b.String())
	}
	return archive(t, lines...)
}

// A layer cut anywhere keeps what comes before the cut, and is not verified.
func TestTruncated(t *testing.T) {
	b := sample(t)
	whole := show(read(t, image(t, stored{b, b}), nil), 0)
	for name, blob := range map[string][]byte{"gzip": gz(t, b), "zstd": zst(t, b), "none": b} {
		step := max(len(blob)/150, 1)
		for cut := 1; cut < len(blob); cut += step {
			x := read(t, image(t, stored{blob[:cut], b}, stored{b, b}), nil)
			l := x.Layers[0]
			require.False(t, l.Verified, "%s cut at %d", name, cut)
			require.NotEmpty(t, problemTexts(x), "%s cut at %d", name, cut)
			require.Equal(t, sum(blob[:cut]), l.Digest)
			got := show(x, 0)
			require.LessOrEqual(t, len(got), len(whole))
			require.True(t, x.Layers[1].Verified)
			if name != "none" {
				require.True(t, l.Partial, "%s cut at %d", name, cut)
				require.Zero(t, l.DiffID)
			}
		}
	}
}

// A flipped bit is never verified, whatever else happens.
func TestFlipped(t *testing.T) {
	b := sample(t)
	r := rand.New(rand.NewPCG(3, 4))
	for name, blob := range map[string][]byte{"gzip": gz(t, b), "zstd": zst(t, b), "none": b} {
		for range 200 {
			bad := bytes.Clone(blob)
			at := r.IntN(len(bad))
			bad[at] ^= 1 << r.IntN(8)
			x := read(t, image(t, stored{bad, b}, stored{b, b}), nil)
			l := x.Layers[0]
			// A gzip header has bits that mean nothing: then the archive is the
			// one that was claimed, and the digest tells.
			if l.DiffID != sum(b) {
				require.False(t, l.Verified, "%s, byte %d", name, at)
				require.NotEmpty(t, problemTexts(x), "%s, byte %d", name, at)
			}
			require.Equal(t, sum(bad), l.Digest)
			require.True(t, x.Layers[1].Verified)
		}
	}
}

// A layer that breaks early is hashed to its end, however long it is.
func TestBrokenEarly(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	noise := make([]byte, 4*pipeDepth*blockSize)
	for i := range noise {
		noise[i] = byte(r.Uint32())
	}
	b := append(raw("ok", '0', "00000000002\x00", "ok"), noise...)
	x := read(t, image(t, stored{b, b}), nil)
	assert.Equal(t, []string{"layer 0: tar header after byte 1024: archive/tar: invalid tar header"}, problemTexts(x))
	assert.True(t, x.Layers[0].Verified)
	assert.Equal(t, "ok", merged(x, 0))

	z := gz(t, tarOf(t, &tar.Header{Name: "a", Size: int64(len(noise))}, noise))
	z[11] ^= 0xff
	x = read(t, image(t, stored{z, b}), nil)
	assert.Equal(t, sum(z), x.Layers[0].Digest)
	assert.True(t, x.Layers[0].Partial)
	assert.False(t, x.Layers[0].Verified)
}

// breaking is a layer whose blob ends with an error.
type breaking struct {
	v1.Layer
	blob []byte
}

func (l breaking) Stored() (io.ReadCloser, v1.Hash, error) {
	r := io.MultiReader(bytes.NewReader(l.blob), iotest.ErrReader(syscall.ECONNRESET))
	return io.NopCloser(r), sum([]byte("the whole")), nil
}

func (l breaking) Size() (int64, error) { return int64(len(l.blob)), nil }

// A blob that can't be read further keeps what comes before, be it short or long.
func TestBreaks(t *testing.T) {
	for _, size := range []int{3, 2 * blockSize} {
		noise := make([]byte, size)
		for i, r := 0, rand.New(rand.NewPCG(7, 8)); i < size; i++ {
			noise[i] = "0123456789abcdef"[r.IntN(16)]
		}
		b := archive(t, "a=1", "b="+string(noise), "c=2")
		for name, blob := range map[string][]byte{"gzip": gz(t, b), "zstd": zst(t, b), "none": b} {
			t.Run(fmt.Sprint(name, size), func(t *testing.T) {
				cut := len(blob)
				if name == "none" {
					cut -= 1024 + 512
				}
				img := layersOf{image(t, stored{b, b}), []v1.Layer{breaking{blob: blob[:cut]}}}
				x := read(t, img, nil)
				l := x.Layers[0]
				assert.True(t, l.Partial)
				assert.False(t, l.Verified)
				assert.Zero(t, l.Digest)
				assert.Equal(t, name, l.Compression)
				assert.EqualValues(t, cut, l.Size)
				require.Len(t, x.Problems, 1)
				assert.ErrorIs(t, x.Problems[0], syscall.ECONNRESET)
				assert.Contains(t, merged(x, 0), "a b")
			})
		}
	}
	for _, blob := range [][]byte{nil, []byte("ab")} {
		x := read(t, layersOf{image(t, stored{}), []v1.Layer{breaking{blob: blob}}}, nil)
		require.Len(t, x.Problems, 1)
		assert.ErrorIs(t, x.Problems[0], syscall.ECONNRESET)
		assert.True(t, x.Layers[0].Partial)
	}
}

// panicking is a layer whose blob panics once, and would then go on.
type panicking struct {
	v1.Layer
	blob []byte
	at   int
}

func (l panicking) Stored() (io.ReadCloser, v1.Hash, error) {
	r := io.MultiReader(bytes.NewReader(l.blob[:l.at]), &panickingReader{}, bytes.NewReader(l.blob[l.at:]))
	return io.NopCloser(r), sum(l.blob), nil
}

func (l panicking) Size() (int64, error) { return int64(len(l.blob)), nil }

type panickingReader struct{ panicked bool }

func (r *panickingReader) Read([]byte) (int, error) {
	if r.panicked {
		return 0, io.EOF
	}
	r.panicked = true
	panic("boom")
}

// A blob that panics ends there, whichever goroutine reads it: what it would still give is not
// what follows.
func TestBlobPanics(t *testing.T) {
	noise := make([]byte, 5*blockSize)
	for i, r := 0, rand.New(rand.NewPCG(11, 12)); i < len(noise); i++ {
		noise[i] = "0123456789abcdef"[r.IntN(16)]
	}
	b := archive(t, "a=1", "b="+string(noise), "c=2")
	for name, blob := range map[string][]byte{"gzip": gz(t, b), "zstd": zst(t, b), "none": b} {
		for _, at := range []int{0, 3, 600, len(blob)/2 + 7, len(blob) - 5} {
			for _, layers := range []int{1, runtime.GOMAXPROCS(0)} {
				img := layersOf{Image: image(t, make([]stored, layers)...)}
				for range layers {
					img.layers = append(img.layers, panicking{blob: blob, at: at})
				}
				x := read(t, img, nil)
				for i, l := range x.Layers {
					what := fmt.Sprint(name, " ", at, " ", i)
					assert.True(t, l.Partial, what)
					assert.Zero(t, l.Digest, what)
					assert.False(t, l.Verified, what)
				}
				assert.Len(t, x.Problems, layers)
				for _, p := range x.Problems {
					assert.ErrorContains(t, p, "panic: boom, in ", fmt.Sprint(name, " ", at))
				}
			}
		}
	}
}

// A wanted file that breaks off does not count towards the limit for kept files.
func TestBrokenWantTakesNoRoom(t *testing.T) {
	b := tarOf(t, &tar.Header{Name: "etc/a", Size: 100_000}, make([]byte, 100_000))[:80_000]
	ok := archive(t, "etc/b=12345")
	x := read(t, image(t, stored{b, b}, stored{ok, ok}), &Options{
		Parallelism: 1, Limits: Limits{Kept: 100_002},
		Wants: []Want{{Match: func(Entry, []byte) bool { return true }}},
	})
	assert.Equal(t, []string{"layer 0: etc/a: unexpected EOF"}, problemTexts(x))
	e, _ := x.Lookup(1, "etc/b")
	_, kept := x.Content(e)
	assert.True(t, kept)
}

func TestTrailing(t *testing.T) {
	b := archive(t, "a=1")
	for name, tc := range map[string]struct {
		blob    []byte
		tar     []byte
		problem string
		partial bool
	}{
		"gzip then garbage":  {append(gz(t, b), "garbage"...), b, "layer 0: bytes after the end of the compressed stream", false},
		"gzip then zeros":    {append(gz(t, b), 0, 0), b, "layer 0: bytes after the end of the compressed stream", false},
		"zstd then garbage":  {append(zst(t, b), "garbage"...), b, "layer 0: bytes after the end of the compressed stream", false},
		"gzip then half one": {append(gz(t, b), gz(t, b)[:5]...), b, "layer 0: gzip, after byte 2048 of the decompressed layer: unexpected EOF", true},
		"tar then garbage":   {append(bytes.Clone(b), "garbage"...), append(bytes.Clone(b), "garbage"...), "layer 0: bytes after the end of the archive, from byte 2048 on", false},
	} {
		t.Run(name, func(t *testing.T) {
			x := read(t, image(t, stored{tc.blob, tc.tar}), nil)
			assert.Equal(t, []string{tc.problem}, problemTexts(x))
			assert.Equal(t, tc.partial, x.Layers[0].Partial)
			assert.Equal(t, !tc.partial, x.Layers[0].Verified, "what is before is what was claimed")
			assert.Equal(t, "a", merged(x, 0))
		})
	}
}

// Where bytes follow both the archive and the compressed stream, the problems have the same order
// however many goroutines read the layer.
func TestTrailingTwice(t *testing.T) {
	b := append(tarOf(t, &tar.Header{Name: "a", Size: 5 * blockSize, Mode: 0o644}, make([]byte, 5*blockSize)), "garbage"...)
	for name, blob := range map[string][]byte{"gzip": gz(t, b), "zstd": zst(t, b)} {
		one := stored{append(blob, "garbage"...), b}
		for _, layers := range []int{1, runtime.GOMAXPROCS(0)} {
			x := read(t, image(t, slices.Repeat([]stored{one}, layers)...), nil)
			assert.Equal(t, []string{
				fmt.Sprintf("layer 0: bytes after the end of the archive, from byte %d on", len(b)/512*512),
				"layer 0: bytes after the end of the compressed stream",
			}, problemTexts(x)[:2], name)
		}
	}
}

func TestNotALayer(t *testing.T) {
	for name, blob := range map[string][]byte{
		"text":     []byte("<html>404</html>"),
		"xz":       append([]byte{0xfd, '7', 'z', 'X', 'Z', 0}, make([]byte, 600)...),
		"spaces":   bytes.Repeat([]byte(" "), 600),
		"half tar": archive(t, "a=1")[:300],
	} {
		t.Run(name, func(t *testing.T) {
			x := read(t, image(t, stored{blob, blob}), nil)
			assert.Len(t, problemTexts(x), 1)
			assert.Contains(t, problemTexts(x)[0], "layer 0: neither gzip, zstd nor tar: starts with ")
			assert.True(t, x.Layers[0].Partial)
			assert.Empty(t, x.Layers[0].Compression)
			assert.Equal(t, sum(blob), x.Layers[0].Digest)
		})
	}
}
