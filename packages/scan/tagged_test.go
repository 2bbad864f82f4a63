//go:build tagged

package scan_test

import (
	"fmt"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/stemma-go/stemma/layers/source"
	"github.com/stemma-go/stemma/packages"
	"github.com/stemma-go/stemma/packages/scan"
	"github.com/stemma-go/stemma/testdata/chain"
)

// The chain is built by real builders from Debian packages; then dpkg-query, npm
// and pip are asked inside every stage, and after every layer, what is installed.
func TestTaggedTruth(t *testing.T) {
	dir, err := chain.Build(t.Context())
	require.NoError(t, err)
	tables := filepath.Join(dir, "truth")
	for _, stage := range []string{"debian", "toolchain", "runtime", "app"} {
		t.Run(stage, func(t *testing.T) {
			img, err := source.Open(t.Context(), "oci:"+filepath.Join(dir, "stages", stage), nil)
			require.NoError(t, err)
			defer img.Close()
			idx, inv, err := scan.Read(t.Context(), img, nil)
			require.NoError(t, err)
			assert.Empty(t, inv.Problems)
			checkSums(t, idx, inv)
			checkInstalled(t, tables, stage, inv)
			if stage == "app" {
				checkDpkg(t, tables, inv)
				checkLanguages(t, tables, inv)
			}
		})
	}
}

// checkInstalled compares the Debian packages of a stage with what dpkg-query
// says inside it: same packages, same versions.
func checkInstalled(t *testing.T, dir, stage string, inv *packages.Inventory) {
	t.Helper()
	want := map[string]bool{}
	for _, r := range truth(t, dir, stage+".dpkg.tsv") {
		if r[3] == "installed" {
			want[fmt.Sprintf("%s:%s %s", r[0], r[1], r[2])] = true
		}
	}
	require.NotEmpty(t, want)
	got := map[string]bool{}
	for _, p := range inv.Packages {
		if p.Type == "deb" && p.State == packages.Present {
			got[fmt.Sprintf("%s:%s %s", p.Name, p.Arch, p.Version)] = true
		}
	}
	assert.Equal(t, want, got)
}
