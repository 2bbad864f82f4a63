package layers

import (
	"archive/tar"
	"bytes"
	"fmt"
	"io"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/klauspost/compress/gzip"
	"github.com/stretchr/testify/require"
)

// growing is an image with that many layers, and that many files in all. how says what
// the layers above the first have: "files" has new files, "same" the files of the layer
// below once more, "whiteouts" deletes those and has new ones, "opaque" makes
// directories opaque and fills them again, "links" has files below a chain of long
// symbolic links, "deep" a tree of 100 levels.
func growing(tb testing.TB, how string, layers, files int) []stored {
	tb.Helper()
	all := make([]stored, layers)
	each := files / layers
	for i := range all {
		var b, z bytes.Buffer
		gz, err := gzip.NewWriterLevel(&z, gzip.BestSpeed)
		require.NoError(tb, err)
		w := tar.NewWriter(io.MultiWriter(&b, gz))
		add := func(name, body string) {
			require.NoError(tb, w.WriteHeader(&tar.Header{Name: name, Mode: 0o644, Size: int64(len(body)), ModTime: day}))
			_, err := io.WriteString(w, body)
			require.NoError(tb, err)
		}
		for j := range each {
			switch how {
			case "files":
				add(fmt.Sprintf("usr/lib/p%d/%d/f%d", i, j/100, j), "x")
			case "same":
				add(fmt.Sprintf("usr/lib/%d/f%d", j/100, j), fmt.Sprint(i%10))
			case "whiteouts":
				if j%2 == 0 && i > 0 {
					add(fmt.Sprintf("usr/lib/%d/.wh.f%d-%d", j/100, i-1, j), "")
				} else {
					add(fmt.Sprintf("usr/lib/%d/f%d-%d", j/100, i, j-1), "x")
				}
			case "opaque":
				if j%100 == 0 {
					add(fmt.Sprintf("usr/lib/%d/.wh..wh..opq", j/100), "")
				} else {
					add(fmt.Sprintf("usr/lib/%d/f%d", j/100, j), "x")
				}
			case "links":
				if j < 40 { // each leads to the next, and the last to nothing
					require.NoError(tb, w.WriteHeader(&tar.Header{Name: fmt.Sprintf("l%d", j), Linkname: strings.Repeat("./", 2000) + fmt.Sprintf("l%d", j+1), Typeflag: tar.TypeSymlink}))
				}
				add(fmt.Sprintf("l0/f%d", j), "x")
			case "deep":
				add(strings.Repeat("d/", 100)+fmt.Sprintf("%d/%d", j/100, j), "x")
			}
		}
		require.NoError(tb, w.Close())
		require.NoError(tb, gz.Close())
		all[i] = stored{z.Bytes(), b.Bytes()}
	}
	return all
}

// BenchmarkGrowth prints how the time grows with the layers and with the files:
//
//	go test ./layers -run '^$' -bench Growth -benchtime 1x -timeout 20m
//
// Each row is measured three times and the fastest counts. "ns/entry" should be the
// same in all rows of a block; "x-floor" is the ratio to decompression, hashing and
// header parsing of the same bytes, measured in turn.
func BenchmarkGrowth(b *testing.B) {
	for b.Loop() {
		fmt.Printf("\n%-10s %6s %8s %10s %9s %8s\n", "shape", "layers", "entries", "time", "ns/entry", "x-floor")
		for _, how := range []string{"files", "same", "whiteouts", "opaque"} {
			for _, layers := range []int{1, 8, 32, 127} {
				growthRow(b, how, layers, 100_000)
			}
		}
		for _, how := range []string{"files", "whiteouts", "links", "deep"} {
			for _, files := range []int{1_000, 10_000, 100_000, 1_000_000} {
				growthRow(b, how, 4, files)
			}
		}
	}
}

func growthRow(b *testing.B, how string, layers, files int) {
	all := growing(b, how, layers, files)
	img, _ := claimed(b, all...)
	took, least := time.Duration(1<<62), time.Duration(1<<62)
	entries := 0
	for range 3 {
		runtime.GC()
		start := time.Now()
		floor(b, all)
		least = min(least, time.Since(start))
		runtime.GC()
		start = time.Now()
		x := read(b, img, nil)
		took = min(took, time.Since(start))
		entries = 0
		for i := range x.Layers {
			entries += int(x.state.recs.count[i])
		}
	}
	fmt.Printf("%-10s %6d %8d %10s %9d %8.2f\n", how, layers, entries, took.Round(10*time.Microsecond),
		took.Nanoseconds()/int64(entries), float64(took)/float64(least))
}
