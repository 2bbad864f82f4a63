//go:build unix

package inflate

import (
	"archive/tar"
	"bytes"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/klauspost/compress/gzip"
	"github.com/stretchr/testify/require"
)

// BenchmarkRatio decompresses the same layers in turn with klauspost's package and with
// this one, five times each, in blocks as the pass over a layer does, and reports the
// medians and their ratio. They are of processor time, so other work on the machine matters
// little:
//
//	go test ./layers/inflate -run '^$' -bench Ratio -benchtime 1x
//
// The layers are the source of Go, this test's own binary, and every *.gz in the directory
// that INFLATE_LAYERS names.
func BenchmarkRatio(b *testing.B) {
	layers := map[string][]byte{"go-source": pack(b, goSource(b)), "binary": pack(b, ownBinary(b))}
	if dir := os.Getenv("INFLATE_LAYERS"); dir != "" {
		files, err := filepath.Glob(filepath.Join(dir, "*.gz"))
		require.NoError(b, err)
		for _, f := range files {
			data, err := os.ReadFile(f)
			require.NoError(b, err)
			layers[filepath.Base(f)] = data
		}
	}
	names := []string{}
	for name := range layers {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		b.Run(name, func(b *testing.B) { ratio(b, layers[name]) })
	}
}

func ratio(b *testing.B, layer []byte) {
	var pool Pool
	block := make([]byte, 256<<10)
	timed := func(open func(io.Reader) (io.ReadCloser, error)) (time.Duration, int64) {
		start := cpuTime(b)
		r, err := open(struct{ io.Reader }{bytes.NewReader(layer)})
		require.NoError(b, err)
		n, err := io.CopyBuffer(struct{ io.Writer }{io.Discard}, struct{ io.Reader }{r}, block)
		require.NoError(b, err)
		require.NoError(b, r.Close())
		return cpuTime(b) - start, n
	}
	var theirs, ours []time.Duration
	var size int64
	for b.Loop() {
		for range 5 {
			t, n := timed(func(r io.Reader) (io.ReadCloser, error) { return gzip.NewReader(r) })
			theirs = append(theirs, t)
			t, m := timed(func(r io.Reader) (io.ReadCloser, error) { return pool.NewReader(r) })
			ours = append(ours, t)
			require.Equal(b, n, m)
			size = n
		}
	}
	slices.Sort(theirs)
	slices.Sort(ours)
	their, our := theirs[len(theirs)/2], ours[len(ours)/2]
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(float64(size)/1e6/their.Seconds(), "klauspost-MB/s")
	b.ReportMetric(float64(size)/1e6/our.Seconds(), "MB/s")
	b.ReportMetric(float64(their)/float64(our), "x-klauspost")
}

func cpuTime(tb testing.TB) time.Duration {
	var u syscall.Rusage
	require.NoError(tb, syscall.Getrusage(syscall.RUSAGE_SELF, &u))
	return time.Duration(u.Utime.Nano())
}

func pack(tb testing.TB, raw []byte) []byte {
	var z bytes.Buffer
	w := gzip.NewWriter(&z)
	_, err := w.Write(raw)
	require.NoError(tb, err)
	require.NoError(tb, w.Close())
	return z.Bytes()
}

// goSource is a tar archive of some of Go's source.
func goSource(tb testing.TB) []byte {
	out, err := exec.Command("go", "env", "GOROOT").Output()
	require.NoError(tb, err)
	root := filepath.Join(strings.TrimSpace(string(out)), "src")
	if _, err := os.Stat(root); err != nil {
		tb.Skip("the source of Go is not here")
	}
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	for _, dir := range []string{"net", "runtime", "go", "crypto", "encoding", "unicode", "compress"} {
		require.NoError(tb, w.AddFS(os.DirFS(filepath.Join(root, dir))), fmt.Sprint(dir))
	}
	require.NoError(tb, w.Close())
	return b.Bytes()
}

func ownBinary(tb testing.TB) []byte {
	name, err := os.Executable()
	require.NoError(tb, err)
	raw, err := os.ReadFile(name)
	require.NoError(tb, err)
	return raw
}
