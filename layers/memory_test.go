package layers

import (
	"archive/tar"
	"bytes"
	"context"
	"fmt"
	"io"
	"runtime"
	"runtime/metrics"
	"strings"
	"sync/atomic"
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

// TestMemory checks that the heap, garbage included, never has more than 64 MiB and 200
// bytes for each entry, and that the Index keeps at most 150 bytes for each.
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

// TestMemoryOfLargeFile checks that the peak does not depend on the size of a file.
func TestMemoryOfLargeFile(t *testing.T) {
	if testing.Short() {
		t.Skip("decompresses 192 MiB")
	}
	const size = 192 << 20
	img := image(t, stored{largeFile(t, size), nil})
	before := heap()
	peak := peakDuring(func() {
		x := read(t, img, nil)
		assert.EqualValues(t, size, x.Layers[0].Content)
	}) - before
	assert.Less(t, peak, uint64(64<<20))
	t.Logf("peak %d bytes", peak)
}

// largeFile is a gzipped layer of one file.
func largeFile(t *testing.T, size int64) []byte {
	t.Helper()
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
	return b.Bytes()
}

// TestMemoryOfWantedFiles checks that at most one large wanted file is in memory,
// however many layers have one.
func TestMemoryOfWantedFiles(t *testing.T) {
	const size = 48 << 20
	blob := largeFile(t, size)
	img := image(t, stored{blob, nil}, stored{blob, nil}, stored{blob, nil}, stored{blob, nil})
	var used atomic.Int64
	want := Want{
		Match: func(Entry, []byte) bool { return true },
		Use:   func(_ Entry, b []byte) error { used.Add(int64(len(b))); return nil },
	}
	before := heap()
	peak := peakDuring(func() { read(t, img, &Options{Parallelism: 4, Wants: []Want{want}}) }) - before
	assert.EqualValues(t, 4*size, used.Load())
	assert.Less(t, peak, uint64(64<<20+size))
	t.Logf("peak %d bytes", peak)
}

// After a file that breaks off, or makes a want panic, the next one gets its memory.
func TestWantedFilesThatFail(t *testing.T) {
	for _, size := range []int64{2 << 20, 9 << 20} {
		blob := largeFile(t, size)
		img := image(t, stored{blob[:len(blob)/2], nil}, stored{blob, nil}, stored{blob, nil})
		var used int64
		want := Want{
			Match: func(Entry, []byte) bool { return true },
			Use: func(e Entry, b []byte) error {
				if e.Layer == 1 {
					panic("not this one")
				}
				used += int64(len(b))
				return nil
			},
		}
		x := read(t, img, &Options{Parallelism: 1, Wants: []Want{want}})
		assert.EqualValues(t, size, used)
		assert.True(t, x.Layers[0].Partial)
		assert.Contains(t, strings.Join(problemTexts(x), "\n"), "not this one")
	}
}

// A layer that waits for its turn with a large file stops when the context is done.
func TestLargeFileCancelled(t *testing.T) {
	blob := largeFile(t, 9<<20)
	img := image(t, stored{blob, nil}, stored{blob, nil})
	ctx, cancel := context.WithCancel(t.Context())
	want := Want{
		Match: func(Entry, []byte) bool { return true },
		Use: func(Entry, []byte) error {
			time.AfterFunc(10*time.Millisecond, cancel)
			<-ctx.Done()
			return nil
		},
	}
	_, err := Read(ctx, img, &Options{Parallelism: 2, Wants: []Want{want}})
	assert.ErrorIs(t, err, context.Canceled)
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
