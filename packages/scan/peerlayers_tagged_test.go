//go:build tagged

package scan_test

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/stemma-go/stemma/layers/source"
	"github.com/stemma-go/stemma/packages"
	"github.com/stemma-go/stemma/packages/scan"
	"github.com/stemma-go/stemma/testdata/ecosystems"
)

// id is a package as all tools can name it: the type of its package URL, and no
// epoch for rpm, which some write and some do not.
type id struct{ kind, name, version, arch string }

func newID(kind, name, version, arch string) id {
	switch kind {
	case "python":
		kind = "pypi"
	case "java-archive":
		kind = "maven"
	case "go-module":
		kind = "golang"
	case "php-composer":
		kind = "composer"
	case "rust-crate":
		kind = "cargo"
	case "dotnet":
		kind = "nuget"
	}
	switch kind {
	case "rpm":
		if _, v, ok := strings.Cut(version, ":"); ok {
			version = v
		}
	case "pypi":
		name = strings.ToLower(name)
	case "maven":
		name = name[strings.LastIndexAny(name, ":/")+1:]
	case "golang":
		version = strings.TrimPrefix(strings.TrimPrefix(version, "go"), "v")
	}
	switch kind {
	case "deb", "rpm", "alpm":
	default:
		arch = ""
	}
	return id{kind, name, version, arch}
}

// toolLayers is what a tool says: the layers it names for each package, each row of its
// result once.
type toolLayers map[id][]int

// A score is how a tool did on one image.
type score struct{ right, wrong, many, missing int }

func (n toolLayers) score(want map[id]int) score {
	var s score
	for p, layer := range want {
		switch got := slices.Compact(slices.Sorted(slices.Values(n[p]))); {
		case len(got) == 0:
			s.missing++
		case len(got) > 1:
			s.many++
		case got[0] == layer:
			s.right++
		default:
			s.wrong++
		}
	}
	return s
}

// wanted tells, for each package of the finished image, the layer since which it is
// there in this version. A package in two places is left out: not all tools tell
// the places apart.
func wanted(t *testing.T, dir string) map[id]int {
	t.Helper()
	states, err := filepath.Glob(filepath.Join(dir, "[0-9][0-9].tsv"))
	require.NoError(t, err)
	since := map[string]int{} // by line: type, name, architecture, place, version
	for n := len(states) - 1; n >= 0; n-- {
		data, err := os.ReadFile(states[n])
		require.NoError(t, err)
		for line := range strings.Lines(string(data)) {
			if last, known := since[line]; n == len(states)-1 || known && last == n+1 {
				since[line] = n
			}
		}
	}
	want, twice := map[id]int{}, map[id]bool{}
	for line, n := range since {
		f := strings.Split(strings.TrimSuffix(line, "\n"), "\t")
		p := newID(f[0], f[1], f[4], f[2])
		_, there := want[p]
		twice[p] = twice[p] || there
		want[p] = n
	}
	maps.DeleteFunc(want, func(p id, _ int) bool { return twice[p] })
	return want
}

// ourLayers is what this module says.
func ourLayers(t *testing.T, dir string) toolLayers {
	t.Helper()
	img, err := source.Open(t.Context(), "oci:"+dir, nil)
	require.NoError(t, err)
	defer img.Close()
	_, inv, err := scan.Read(t.Context(), img, nil)
	require.NoError(t, err)
	found := toolLayers{}
	for _, p := range inv.Packages {
		if p.State == packages.Present {
			k := newID(p.Type, p.Name, p.Version, p.Arch)
			found[k] = append(found[k], p.Layer())
		}
	}
	return found
}

// TestTaggedPeerLayers tells how many layers each tool names wrongly, on the images
// of which the truth is known. It fails when this module names one wrongly; of the
// others, those that are not installed are passed over.
func TestTaggedPeerLayers(t *testing.T) {
	dir, err := ecosystems.Build(t.Context())
	require.NoError(t, err)
	tables, err := filepath.Glob(filepath.Join(dir, "*", "truth"))
	require.NoError(t, err)
	total := map[string]score{}
	lines := []string{"image\tpackages\ttool\tright\twrong\tseveral\tmissing"}
	for _, table := range tables {
		chain := filepath.Dir(table)
		want := wanted(t, table)
		if len(want) == 0 {
			continue // the last layer deleted the database
		}
		for _, tool := range tools {
			found, ok := tool.run(t, filepath.Join(chain, "image"))
			if !ok {
				continue
			}
			s := found.score(want)
			lines = append(lines, fmt.Sprintf("%s\t%d\t%s\t%d\t%d\t%d\t%d", filepath.Base(chain), len(want), tool.name, s.right, s.wrong, s.many, s.missing))
			sum := total[tool.name]
			total[tool.name] = score{sum.right + s.right, sum.wrong + s.wrong, sum.many + s.many, sum.missing + s.missing}
			if tool.name == "stemma" {
				require.Equal(t, score{right: len(want)}, s, chain)
			}
		}
	}
	for _, tool := range tools {
		if s, ok := total[tool.name]; ok {
			lines = append(lines, "all\t"+strconv.Itoa(s.right+s.wrong+s.many+s.missing)+fmt.Sprintf("\t%s\t%d\t%d\t%d\t%d", tool.name, s.right, s.wrong, s.many, s.missing))
		}
	}
	t.Log("\n" + strings.Join(lines, "\n"))
}
