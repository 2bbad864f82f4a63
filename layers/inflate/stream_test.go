package inflate

import (
	"bytes"
	"io"
	"math/rand/v2"
	"syscall"
	"testing"
	"testing/iotest"

	"github.com/klauspost/compress/gzip"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// A gate hands out a stream piece by piece. Before each it asks how many decoded bytes have
// arrived.
type gate struct {
	data   []byte
	piece  int
	given  int
	before func(given int)
}

func (g *gate) Read(b []byte) (int, error) {
	g.before(g.given)
	n := copy(b[:min(len(b), g.piece)], g.data[g.given:])
	g.given += n
	if n == 0 {
		return 0, io.EOF
	}
	return n, nil
}

// All that the bytes so far tell is delivered before more are asked for: as much as the
// stream would give if it broke off there.
func TestPromptDelivery(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 5))
	streams := seeds(t, "short-")
	streams["twice"] = seeds(t, "twice")["twice"]
	streams["mixed"] = zipped(t, mixed(r, 5000), 6)
	for name, data := range streams {
		for _, piece := range []int{1, 7, 40, len(data)} {
			arrived := 0
			g := &gate{data: data, piece: piece}
			g.before = func(given int) {
				want := klauspost(data[:given])
				require.GreaterOrEqual(t, arrived, len(want.out), "%s in pieces of %d: after %d bytes", name, piece, given)
			}
			z, err := NewReader(g)
			require.NoError(t, err)
			block := make([]byte, 1000)
			for err == nil {
				var n int
				n, err = z.Read(block)
				arrived += n
			}
			require.Equal(t, io.EOF, err)
		}
	}
}

// What was flushed can be read before more is written.
func TestFlushed(t *testing.T) {
	in, out := io.Pipe()
	go func() {
		w := gzip.NewWriter(out)
		for _, s := range []string{"one", "two", "three"} {
			io.WriteString(w, s)
			w.Flush()
		}
		w.Close() // and the pipe stays open
	}()
	z, err := NewReader(in)
	require.NoError(t, err)
	b := make([]byte, 11)
	_, err = io.ReadFull(z, b)
	require.NoError(t, err)
	assert.Equal(t, "onetwothree", string(b))
}

// Nothing is asked for behind bytes that are no gzip member, nor after an error.
func TestNoReadingOn(t *testing.T) {
	good := zipped(t, []byte("abc"), 6)
	bad := bytes.Clone(good)
	bad[len(bad)-1] ^= 1
	for name, tc := range map[string]struct {
		data []byte
		err  error
	}{
		"garbage":  {append(bytes.Clone(good), "garbage"...), ErrTrailing},
		"checksum": {append(bytes.Clone(bad), good...), gzip.ErrChecksum},
	} {
		t.Run(name, func(t *testing.T) {
			src := io.MultiReader(bytes.NewReader(tc.data), iotest.ErrReader(syscall.ECONNRESET))
			z, err := NewReader(src)
			require.NoError(t, err)
			for range 2 {
				_, err = io.ReadAll(z)
				assert.Equal(t, tc.err, err)
			}
			_, err = src.Read(make([]byte, 1))
			assert.Equal(t, syscall.ECONNRESET, err, "nobody had it")
		})
	}
}

// Errors of the reader below are handed on, after what came before them.
func TestReaderErrors(t *testing.T) {
	r := rand.New(rand.NewPCG(6, 6))
	raw := mixed(r, 200_000)
	var c comparer
	data := zipped(t, raw, 6)
	for n := 0; n < len(data); n += 1 + r.IntN(3000) {
		for _, sourceErr := range []error{syscall.ECONNRESET, io.ErrNoProgress, io.ErrUnexpectedEOF} {
			src := io.MultiReader(bytes.NewReader(data[:n]), iotest.ErrReader(sourceErr))
			if sourceErr == io.ErrNoProgress {
				src = io.MultiReader(bytes.NewReader(data[:n]), stuck(0))
			}
			got, _ := c.ours(src, nil)
			require.Equal(t, sourceErr, got.err)
			require.Equal(t, klauspost(data[:n]).out, got.out)
		}
	}
	for _, n := range []int{-1, inSize + 1} {
		_, err := NewReader(stuck(n))
		assert.ErrorContains(t, err, "impossible count")
	}
	// The end of the stream, but not of the reader below.
	got, _ := c.ours(io.MultiReader(bytes.NewReader(data), iotest.ErrReader(syscall.ECONNRESET)), nil)
	assert.Equal(t, syscall.ECONNRESET, got.err)
	assert.True(t, bytes.Equal(raw, got.out))
}

// stuck returns the same count for ever.
type stuck int

func (s stuck) Read([]byte) (int, error) { return int(s), nil }

type shortWriter struct{ n int }

func (w shortWriter) Write([]byte) (int, error) { return w.n, nil }

func TestWriterErrors(t *testing.T) {
	data := zipped(t, []byte("abc"), 6)
	for n, want := range map[int]string{1: "short write", 4: "impossible count", -1: "impossible count"} {
		z, err := NewReader(bytes.NewReader(data))
		require.NoError(t, err)
		_, err = z.WriteTo(shortWriter{n})
		assert.ErrorContains(t, err, want)
	}
}

// A reader is closed once, however often Close is called, and gives nothing afterwards.
func TestClose(t *testing.T) {
	var pool Pool
	open := func(s string) *Reader {
		z, err := pool.NewReader(bytes.NewReader(zipped(t, []byte(s), 6)))
		require.NoError(t, err)
		return z
	}
	a := open("a")
	require.NoError(t, a.Close())
	require.NoError(t, a.Close())
	b, c := open("b"), open("c")
	for z, want := range map[*Reader]string{b: "b", c: "c"} {
		got, err := io.ReadAll(z)
		require.NoError(t, err)
		assert.Equal(t, want, string(got))
	}
	_, err := a.Read(make([]byte, 1))
	assert.Equal(t, errClosed, err)
	_, err = a.WriteTo(io.Discard)
	assert.Equal(t, errClosed, err)
}

// No distance reaches into an earlier member, nor into what the memory held before.
func TestHistoryIsNew(t *testing.T) {
	var w bitWriter
	w.put(0b011, 3)     // final, fixed
	w.put(0b1000000, 7) // length 3, first bit lowest
	w.put(0, 5)         // distance 1
	w.put(0, 7)
	reaching := member(w.bytes(), []byte("ccc"))

	var c comparer
	for _, data := range [][]byte{reaching, append(zipped(t, []byte("abc"), 6), reaching...)} {
		z, err := c.pool.NewReader(bytes.NewReader(zipped(t, bytes.Repeat([]byte("c"), 300_000), 6)))
		require.NoError(t, err)
		_, err = io.Copy(io.Discard, z)
		require.NoError(t, err)
		require.NoError(t, z.Close())
		got := c.compare(t, data)
		assert.ErrorContains(t, got.err, "flate: corrupt input before offset 2")
	}
}

// Headers with fields of every length that matters.
func TestHeaders(t *testing.T) {
	var c comparer
	var text = func(n int) []byte { return append(bytes.Repeat([]byte{0xe9}, n), 0) }
	for _, tc := range []struct {
		flags  byte
		fields []byte
		err    error
	}{
		{0, nil, nil},
		{flagName, text(0), nil},
		{flagName, text(maxText - 1), nil},
		{flagName, text(maxText), gzip.ErrHeader},
		{flagComment, text(maxText - 1), nil},
		{flagComment, text(maxText), gzip.ErrHeader},
		{flagName | flagComment, append(text(3), text(4)...), nil},
		{flagExtra, []byte{0, 0}, nil},
		{flagExtra, append([]byte{0xff, 0xff}, make([]byte, 0xffff)...), nil},
		{flagExtra | flagName, append([]byte{2, 0, 7, 7}, text(1)...), nil},
		{1, nil, nil}, // says that it is text
		{flagHeaderCRC, []byte{0, 0}, gzip.ErrHeader},
		{0x20, nil, gzip.ErrHeader},
		{0x40, nil, gzip.ErrHeader},
		{0x80, nil, gzip.ErrHeader},
	} {
		data := member([]byte{3, 0}, nil) // an empty fixed block
		data[3] = tc.flags
		data = append(data[:10:10], append(bytes.Clone(tc.fields), data[10:]...)...)
		got := c.compare(t, data)
		assert.Equal(t, tc.err, got.err, "flags %#x, %d bytes", tc.flags, len(tc.fields))

		// As a second member, which is cut as well.
		first := zipped(t, []byte("abc"), 6)
		assert.Equal(t, tc.err, c.compare(t, append(bytes.Clone(first), data...)).err)
		for n := range min(len(data), 20) {
			c.compare(t, append(bytes.Clone(first), data[:n]...))
		}
	}
}
