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
	done := make(chan uint64)
	stop := make(chan struct{})
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
	x := read(t, img, nil)
	close(stop)
	peak := <-done - before
	after := heap() - before
	assert.Equal(t, n, x.Layers[layers-1].Files)
	assert.Less(t, peak, uint64(64<<20+200*n*layers))
	assert.Less(t, after, uint64(150*n*layers))
	t.Logf("%d entries: peak %d bytes, kept %d bytes, %d an entry", n*layers, peak, after, after/(n*layers))
	runtime.KeepAlive(x)
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
