package sample_test

import (
	"archive/tar"
	"bufio"
	"io"
	"os"
	"path"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/stemma-go/stemma/testdata/sample"
)

// rows reads a table of the ground truth: tab-separated, every row with the given number
// of columns.
func rows(t *testing.T, name string, columns int) [][]string {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("..", "chain", "expected", name))
	require.NoError(t, err)
	var table [][]string
	for line := range strings.Lines(string(data)) {
		row := strings.Split(strings.TrimSuffix(line, "\n"), "\t")
		require.Len(t, row, columns, "%s: %q", name, line)
		table = append(table, row)
	}
	return table
}

// packages is what a dpkg status file says: {package, architecture} to {version, state}.
type packages map[[2]string][2]string

func parseStatus(r io.Reader) (packages, error) {
	found := packages{}
	var name, arch, version, state string
	lines := bufio.NewScanner(r)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		key, value, _ := strings.Cut(lines.Text(), ": ")
		switch key {
		case "Package":
			name, arch, version, state = value, "", "", ""
		case "Architecture":
			arch = value
		case "Version":
			version = value
		case "Status":
			state = value[strings.LastIndexByte(value, ' ')+1:]
		case "":
			found[[2]string{name, arch}] = [2]string{version, state}
		}
	}
	return found, lines.Err()
}

// states returns what dpkg's database says after each layer of the image.
func states(t *testing.T, image v1.Image) []packages {
	t.Helper()
	layers, err := image.Layers()
	require.NoError(t, err)
	now, all := packages{}, []packages{}
	for i, layer := range layers {
		r, err := layer.Uncompressed()
		require.NoError(t, err)
		for archive := tar.NewReader(r); ; {
			header, err := archive.Next()
			if err == io.EOF {
				break
			}
			require.NoError(t, err, "layer %d", i)
			if path.Clean(header.Name) == "var/lib/dpkg/status" {
				now, err = parseStatus(archive)
				require.NoError(t, err, "layer %d", i)
			}
		}
		require.NoError(t, r.Close())
		all = append(all, now)
	}
	return all
}

// The ground truth, which dpkg-query told in the chain as built, is that of the sample.
func TestGroundTruthIsTheSamples(t *testing.T) {
	image, err := sample.Open()
	require.NoError(t, err)
	after := states(t, image)
	config, err := image.ConfigFile()
	require.NoError(t, err)

	last := -1
	for _, row := range rows(t, "stages.tsv", 4) {
		first, err := strconv.Atoi(row[1])
		require.NoError(t, err)
		assert.Equal(t, last+1, first, row[0])
		last, err = strconv.Atoi(row[2])
		require.NoError(t, err)
		require.Less(t, last, len(after), row[0])
		want := packages{}
		for _, p := range rows(t, row[0]+".dpkg.tsv", 4) {
			want[[2]string{p[0], p[1]}] = [2]string{p[2], p[3]}
		}
		assert.Equal(t, want, after[last], row[0])
		rows(t, row[0]+".lang.tsv", 4)
	}
	assert.Len(t, after, last+1)
	stages := rows(t, "stages.tsv", 4)
	assert.Equal(t, strconv.Itoa(len(config.History)), stages[len(stages)-1][3])
}

// Played one after the other, the changes of layers.dpkg.tsv give every layer's packages.
func TestGroundTruthOfLayers(t *testing.T) {
	image, err := sample.Open()
	require.NoError(t, err)
	changes := rows(t, "layers.dpkg.tsv", 6)
	kinds := map[string]int{}
	now := map[[2]string]string{}
	for layer, want := range states(t, image) {
		for ; len(changes) > 0 && changes[0][0] == strconv.Itoa(layer); changes = changes[1:] {
			c := changes[0]
			key := [2]string{c[2], c[3]}
			require.Equal(t, c[4], now[key], "layer %d: %s", layer, c[2])
			kinds[c[1]]++
			if now[key] = c[5]; c[5] == "" {
				delete(now, key)
			}
		}
		installed := map[[2]string]string{}
		for key, p := range want {
			if p[1] == "installed" {
				installed[key] = p[0]
			}
		}
		require.Equal(t, installed, now, "layer %d", layer)
	}
	assert.Empty(t, changes)
	for _, kind := range []string{"introduced", "upgraded", "removed"} {
		assert.NotZero(t, kinds[kind], "the sample shows no package %s", kind)
	}
	rows(t, "layers.lang.tsv", 7)
}
