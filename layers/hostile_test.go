package layers

import (
	"archive/tar"
	"bytes"
	"context"
	"io"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// raw is a tar header by hand, for what archive/tar does not write.
func raw(name string, typ byte, size string, body string) []byte {
	b := make([]byte, 512, 1024+len(body))
	copy(b, name)
	copy(b[100:], "0000644\x00")
	copy(b[124:], size)
	copy(b[136:], "00000000000\x00")
	copy(b[148:], "        ")
	b[156] = typ
	copy(b[257:], "ustar\x0000")
	checksum(b)
	b = append(b, body...)
	return append(b, make([]byte, -len(b)&511)...)
}

func checksum(b []byte) {
	n := 0
	for _, c := range b[:512] {
		n += int(c)
	}
	copy(b[148:], strconv.FormatInt(int64(n)+1<<18, 8)[1:]+"\x00 ")
}

func TestHostileHeaders(t *testing.T) {
	end := make([]byte, 1024)
	ok := raw("ok", '0', "00000000002\x00", "ok")
	pax := func(records ...string) []byte {
		var b strings.Builder
		for _, r := range records {
			n := len(r) + 3
			if n >= 10 {
				n++
			}
			b.WriteString(strconv.Itoa(n) + " " + r + "\n")
		}
		return raw("x", 'x', strconv.FormatInt(int64(b.Len())+1<<33, 8)[1:]+"\x00", b.String())
	}
	for _, tc := range []struct {
		name    string
		tar     [][]byte
		merged  string
		problem string
		partial bool
	}{
		{"negative size", [][]byte{ok, raw("n", '0', "\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff", ""), ok}, "ok", "tar header after byte 1024: archive/tar: invalid tar header", true},
		{"absurd size", [][]byte{ok, raw("n", '0', "\x80\x00\x00\x00\x7f\xff\xff\xff\xff\xff\xff\xff", "")}, "ok", "n: unexpected EOF", true},
		{"absurd PAX size", [][]byte{ok, pax("size=9223372036854775807"), raw("n", '0', "00000000000\x00", "")}, "ok", "n: unexpected EOF", true},
		{"negative PAX size", [][]byte{ok, pax("size=-5"), raw("n", '0', "00000000000\x00", ""), ok}, "ok", "invalid tar header", true},
		{"directory of some size", [][]byte{raw("d/", '5', "77777777777\x00", ""), ok}, "d/ ok", "", false},
		{"NUL in a PAX path", [][]byte{ok, pax("path=a\x00b"), raw("n", '0', "00000000000\x00", ""), ok}, "ok", "invalid tar header", true},
		{"empty name", [][]byte{raw("", '0', "00000000000\x00", ""), ok}, "ok", "empty path", false},
		{"global PAX header", [][]byte{raw("g", 'g', "00000000014\x00", "12 a=bcdefg\n"), ok}, "ok", "", false},
		{"old archive", [][]byte{raw("old/", 0, "00000000000\x00", ""), raw("old/f", 0, "00000000001\x00", "x"), ok}, "ok old/ old/f", "", false},
		{"volume label", [][]byte{raw("label", 'V', "00000000003\x00", "abc"), ok}, "ok", "tar entry of unknown type 'V'", false},
		{"link without target", [][]byte{raw("l", '2', "00000000000\x00", ""), raw("h", '1', "00000000000\x00", ""), ok}, "ok", "symbolic link without a target", false},
		{"root is a file", [][]byte{raw("./", '0', "00000000000\x00", ""), ok}, "ok", "the root is a regular", false},
		{"sparse, honest", [][]byte{pax("GNU.sparse.major=0", "GNU.sparse.minor=1", "GNU.sparse.numblocks=1", "GNU.sparse.size=1000", "GNU.sparse.map=0,4"), raw("s", '0', "00000000004\x00", "data"), ok}, "ok s", "", false},
		{"sparse, all hole", [][]byte{pax("GNU.sparse.major=0", "GNU.sparse.minor=1", "GNU.sparse.numblocks=1", "GNU.sparse.size=9000000000000000000", "GNU.sparse.map=0,4"), raw("s", '0', "00000000004\x00", "data"), ok},
			"ok s", "s: sparse file of 9000000000000000000 bytes not expanded: more than", false},
		{"sparse, map lies", [][]byte{ok, pax("GNU.sparse.major=0", "GNU.sparse.minor=1", "GNU.sparse.numblocks=1", "GNU.sparse.size=1000", "GNU.sparse.map=0,900"), raw("s", '0', "00000000004\x00", "data")}, "ok", "s: ", true},
		{"sparse, more than mapped", [][]byte{ok, pax("GNU.sparse.major=0", "GNU.sparse.minor=1", "GNU.sparse.numblocks=1", "GNU.sparse.size=1000", "GNU.sparse.map=0,2"), raw("s", '0', "00000000004\x00", "data")}, "ok", "s: ", true},
	} {
		t.Run(tc.name, func(t *testing.T) {
			b := bytes.Join(append(tc.tar, end), nil)
			x := read(t, image(t, stored{b, b}, stored{gz(t, end), end}), nil)
			assert.Equal(t, tc.merged, merged(x, 0))
			assert.Equal(t, tc.partial, x.Layers[0].Partial)
			assert.True(t, x.Layers[0].Verified, "the hashes are right, whatever the archive is")
			assert.True(t, x.Layers[1].Verified)
			if tc.problem == "" {
				assert.Empty(t, problemTexts(x))
				return
			}
			require.NotEmpty(t, problemTexts(x))
			assert.True(t, strings.HasPrefix(problemTexts(x)[0], "layer 0: "))
			assert.Contains(t, problemTexts(x)[0], tc.problem)
		})
	}
}

func TestSparse(t *testing.T) {
	body := "22 GNU.sparse.major=0\n22 GNU.sparse.minor=1\n26 GNU.sparse.numblocks=1\n24 GNU.sparse.size=1000\n22 GNU.sparse.map=2,4\n"
	b := append(raw("x", 'x', strconv.FormatInt(int64(len(body))+1<<33, 8)[1:]+"\x00", body), raw("s", '0', "00000000004\x00", "data")...)
	b = append(b, make([]byte, 1024)...)
	x := read(t, image(t, stored{b, b}), &Options{Wants: []Want{{Match: func(Entry, []byte) bool { return true }}}})
	assert.Empty(t, problemTexts(x))
	e, ok := x.Lookup(0, "s")
	require.True(t, ok)
	assert.EqualValues(t, 1000, e.Size)
	content, ok := x.Content(e)
	require.True(t, ok)
	assert.Equal(t, "\x00\x00data"+strings.Repeat("\x00", 994), string(content))
	assert.EqualValues(t, len(b)+1000-4, x.Layers[0].Uncompressed, "what is stored counts once")

	// A blob that is hashed and not walked, since the cache has its archive.
	opts := &Options{Cache: newShelf()}
	want := read(t, image(t, stored{b, b}), opts)
	for _, blob := range [][]byte{b, gz(t, b)} {
		img, _ := claimed(t, stored{blob, b})
		x = read(t, img, opts)
		assert.True(t, x.Layers[0].Cached)
		assert.Equal(t, want.Layers[0].Uncompressed, x.Layers[0].Uncompressed)
	}
}

// endless is a blob that never ends, and blocks until it is closed at some point.
type endless struct {
	head   *bytes.Reader
	closed chan struct{}
}

func (e *endless) Read(b []byte) (int, error) {
	if n, _ := e.head.Read(b); n > 0 {
		return n, nil
	}
	<-e.closed
	return 0, io.ErrClosedPipe
}

func (e *endless) Close() error { close(e.closed); return nil }

type endlessLayer struct {
	v1.Layer
	head []byte
}

func (l endlessLayer) Stored() (io.ReadCloser, v1.Hash, error) {
	return &endless{bytes.NewReader(l.head), make(chan struct{})}, v1.Hash{}, nil
}

func (l endlessLayer) Size() (int64, error) { return 1 << 40, nil }

// Read ends soon after its context, whichever goroutine waits, and leaves none behind.
func TestCancel(t *testing.T) {
	before := runtime.NumGoroutine()
	b := tarOf(t, &tar.Header{Name: "a", Size: 4 << 20, Mode: 0o644}, make([]byte, 4<<20))
	b = b[:len(b)-1024]
	for name, head := range map[string][]byte{"gzip": gz(t, b), "none": b, "nothing": nil, "zstd": zst(t, b)} {
		for _, slow := range []bool{false, true} {
			ctx, cancel := context.WithCancel(context.Background())
			img := layersOf{reconfigured(t, empty.Image, func(c *v1.ConfigFile) { c.RootFS.DiffIDs = make([]v1.Hash, 4) }),
				[]v1.Layer{endlessLayer{head: head}, endlessLayer{head: head}, endlessLayer{head: head}, endlessLayer{head: head}}}
			opts := &Options{}
			if slow {
				opts.Wants = []Want{{Match: func(Entry, []byte) bool { time.Sleep(10 * time.Millisecond); return true }}}
			}
			time.AfterFunc(20*time.Millisecond, cancel)
			x, err := Read(ctx, img, opts)
			assert.ErrorIs(t, err, context.Canceled, name)
			assert.Nil(t, x)
		}
	}
	noMoreGoroutines(t, before)
}

func noMoreGoroutines(t *testing.T, before int) {
	t.Helper()
	for range 1000 {
		if runtime.NumGoroutine() <= before {
			return
		}
		time.Sleep(time.Millisecond)
	}
	stacks := make([]byte, 1<<20)
	t.Fatalf("goroutines are left:\n%s", stacks[:runtime.Stack(stacks, true)])
}

// Whiteouts, opaque markers and files may be repeated. BenchmarkGrowth shows that the
// time for them is linear in their number.
func TestRepeated(t *testing.T) {
	const n = 20_000
	var below, above []string
	for i := range n {
		below = append(below, "d/f"+strconv.Itoa(i)+"=x")
		above = append(above, "d/.wh..wh..opq", "d/.wh.f"+strconv.Itoa(i))
	}
	same := make([]string, n)
	for i := range same {
		same[i] = "same=1"
	}
	x := read(t, stack(t, below, above, below, above, same, same), nil)
	assert.Equal(t, n, x.Layers[1].DeletedFiles)
	assert.Equal(t, n, x.Layers[3].DeletedFiles)
	assert.Equal(t, "d/ same", merged(x, 5))
}

// Links with long targets that lead through each other are not followed to their end,
// because that would cost much for each path that leads through them.
func TestLongLinks(t *testing.T) {
	var dots, tails, longs, through []string
	for i := range maxLinks - 1 {
		next := strconv.Itoa(i + 1)
		dots = append(dots, "dots"+strconv.Itoa(i)+"->"+strings.Repeat("./", 2000)+"dots"+next)
		tails = append(tails, "tails"+strconv.Itoa(i)+"->tails"+next+strings.Repeat("/.", 2000))
		longs = append(longs, "longs"+strconv.Itoa(i)+"->longs"+next+"/"+strings.Repeat("x", 4000))
	}
	for i := range 3_000 {
		through = append(through, "dots0/f"+strconv.Itoa(i), "tails0/.wh.f"+strconv.Itoa(i), "longs0/f"+strconv.Itoa(i))
	}
	x := read(t, stack(t, slices.Concat(dots, tails, longs), through), nil)
	for _, path := range []string{"dots0/f", "tails0/f", "longs0/f"} {
		_, ok := x.Resolve(1, path)
		assert.False(t, ok)
	}
}
