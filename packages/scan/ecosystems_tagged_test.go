//go:build tagged

package scan_test

import (
	"fmt"
	"maps"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/stemma-go/stemma/layers/source"
	"github.com/stemma-go/stemma/packages"
	"github.com/stemma-go/stemma/packages/scan"
	"github.com/stemma-go/stemma/testdata/ecosystems"
)

// Every layer of these chains is one thing that a package system did, and after
// each the system's own tool was asked what is installed. What the library says of
// each layer must be the same, for all packages.
func TestTaggedEcosystems(t *testing.T) {
	dir, err := ecosystems.Build(t.Context())
	require.NoError(t, err)
	chains, err := filepath.Glob(filepath.Join(dir, "*", "truth"))
	require.NoError(t, err)
	require.NotEmpty(t, chains)
	for _, tables := range chains {
		chain := filepath.Dir(tables)
		t.Run(filepath.Base(chain), func(t *testing.T) {
			img, err := source.Open(t.Context(), "oci:"+filepath.Join(chain, "image"), nil)
			require.NoError(t, err)
			defer img.Close()
			idx, inv, err := scan.Read(t.Context(), img, nil)
			require.NoError(t, err)
			assert.Empty(t, inv.Problems)
			checkSums(t, idx, inv)
			checkURLs(t, filepath.Base(chain), inv)
			states := checkStates(t, tables, len(idx.Layers), inv)
			events := checkEvents(t, tables, inv)
			files := checkOwned(t, tables, inv)
			t.Logf("%d layers, %d packages asked for, %d events and the bytes of %d packages compared",
				len(idx.Layers), states, events, files)
		})
	}
}

// kinds are the package types that the truth tells of.
func kinds(rows [][]string, column int) map[string]bool {
	found := map[string]bool{}
	for _, r := range rows {
		found[r[column]] = true
	}
	return found
}

// where spells type, name, architecture and place as the tables do.
func where(p packages.Package) string {
	place := ""
	switch file := p.Locations[0].Path; p.Type {
	case "python":
		place = path.Dir(path.Dir(file))
		if strings.HasSuffix(file, ".egg-info") {
			place = path.Dir(file) // a file, not a directory
		}
	case "gem", "npm", "java-archive", "php-composer":
		place = path.Dir(file)
	case "go-module", "rust-crate", "dotnet":
		place = file
	}
	return strings.Join([]string{p.Type, p.Name, p.Arch, place}, "\t")
}

// versionAt is the version that p had after a layer, "" if it was not there.
func versionAt(p packages.Package, layer int) string {
	version := ""
	for _, e := range p.Events {
		if e.Layer <= layer {
			version = e.To // none after a removal
		}
	}
	return version
}

// checkStates compares what is installed after every layer.
func checkStates(t *testing.T, dir string, n int, inv *packages.Inventory) int {
	t.Helper()
	states, err := filepath.Glob(filepath.Join(dir, "[0-9][0-9].tsv"))
	require.NoError(t, err)
	require.Len(t, states, n)
	told := kinds(truth(t, dir, "events.tsv"), 2)
	total := 0
	for layer := range states {
		var want, got []string
		for _, r := range truth(t, dir, fmt.Sprintf("%02d.tsv", layer)) {
			want = append(want, strings.Join(r, "\t"))
		}
		for _, p := range inv.Packages {
			if v := versionAt(p, layer); told[p.Type] && v != "" && counted(p) {
				got = append(got, where(p)+"\t"+v)
			}
		}
		slices.Sort(want)
		slices.Sort(got)
		total += len(want)
		assert.Empty(t, without(want, got), "layer %d: missed", layer)
		assert.Empty(t, without(got, want), "layer %d: invented", layer)
	}
	return total
}

// counted says whether the tools count p as a package.
func counted(p packages.Package) bool {
	switch p.Type {
	case "go-module": // "go version -m" lists the program itself as "mod", without a version
		return p.Name != "example.org/shop/hello"
	case "npm": // Syft lists every package.json that has a name, as one that a gem ships
		return strings.HasPrefix(p.Locations[0].Path, "srv/app/")
	}
	return true
}

// checkURLs wants the package URL of every package, and all of it of those of the
// chain that says it is Ubuntu.
func checkURLs(t *testing.T, chain string, inv *packages.Inventory) {
	t.Helper()
	for _, p := range inv.Packages {
		assert.NotEmpty(t, p.PURL, "%s %s", p.Type, p.Name)
		if chain == "usrmerge" {
			version := strings.ReplaceAll(p.Version, ":", "%3A")
			assert.Equal(t, fmt.Sprintf("pkg:deb/ubuntu/%s@%s?arch=%s&distro=ubuntu-20.04", p.Name, version, p.Arch), p.PURL)
		}
	}
}

func without(a, b []string) []string {
	in := map[string]int{}
	for _, s := range b {
		in[s]++
	}
	var rest []string
	for _, s := range a {
		if in[s]--; in[s] < 0 {
			rest = append(rest, s)
		}
	}
	return rest
}

// checkEvents compares the kind, layer and versions of every event, of packages
// that cannot be there twice.
func checkEvents(t *testing.T, dir string, inv *packages.Inventory) int {
	t.Helper()
	rows := truth(t, dir, "events.tsv")
	want, single := map[string]bool{}, map[string]bool{}
	for _, r := range rows {
		layer, err := strconv.Atoi(r[0])
		require.NoError(t, err)
		key := strings.Join(r[2:6], "\t")
		single[key] = true
		want[fmt.Sprintf("%s %d %s [%s] [%s]", key, layer, r[1], r[6], r[7])] = true
	}
	got := map[string]bool{}
	for _, p := range inv.Packages {
		if key := where(p); single[key] {
			for _, e := range p.Events {
				got[fmt.Sprintf("%s %d %s [%s] [%s]", key, e.Layer, e.Kind, e.From, e.To)] = true
			}
		}
	}
	a, b := slices.Sorted(maps.Keys(want)), slices.Sorted(maps.Keys(got))
	assert.Empty(t, without(a, b), "missed")
	assert.Empty(t, without(b, a), "invented")
	return len(want)
}

// checkOwned compares the bytes that the packages of databases own in the finished
// image. A file that two packages list, as those of two architectures may, is
// counted for one of them.
func checkOwned(t *testing.T, dir string, inv *packages.Inventory) int {
	t.Helper()
	got := map[string]int64{}
	for _, p := range inv.Packages {
		if p.State != packages.Gone {
			got[strings.Join([]string{p.Type, p.Name, p.Arch, p.Version}, "\t")] += p.Bytes.Visible
		}
	}
	rows := truth(t, dir, "files.tsv")
	var sum int64
	for _, r := range rows {
		own, err := strconv.ParseInt(r[4], 10, 64)
		require.NoError(t, err)
		all, err := strconv.ParseInt(r[5], 10, 64)
		require.NoError(t, err)
		if r[0] == "~" {
			assert.Equal(t, all, sum, "visible bytes of all packages")
			continue
		}
		b, ok := got[strings.Join(r[:4], "\t")]
		assert.True(t, ok && own <= b && b <= all, "visible bytes of %s: %d, not from %d to %d", r[:4], b, own, all)
		sum += b
	}
	return len(rows)
}
