package stemma_test

import (
	"os/exec"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

const module = "github.com/stemma-go/stemma"

// deps returns the packages that the packages matching pattern are built from.
func deps(t *testing.T, pattern string) []string {
	t.Helper()
	out, err := exec.Command("go", "list", "-deps", pattern).Output()
	require.NoError(t, err, "go list -deps %s", pattern)
	return strings.Fields(string(out))
}

// allowed reports whether path is below one of prefixes or in the standard
// library, whose import paths have no dot in their first element.
func allowed(path string, prefixes []string) bool {
	first, _, _ := strings.Cut(path, "/")
	if !strings.Contains(first, ".") {
		return true
	}
	for _, p := range prefixes {
		if path == p || strings.HasPrefix(path, p+"/") {
			return true
		}
	}
	return false
}

// What these packages import is part of their price; who only reads layers or
// tells a chain must not compile a scanner.
func TestImportsStaySmall(t *testing.T) {
	base := []string{
		"github.com/google/go-containerregistry/pkg",
		"github.com/google/go-containerregistry/internal",
		"github.com/opencontainers/image-spec",
		"github.com/distribution/reference",
		"github.com/opencontainers/go-digest",
		"github.com/klauspost/compress",
		"github.com/cespare/xxhash/v2",
		"golang.org/x/sync",
		module + "/layers",
	}
	heavy := []string{
		"github.com/google/go-containerregistry/pkg/v1/remote",
		"github.com/google/go-containerregistry/pkg/v1/daemon",
		module + "/layers/source",
		module + "/ancestry/catalog", // megabytes of data
	}
	for pkg, also := range map[string][]string{
		"layers":   nil,
		"ancestry": {module + "/ancestry"},
	} {
		t.Run(pkg, func(t *testing.T) {
			for _, d := range deps(t, module+"/"+pkg) {
				if !allowed(d, append(base, also...)) {
					t.Errorf("%s imports %s", pkg, d)
				}
				for _, h := range heavy {
					if d == h {
						t.Errorf("%s imports %s", pkg, d)
					}
				}
			}
		})
	}
}

// Syft has one door.
func TestSyftStaysBehindPackages(t *testing.T) {
	out, err := exec.Command("go", "list", "-f", `{{.ImportPath}}: {{join .Imports " "}}`, "./...").Output()
	require.NoError(t, err)
	door := ""
	for line := range strings.Lines(string(out)) {
		pkg, imports, _ := strings.Cut(strings.TrimSpace(line), ": ")
		if !strings.Contains(imports, "github.com/anchore/") {
			continue
		}
		if !strings.HasPrefix(pkg, module+"/packages/internal/") {
			t.Errorf("%s imports Syft", pkg)
		}
		if door != "" {
			t.Errorf("both %s and %s import Syft", door, pkg)
		}
		door = pkg
	}
	require.NotEmpty(t, door, "no package imports Syft: this test looks for the wrong thing")
}

// Imports point one way: layers ← packages, ancestry ← report ← examples.
func TestImportsPointOneWay(t *testing.T) {
	rank := map[string]int{"layers": 0, "packages": 1, "ancestry": 1, "report": 2, "examples": 3}
	top := func(pkg string) string {
		rest, ok := strings.CutPrefix(pkg, module+"/")
		if !ok {
			return ""
		}
		first, _, _ := strings.Cut(rest, "/")
		return first
	}
	out, err := exec.Command("go", "list", "-f", `{{.ImportPath}}: {{join .Imports " "}}`, "./...").Output()
	require.NoError(t, err)
	seen := 0
	for line := range strings.Lines(string(out)) {
		pkg, imports, _ := strings.Cut(strings.TrimSpace(line), ": ")
		from, ok := rank[top(pkg)]
		if !ok {
			continue
		}
		seen++
		for imp := range strings.FieldsSeq(imports) {
			to, ok := rank[top(imp)]
			if ok && top(imp) != top(pkg) && to >= from {
				t.Errorf("%s imports %s", pkg, imp)
			}
		}
	}
	require.NotZero(t, seen)
}
