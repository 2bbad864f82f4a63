package export

import (
	"fmt"
	"io"
	"runtime"
	"testing"

	"github.com/stretchr/testify/require"
)

// Rows a second, and the most memory that is in use while a million rows of images are written.
func BenchmarkWrite(b *testing.B) {
	const n = 1_000_000
	table := Tables()[0]
	for _, f := range Formats() {
		b.Run(f.Name, func(b *testing.B) {
			for range b.N {
				var peak uint64
				rows := func(yield func([]any, error) bool) {
					for i := range int64(n) {
						if i%50_000 == 49_999 {
							var m runtime.MemStats
							runtime.GC()
							runtime.ReadMemStats(&m)
							peak = max(peak, m.HeapAlloc)
						}
						if !yield([]any{i, fmt.Sprintf("sha256:%064x", i*i), true, i, fmt.Sprintf("sha256:%064x", i), "linux/amd64", i, i, i, i, i, i % 100, i % 1000, false, "", i, int64(1), "v1"}, nil) {
							return
						}
					}
				}
				_, err := Write(io.Discard, f, table, rows)
				require.NoError(b, err)
				b.ReportMetric(float64(peak)/1e6, "peak-MB")
				b.ReportMetric(float64(n)*float64(b.N)/b.Elapsed().Seconds(), "rows/s")
			}
		})
	}
}
