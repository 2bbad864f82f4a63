// Package golden compares what a test writes with a file below its package's testdata.
// It defines the flag -update, which writes such files again.
package golden

import (
	"flag"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

var update = flag.Bool("update", false, "write the golden files again")

// Check fails the test if got is not what stands in testdata/name.
func Check(t testing.TB, name string, got []byte) {
	t.Helper()
	if *update {
		require.NoError(t, os.MkdirAll("testdata", 0o755))
	}
	CheckFile(t, filepath.Join("testdata", name), got)
}

// CheckFile is Check for a file anywhere: a page with output in it.
func CheckFile(t testing.TB, path string, got []byte) {
	t.Helper()
	if *update {
		require.NoError(t, os.WriteFile(path, got, 0o644))
	}
	want, err := os.ReadFile(path)
	require.NoError(t, err, "run the test with -update to make it")
	assert.Equal(t, string(want), string(got), "%s: run the test with -update if this is meant", path)
}
