package layers

import (
	"archive/tar"
	"bytes"
	"fmt"
	"io"
	"runtime"
	"runtime/metrics"
	"testing"
	"time"

	"github.com/klauspost/compress/gzip"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// manyFiles is a gzipped layer of small files, with the hash of its archive left to
// the reading.
func manyFiles(tb testing.TB, n int) []byte {
	tb.Helper()
	var b bytes.Buffer
	z, err := gzip.NewWriterLevel(&b, gzip.BestSpeed)
	require.NoError(tb, err)
	w := tar.NewWriter(z)
	for i := range n {
		require.NoError(tb, w.WriteHeader(&tar.Header{
			Name: fmt.Sprintf("usr/lib/node_modules/package%d/dist/module-%d.js", i/100, i), Mode: 0o644, Size: 2, ModTime: day,
		}))
		_, err := io.WriteString(w, "{}")
		require.NoError(tb, err)
	}
	require.NoError(tb, w.Close())
	require.NoError(tb, z.Close())
	return b.Bytes()
}

// TestMemory holds the peak of the heap, garbage included, to 64 MiB and 200 bytes
// for each entry, and what the Index keeps to 150.
func TestMemory(t *testing.T) {
	const n, layers = 60_000, 3
	blob := manyFiles(t, n)
	var all []stored
	for range layers {
		all = append(all, stored{blob, blob})
	}
	img := image(t, all...)
	before := heap()
	var x *Index
	peak := peakDuring(func() { x = read(t, img, nil) }) - before
	after := heap() - before
	assert.Equal(t, n, x.Layers[layers-1].Files)
	assert.Less(t, peak, uint64(64<<20+200*n*layers))
	assert.Less(t, after, uint64(150*n*layers))
	t.Logf("%d entries: peak %d bytes, kept %d bytes, %d an entry", n*layers, peak, after, after/(n*layers))
	runtime.KeepAlive(x)
}

// TestMemoryOfLargeFile holds the peak to the same whatever the size of a file is.
func TestMemoryOfLargeFile(t *testing.T) {
	if testing.Short() {
		t.Skip("decompresses 192 MiB")
	}
	const size = 192 << 20
	var b bytes.Buffer
	z, err := gzip.NewWriterLevel(&b, gzip.BestSpeed)
	require.NoError(t, err)
	w := tar.NewWriter(z)
	require.NoError(t, w.WriteHeader(&tar.Header{Name: "large", Mode: 0o644, Size: size, ModTime: day}))
	for range size >> 20 {
		_, err := w.Write(make([]byte, 1<<20))
		require.NoError(t, err)
	}
	require.NoError(t, w.Close())
	require.NoError(t, z.Close())
	img := image(t, stored{b.Bytes(), nil})
	before := heap()
	peak := peakDuring(func() {
		x := read(t, img, nil)
		assert.EqualValues(t, size, x.Layers[0].Content)
	}) - before
	assert.Less(t, peak, uint64(64<<20))
	t.Logf("peak %d bytes", peak)
}

// peakDuring is the most that the heap held while f ran, garbage included.
func peakDuring(f func()) uint64 {
	done, stop := make(chan uint64), make(chan struct{})
	go func() {
		peak := uint64(0)
		for {
			select {
			case <-stop:
				done <- peak
				return
			case <-time.After(time.Millisecond):
				peak = max(peak, objects())
			}
		}
	}()
	f()
	close(stop)
	return <-done
}

func heap() uint64 {
	runtime.GC()
	runtime.GC()
	return objects()
}

func objects() uint64 {
	s := []metrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}}
	metrics.Read(s)
	return s[0].Value.Uint64()
}
