// Package patched makes a report for tests that says how far fixes have come.
package patched

import (
	"embed"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/stemma-go/stemma/ancestry"
	"github.com/stemma-go/stemma/packages"
	"github.com/stemma-go/stemma/packages/index"
	"github.com/stemma-go/stemma/report"
	"github.com/stemma-go/stemma/report/patch"
	"github.com/stemma-go/stemma/testdata/handmade"
)

// files are those of an index of packages that is made up for tests.
//
//go:embed Release Packages
var files embed.FS

// Report is that of handmade.Scanned with how far the fixes have come: an index of its distribution, made up
// for tests, was asked, and buildpack-deps of today was read.
func Report(t testing.TB, rules []report.Rule) *report.Report {
	t.Helper()
	r := handmade.Scanned(t, rules)
	dir := filepath.Join(t.TempDir(), "dists", "bullseye-security")
	require.NoError(t, os.MkdirAll(dir, 0o755))
	for _, name := range []string{"Release", "Packages"} {
		b, err := files.ReadFile(name)
		require.NoError(t, err)
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), b, 0o600))
	}
	x, err := index.Open(t.Context(), index.System{ID: "debian", VersionID: "11", Codename: "bullseye", Arch: "amd64"}, []string{filepath.Dir(filepath.Dir(dir))}, nil)
	require.NoError(t, err)
	r.Patches = patch.Trace(r, &patch.Options{Index: x, Rebuilds: patch.Newer{"buildpack-deps:bullseye": today(t)}})
	return r
}

// today is an image with two packages that is built on the same day as the sample's own layers.
func today(t testing.TB) *report.Report {
	t.Helper()
	pkg := func(name, version string) packages.Package {
		return packages.Package{Type: "deb", Name: name, Version: version, Arch: "amd64", State: packages.Present,
			Events: []packages.Event{{Kind: packages.Introduced, To: version}}}
	}
	im := handmade.Image{
		Steps:     []handmade.Step{{CreatedBy: "ADD rootfs / # buildkit", Comment: handmade.BuildKit, Created: handmade.Day("2026-03-02"), Files: []handmade.File{{Name: "bin/sh"}}}},
		Ancestors: []handmade.Ancestor{{Repository: "buildpack-deps", Tag: "bullseye", Steps: 1, Distro: ancestry.Distro{ID: "debian"}}},
		Inventory: &packages.Inventory{Packages: []packages.Package{pkg("gcc-10", "10.2.1-7"), pkg("git", "1:2.30.2-1")}},
	}
	return im.Report(t)
}
