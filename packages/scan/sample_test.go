package scan_test

import (
	"fmt"
	"os"
	"path"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/stemma-go/stemma/layers"
	"github.com/stemma-go/stemma/packages"
	"github.com/stemma-go/stemma/packages/scan"
	"github.com/stemma-go/stemma/testdata/sample"
)

// sampleTruth has the tables that the distribution's own tools wrote inside the
// sample's stages.
const sampleTruth = "../../testdata/chain/expected"

// truth reads one of the tables below dir; testdata/chain/truth.py says what is in them.
func truth(t *testing.T, dir, name string) [][]string {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(dir, name))
	require.NoError(t, err)
	var rows [][]string
	for line := range strings.Lines(string(data)) {
		rows = append(rows, strings.Split(strings.TrimSuffix(line, "\n"), "\t"))
	}
	return rows
}

func readSample(t *testing.T) (*layers.Index, *packages.Inventory) {
	t.Helper()
	img, err := sample.Open()
	require.NoError(t, err)
	idx, inv, err := scan.Read(t.Context(), img, nil)
	require.NoError(t, err)
	return idx, inv
}

// change spells an event as the tables do; to dpkg a reinstalled package is a new one.
func change(e packages.Event) string {
	kind := e.Kind
	if kind == packages.Reinstalled {
		kind = packages.Introduced
	}
	return fmt.Sprintf("%d %s [%s] [%s]", e.Layer, kind, e.From, e.To)
}

// TestSample compares the sample image with what the distribution's own tools said
// in it after each layer.
func TestSample(t *testing.T) {
	idx, inv := readSample(t)
	assert.Empty(t, inv.Problems)
	t.Run("dpkg", func(t *testing.T) { checkDpkg(t, sampleTruth, inv) })
	t.Run("languages", func(t *testing.T) { checkLanguages(t, sampleTruth, inv) })
	t.Run("bytes", func(t *testing.T) { checkSampleBytes(t, idx, inv) })
}

// checkDpkg compares every event of every Debian package with dpkg-query's answers.
func checkDpkg(t *testing.T, dir string, inv *packages.Inventory) {
	t.Helper()
	want := map[string]bool{}
	for _, r := range truth(t, dir, "layers.dpkg.tsv") {
		want[fmt.Sprintf("%s:%s %s %s [%s] [%s]", r[2], r[3], r[0], r[1], r[4], r[5])] = true
	}
	require.NotEmpty(t, want)
	got := map[string]bool{}
	for _, p := range inv.Packages {
		if p.Type != "deb" {
			continue
		}
		for _, e := range p.Events {
			got[fmt.Sprintf("%s:%s %s", p.Name, p.Arch, change(e))] = true
		}
	}
	for e := range want {
		assert.True(t, got[e], "missed: %s", e)
	}
	for e := range got {
		assert.True(t, want[e], "invented: %s", e)
	}
}

// languageTruth spells the table of npm and Python packages as the events are.
func languageTruth(t *testing.T, dir string) map[string]string {
	t.Helper()
	want := map[string]string{} // what stays of a version: "from to"
	for _, r := range truth(t, dir, "layers.lang.tsv") {
		layer, kind, eco, name, where, from, to := r[0], r[1], r[2], r[3], r[4], r[5], r[6]
		if eco == "python" {
			where = path.Dir(where) // an upgrade is another .dist-info in the same place
		}
		if layer == "10" && strings.HasPrefix(where, "usr/local/lib/node_modules/npm") {
			layer = "9" // where its files are; npm could be asked once layer 10 had linked it
		}
		if to == "npm" {
			continue // an alias: package.json has another name than the directory
		}
		key := fmt.Sprintf("%s %s %s %s", layer, eco, name, where)
		before, after, _ := strings.Cut(want[key], " ")
		if kind != "introduced" {
			before = from
		}
		if kind != "removed" {
			after = to
		}
		want[key] = before + " " + after
	}
	return want
}

// checkLanguages does the same for npm and Python. Syft lists every
// package.json that has a name, so more npm packages than npm has installed.
func checkLanguages(t *testing.T, dir string, inv *packages.Inventory) {
	t.Helper()
	got := map[string]string{}
	for _, p := range inv.Packages {
		if p.Type != "npm" && p.Type != "python" {
			continue
		}
		where := path.Dir(p.Locations[0].Path)
		if p.Type == "python" {
			where = path.Dir(where)
		}
		for _, e := range p.Events {
			got[fmt.Sprintf("%d %s %s %s", e.Layer, p.Type, p.Name, where)] = e.From + " " + e.To
		}
	}
	want := languageTruth(t, dir)
	require.Greater(t, len(want), 300)
	for key, versions := range want {
		assert.Equal(t, versions, got[key], "missed: %s", key)
		delete(got, key)
	}
	for extra := range got {
		assert.Contains(t, extra, " npm ", "invented")
	}
	t.Logf("%d package.json files that npm does not count", len(got))
}

// checkSampleBytes checks the sums over the sample, and that bytes are counted for
// the distribution's package where two claim a file.
func checkSampleBytes(t *testing.T, idx *layers.Index, inv *packages.Inventory) {
	t.Helper()
	checkSums(t, idx, inv)
	for _, p := range inv.Packages {
		if p.Type == "python" && p.Name == "pip" {
			assert.Equal(t, "python3-pip", p.Owner)
			assert.Zero(t, p.Bytes.Total())
		}
	}
}

// checkSums checks what must hold for every image: each content byte of each layer
// is of a package, of a database, or of nobody, and counted once.
func checkSums(t testing.TB, idx *layers.Index, inv *packages.Inventory) {
	t.Helper()
	require.Len(t, inv.Layers, len(idx.Layers))
	byLayer := make([]int64, len(idx.Layers))
	for _, p := range inv.Packages {
		var sum int64
		for n, b := range p.Bytes.ByLayer {
			byLayer[n] += b
			sum += b
		}
		assert.Equal(t, p.Bytes.Total(), sum, "%s: visible + shadowed", p.Name)
		require.NotEmpty(t, p.Events, p.Name)
		assert.Equal(t, packages.Introduced, p.Events[0].Kind, p.Name)
	}
	for n, l := range inv.Layers {
		assert.Equal(t, idx.Layers[n].Content, l.Packages+l.Unowned+l.Metadata, "layer %d", n)
		assert.Equal(t, l.Packages, byLayer[n], "layer %d: bytes of packages", n)
	}
}
