//go:build unix

package main

import (
	"archive/tar"
	"bytes"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// shell is a tool that is a script.
func shell(script string) tool {
	return tool{name: "sh", kind: "dive", program: "/bin/sh", args: []string{"-c", script, "sh", scratch, output}}
}

// What a process takes is what measure says.
func TestMeasure(t *testing.T) {
	// The packages are counted by the program itself, which a test is not.
	m, err := measureOnly(t.Context(), shell(`dd if=/dev/zero of="$1/big" bs=1048576 count=8 2>/dev/null; sleep 0.3; rm "$1/big"; echo '{}' > "$2"`), filepath.Join(t.TempDir(), "out"))
	require.NoError(t, err)
	assert.InDelta(t, 8<<20, m.disk, 1<<20)
	assert.GreaterOrEqual(t, m.wall, 300*time.Millisecond)
	assert.Less(t, m.wall, 20*time.Second)
	assert.Greater(t, m.peak, int64(100<<10))
	assert.Less(t, m.cpu, m.wall)

	_, err = measureOnly(t.Context(), shell("echo no such image >&2; exit 3"), filepath.Join(t.TempDir(), "out"))
	assert.ErrorContains(t, err, "exit status 3: no such image")
}

func TestEnvironment(t *testing.T) {
	t.Setenv("TRIVY_CACHE_DIR", "x")
	t.Setenv("PATH", "/bin")
	env := strings.Join(environment(), "\n")
	assert.NotContains(t, env, "TRIVY_CACHE_DIR")
	assert.Contains(t, env, "PATH=/bin")
	assert.NotContains(t, env, "HOME="+os.Getenv("HOME")+"\n")
}

func TestPackagesIn(t *testing.T) {
	for kind, tc := range map[string]struct {
		text string
		want int
	}{
		"stemma":  {`{"packages":[{"state":"present"},{"state":"removed"},{"state":"present"}]}`, 2},
		"trivy":   {`{"Results":[{"Packages":[{},{}]},{"Target":"x"},{"Packages":[{}]}]}`, 3},
		"syft":    {`{"artifacts":[{},{}]}`, 2},
		"scalibr": {`{"components":[{"type":"library"},{"type":"file"}]}`, 1},
		"dive":    {``, -1},
	} {
		got, err := packagesIn(kind, []byte(tc.text))
		require.NoError(t, err, kind)
		assert.Equal(t, tc.want, got, kind)
	}
	_, err := packagesIn("other", nil)
	assert.Error(t, err)
}

func TestTable(t *testing.T) {
	tools := []tool{{name: "stemma", program: "/x/benchmark", args: []string{"report", scratch}}, {name: "dive", program: "/x/dive", args: []string{"--json", output, ""}}}
	s := time.Second
	got := table(tools, [][]measured{
		{{wall: 1 * s, packages: 7}, {wall: 3 * s, packages: 7}, {wall: 2 * s, packages: 7}},
		{{wall: 4 * s, packages: -1, peak: 5 << 20}, {wall: 4 * s, peak: 5 << 20}, {wall: 4 * s, peak: 5 << 20}},
	})
	assert.Contains(t, got, "| stemma |  | 2.00 (1.00–3.00) | 1.00 | 0.00 | 0 | 0 | 7 |\n")
	assert.Contains(t, got, "| dive |  | 4.00 (4.00–4.00) | 0.50 | 0.00 | 5 | 0 | – |\n")
	assert.Contains(t, got, "    dive --json $OUT \"\"\n")
}

// The floor reads every form of a layer.
func TestFloor(t *testing.T) {
	var plain, gz, zs bytes.Buffer
	w := tar.NewWriter(&plain)
	require.NoError(t, w.WriteHeader(&tar.Header{Name: "a", Size: 3}))
	_, err := w.Write([]byte("abc"))
	require.NoError(t, err)
	require.NoError(t, w.Close())
	g := gzip.NewWriter(&gz)
	z, err := zstd.NewWriter(&zs)
	require.NoError(t, err)
	for _, w := range []io.WriteCloser{g, z} {
		_, err := w.Write(plain.Bytes())
		require.NoError(t, err)
		require.NoError(t, w.Close())
	}
	for _, b := range [][]byte{plain.Bytes(), gz.Bytes(), zs.Bytes()} {
		assert.NoError(t, floorOf(bytes.NewReader(b)))
	}
	assert.Error(t, floorOf(bytes.NewReader(gz.Bytes()[:20])))
}

func TestFind(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	found, missing, err := find(image{"x", true}, "")
	require.NoError(t, err)
	assert.Len(t, found, 3)
	assert.Equal(t, []string{"trivy: not on PATH", "syft: not on PATH", "scalibr: not on PATH", "dive: not on PATH"}, missing)
	found, _, err = find(image{"x", false}, "stemma")
	require.NoError(t, err)
	assert.Len(t, found, 2)
	_, _, err = find(image{"x", false}, "nothing")
	assert.Error(t, err)
	require.NoError(t, os.WriteFile(filepath.Join(os.Getenv("PATH"), "dive"), nil, 0o700))
	found, missing, err = find(image{"x", true}, "dive,stemma")
	require.NoError(t, err)
	assert.Len(t, found, 2)
	assert.Equal(t, []string{"dive: does not read an OCI layout"}, missing)
}
