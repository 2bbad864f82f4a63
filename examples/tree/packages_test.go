package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/stemma-go/stemma/report/json"
)

// writeIndex writes an index of a release of Debian, as a mirror has it.
func writeIndex(t *testing.T, release, body string) string {
	t.Helper()
	dir := t.TempDir()
	at := filepath.Join(dir, "dists", release)
	require.NoError(t, os.MkdirAll(at, 0o755))
	require.NoError(t, os.WriteFile(filepath.Join(at, "Release"), []byte("Codename: "+release+"\nDate: Sat, 21 Nov 2026 09:00:00 UTC\n"), 0o600))
	require.NoError(t, os.WriteFile(filepath.Join(at, "Packages"), []byte(body), 0o600))
	return dir
}

// Outdated packages are counted without a scanner, each with the ancestor that brought it; a
// scanner's findings are traced.
func TestPackages(t *testing.T) {
	dir := writeIndex(t, "bookworm", "Package: dpkg\nVersion: 99\nArchitecture: amd64\n\nPackage: bash\nVersion: 5.0-1\nArchitecture: amd64\n")
	out, errs, code := tree(t, "-width", "100", "-packages", dir)
	require.Zero(t, code, errs)
	assert.Contains(t, out, "packages of the distribution")
	assert.Contains(t, out, "index of packages: debian: bookworm, as of 2026-11-21")

	out, errs, code = tree(t, "-json", "-packages", dir)
	require.Zero(t, code, errs)
	d, err := json.Decode(strings.NewReader(out))
	require.NoError(t, err)
	outdated := 0
	for _, a := range d.Ancestors {
		require.NotNil(t, a.Outdated)
		outdated += a.Outdated.Outdated
	}
	assert.Equal(t, 1, outdated, "dpkg alone")

	scan := filepath.Join(t.TempDir(), "trivy.json")
	require.NoError(t, os.WriteFile(scan, []byte(`{"SchemaVersion": 2, "ArtifactName": "app", "Results": [{"Class": "os-pkgs", "Type": "debian", "Vulnerabilities": [
		{"VulnerabilityID": "CVE-2026-1", "PkgName": "dpkg", "InstalledVersion": "`+versionOf(t, d, "dpkg")+`", "FixedVersion": "98", "Severity": "HIGH", "Status": "fixed"}]}]}`), 0o600))
	out, errs, code = tree(t, "-v", "-width", "200", "-vulns", scan, "-packages", dir, "-newer", "example.org/runtime/node:18="+layout)
	require.Zero(t, code, errs)
	assert.Contains(t, out, "how far the fixes have come")
	assert.Contains(t, strings.Join(strings.Fields(out), " "), "(example.org/base/debian:bookworm): CVE-2026-1 in dpkg: which link holds it; today's example.org/runtime/node:18 still has")
}

func versionOf(t *testing.T, d *json.Document, name string) string {
	t.Helper()
	for _, p := range d.Packages {
		if p.Name == name {
			return p.Version
		}
	}
	t.Fatal(name, "is not in the image")
	return ""
}

func TestPackagesRefuses(t *testing.T) {
	for name, tt := range map[string]struct {
		args []string
		says string
		code int
	}{
		"another release": {[]string{"-packages", writeIndex(t, "trixie", "")}, "no index of packages of debian bookworm in ", 1},
		"no directory":    {[]string{"-packages", filepath.Join(t.TempDir(), "none")}, "no such file or directory", 1},
		"nothing":         {[]string{"-packages", ""}, "no directory and no URL", 2},
		"no tag":          {[]string{"-newer", "=x"}, "not TAG or TAG=REFERENCE", 2},
		"no image":        {[]string{"-newer", "a:1=" + filepath.Join(t.TempDir(), "none.tar")}, "tree: a:1: ", 1},
	} {
		t.Run(name, func(t *testing.T) {
			_, errs, code := tree(t, tt.args...)
			assert.Equal(t, tt.code, code)
			assert.Contains(t, errs, tt.says)
		})
	}
}
