package source

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-containerregistry/pkg/name"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestFullNames: a name in an archive counts only if it is legal for registries and
// clients, and is not the name of another image.
func TestFullNames(t *testing.T) {
	hex := strings.Repeat("a", 64)
	for have, want := range map[string]string{
		"debian:12":                          "debian:12",
		"docker.io/debian:12":                "debian:12",
		"index.docker.io/library/debian:12":  "debian:12",
		"docker.io/library/deep/app:1":       "library/deep/app:1",
		"localhost/app:1":                    "localhost/app:1",
		"localhost:5000/app":                 "localhost:5000/app:latest",
		"ghcr.io/org/my__app-x--y.z:1_2.3-4": "ghcr.io/org/my__app-x--y.z:1_2.3-4",
		"[::1]:5000/app:1":                   "[::1]:5000/app:1",
		"docker.io//debian:12":               "",
		"docker.io/quay.io/app:1":            "",
		"docker.io/localhost/app:1":          "",
		"quay.io/app/:1":                     "",
		"quay.io/../app:1":                   "",
		"quay.io/.app:1":                     "",
		"quay.io/app:-1":                     "",
		"-host.test/app:1":                   "",
		"sha256:" + hex:                      "", // containerd's CRI calls images by their IDs too
		"quay.io/app@sha256:" + hex:          "",
		"12":                                 "",
	} {
		got := fullNames([]string{have})
		if want == "" {
			assert.Empty(t, got, have)
			continue
		}
		assert.Equal(t, []string{want}, got, have)
		again, err := name.ParseReference(want)
		require.NoError(t, err)
		ref, err := name.ParseReference(have)
		require.NoError(t, err)
		assert.Equal(t, ref.Name(), again.Name(), "the short form is the same image's")
	}
}

// BenchmarkManyNames shows that the cost for each name does not grow with their number.
// An archive may have as many as fit into its index.
func BenchmarkManyNames(b *testing.B) {
	for _, count := range []int{200, 2_000, 20_000} {
		names := make([]string, count)
		for n := range names {
			names[n] = fmt.Sprint("a:", n)
		}
		b.Run(fmt.Sprint(count), func(b *testing.B) {
			for b.Loop() {
				require.Len(b, fullNames(names), count)
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*count), "ns/name")
		})
	}
}
