package scan_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/stemma-go/stemma/layers"
	"github.com/stemma-go/stemma/packages"
	"github.com/stemma-go/stemma/packages/scan"
	"github.com/stemma-go/stemma/testdata/packaged"
)

// debian names the distribution.
const debian = `
-- etc/os-release --
PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"
NAME="Debian GNU/Linux"
VERSION_ID="12"
ID=debian
`

// status writes a dpkg status from "name arch version", with a fourth word for
// another state than "installed".
func status(packages ...string) string {
	return statusAt("var/lib/dpkg/status", packages...)
}

func statusAt(path string, packages ...string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "-- %s --\n", path)
	for _, p := range packages {
		f := strings.Fields(p)
		state := "install ok installed"
		if len(f) > 3 {
			state = strings.ReplaceAll(f[3], "/", " ")
		}
		fmt.Fprintf(&b, "Package: %s\nStatus: %s\nArchitecture: %s\nVersion: %s\n\n", f[0], state, f[1], f[2])
	}
	return b.String()
}

// text makes an image of txtar layers.
func text(t *testing.T, archives ...string) v1.Image {
	t.Helper()
	var files [][]packaged.File
	for _, a := range archives {
		files = append(files, packaged.Text(a))
	}
	return packaged.Image(t, files...)
}

func read(t *testing.T, img v1.Image) (*layers.Index, *packages.Inventory) {
	t.Helper()
	idx, inv, err := scan.Read(t.Context(), img, nil)
	require.NoError(t, err)
	require.Empty(t, idx.Problems)
	checkSums(t, idx, inv)
	return idx, inv
}

// lives spells packages and their lives, one a line, sorted.
func lives(inv *packages.Inventory) string {
	var lines []string
	for _, p := range inv.Packages {
		lines = append(lines, life(p))
	}
	slices.Sort(lines)
	return strings.Join(lines, "\n")
}

func life(p packages.Package) string {
	name := p.Type + " " + p.Name
	if p.Arch != "" {
		name += ":" + p.Arch
	}
	for _, e := range p.Events {
		name += fmt.Sprintf("; %d %s %s", e.Layer, e.Kind, strings.TrimSpace(e.From+" "+e.To))
	}
	return name + "; " + string(p.State)
}

func find(t *testing.T, inv *packages.Inventory, name string) packages.Package {
	t.Helper()
	for _, p := range inv.Packages {
		if p.Name == name {
			return p
		}
	}
	require.Fail(t, "not found", name)
	return packages.Package{}
}

func checkLives(t *testing.T, inv *packages.Inventory, want string) {
	t.Helper()
	want = strings.TrimSpace(strings.ReplaceAll(want, "\t", ""))
	assert.Equal(t, want, lives(inv))
}
