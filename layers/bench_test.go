package layers

import (
	"archive/tar"
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"fmt"
	"io"
	"math/rand/v2"
	"runtime"
	"sync"
	"testing"
	"time"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/klauspost/compress/zstd"
	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"

	"github.com/stemma-go/stemma/layers/inflate"
)

// benchArchive is an archive of files of mixed sizes whose content compresses about
// three to one, as that of real images does.
func benchArchive(tb testing.TB, seed uint64, files, mean int) []byte {
	tb.Helper()
	r := rand.New(rand.NewPCG(seed, 0))
	words := make([][]byte, 4000)
	for i := range words {
		w := make([]byte, 3+r.IntN(14))
		for j := range w {
			w[j] = byte(r.Uint32())
		}
		words[i] = w
	}
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	var body []byte
	for i := range files {
		size := int(float64(mean) * r.ExpFloat64())
		for body = body[:0]; len(body) < size; {
			body = append(body, words[r.IntN(len(words))]...)
		}
		require.NoError(tb, w.WriteHeader(&tar.Header{
			Name: fmt.Sprintf("usr/share/dir%d/sub%d/file%d", i/400, i/20, i), Mode: 0o644, Size: int64(len(body)), ModTime: day,
		}))
		_, err := w.Write(body)
		require.NoError(tb, err)
	}
	require.NoError(tb, w.Close())
	return b.Bytes()
}

// benchShapes are images of one huge layer and of several medium ones.
func benchShapes(b *testing.B) map[string][]stored {
	shapes := map[string][]stored{}
	for _, kind := range []string{"gzip", "zstd", "none"} {
		pack := func(tar []byte) stored {
			switch kind {
			case "gzip":
				return stored{gz(b, tar), tar}
			case "zstd":
				return stored{zst(b, tar), tar}
			}
			return stored{tar, tar}
		}
		shapes[kind+"/huge"] = []stored{pack(benchArchive(b, 1, 6000, 25_000))}
		for i := range 6 {
			shapes[kind+"/many"] = append(shapes[kind+"/many"], pack(benchArchive(b, uint64(i), 1000, 25_000)))
		}
	}
	return shapes
}

// BenchmarkRead compares Read with the floor: decompression, a walk over the headers,
// and both hashes, with nothing learnt from it. "x-floor" is the ratio of the two,
// measured in turn.
func BenchmarkRead(b *testing.B) {
	shapes := benchShapes(b)
	for _, kind := range []string{"gzip", "zstd", "none"} {
		for _, shape := range []string{"huge", "many"} {
			layers := shapes[kind+"/"+shape]
			img := image(b, layers...)
			var size int64
			for _, l := range layers {
				size += int64(len(l.tar))
			}
			b.Run(kind+"/"+shape, func(b *testing.B) {
				b.SetBytes(size)
				b.ReportAllocs()
				var r race
				for b.Loop() {
					b.StopTimer()
					r.runFloor(b, layers)
					b.StartTimer()
					r.runRead(b, img)
				}
				r.report(b)
			})
		}
	}
}

// A race sums up what the floor and Read take in turn.
type race struct{ floor, read time.Duration }

func (r *race) runFloor(b *testing.B, layers []stored) {
	start := time.Now()
	floor(b, layers)
	r.floor += time.Since(start)
}

func (r *race) runRead(b *testing.B, img v1.Image) *Index {
	start := time.Now()
	x, err := Read(context.Background(), img, nil)
	r.read += time.Since(start)
	require.NoError(b, err)
	return x
}

func (r *race) report(b *testing.B) {
	b.ReportMetric(float64(r.read)/float64(r.floor), "x-floor")
}

// BenchmarkFloor is the floor alone.
func BenchmarkFloor(b *testing.B) {
	shapes := benchShapes(b)
	for _, kind := range []string{"gzip", "zstd", "none"} {
		for _, shape := range []string{"huge", "many"} {
			layers := shapes[kind+"/"+shape]
			b.Run(kind+"/"+shape, func(b *testing.B) {
				for _, l := range layers {
					b.SetBytes(int64(len(l.tar)))
				}
				for b.Loop() {
					floor(b, layers)
				}
			})
		}
	}
}

// floor does the least that a verified reading must do, as fast as simple code can. It
// reads the layers in parallel, and hashes blob and archive beside the decompression.
// A plain layer is only hashed.
func floor(tb testing.TB, layers []stored) {
	var g errgroup.Group
	g.SetLimit(runtime.GOMAXPROCS(0))
	for _, l := range layers {
		g.Go(func() error { return floorOf(l.blob) })
	}
	require.NoError(tb, g.Wait())
}

func floorOf(blob []byte) error {
	compression, _ := sniff(blob)
	if compression == compressionNone {
		sha256.Sum256(blob)
		return nil
	}
	ctx := context.Background()
	var wg sync.WaitGroup
	defer wg.Wait()
	wg.Go(func() { sha256.Sum256(blob) })
	d, err := floorDecoder(compression, blob)
	if err != nil {
		return err
	}
	var diffID v1.Hash
	archive := newPipe()
	wg.Go(func() { archive.sendAll(ctx, newBlocks(4*pipeDepth).of(d, nil, nil)) })
	headers := newPipe()
	wg.Go(func() {
		headers.sendAll(ctx, hashed(func() (*block, error) { return archive.receive(ctx) }, &diffID))
	})
	in := &stageReader{next: func() (*block, error) { return headers.receive(ctx) }}
	for tr := tar.NewReader(in); err == nil; {
		_, err = tr.Next()
	}
	return cmp.Or(eofIsFine(err), in.drain())
}

func floorDecoder(compression string, blob []byte) (io.Reader, error) {
	if compression == compressionGzip {
		return inflate.NewReader(bytes.NewReader(blob))
	}
	return zstd.NewReader(bytes.NewReader(blob), zstd.WithDecoderConcurrency(1))
}

func eofIsFine(err error) error {
	if err == io.EOF {
		return nil
	}
	return err
}
