package stemma_test

import (
	"os/exec"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

const module = "github.com/stemma-go/stemma"

// list returns what go list prints.
func list(t *testing.T, args ...string) []string {
	t.Helper()
	out, err := exec.Command("go", append([]string{"list"}, args...)...).Output()
	require.NoError(t, err, "go list %v", args)
	return strings.Fields(string(out))
}

// standard reports whether a package is of the standard library, whose import paths
// have no dot in their first element.
func standard(path string) bool {
	first, _, _ := strings.Cut(path, "/")
	return !strings.Contains(first, ".") || strings.HasPrefix(path, "crypto/")
}

// below reports whether path is one of prefixes or below one.
func below(path string, prefixes []string) bool {
	for _, p := range prefixes {
		if path == p || strings.HasPrefix(path, p+"/") {
			return true
		}
	}
	return false
}

// opensImages is the one package below report that stands above stemma: it reads the images
// whose reports the assertions of report/reporttest are about. Only tests import it.
const opensImages = "report/imagetest"

// What a package is built from is its price. A program that only reads layers, tells
// a chain or prints a report must not compile a scanner, a registry client or
// megabytes of data.
func TestImportsStaySmall(t *testing.T) {
	heavy := []string{
		"github.com/anchore/",
		"github.com/google/go-containerregistry/pkg/v1/remote",
		"github.com/google/go-containerregistry/pkg/v1/daemon",
		module + "/layers/source",
		module + "/packages/scan",
		module + "/ancestry/genealogy",
	}
	most := map[string]int{"layers/history": 12, "ancestry": 25, "ancestry/catalogue": 35, "ancestry/live": 25}
	for _, pkg := range list(t, module+"/report/...") {
		most[strings.TrimPrefix(pkg, module+"/")] = 60
	}
	delete(most, opensImages)
	require.Contains(t, most, "report/text")
	for pkg, most := range most {
		t.Run(pkg, func(t *testing.T) {
			n := 0
			for _, d := range list(t, "-deps", module+"/"+pkg) {
				if standard(d) {
					continue
				}
				n++
				for _, h := range heavy {
					if strings.HasPrefix(d, h) {
						t.Errorf("%s imports %s", pkg, d)
					}
				}
			}
			if n > most {
				t.Errorf("%s is built from %d packages outside the standard library, more than %d", pkg, n, most)
			}
			t.Logf("%d packages", n)
		})
	}
}

// The layers and the chain need go-containerregistry and a few small libraries.
func TestImportsAreKnown(t *testing.T) {
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
		module + "/internal/panics",
	}
	for pkg, also := range map[string][]string{
		"layers":   nil,
		"ancestry": {module + "/ancestry"},
	} {
		for _, d := range list(t, "-deps", module+"/"+pkg) {
			if !standard(d) && !below(d, append(base, also...)) {
				t.Errorf("%s imports %s", pkg, d)
			}
		}
	}
}

// To tell a chain, from a registry too, no scanner is compiled.
func TestChainNeedsNoScanner(t *testing.T) {
	deps := list(t, "-deps", module+"/ancestry/chain")
	require.Contains(t, deps, module+"/layers/source")
	for _, d := range deps {
		if below(d, []string{"github.com/anchore", module + "/packages/scan"}) {
			t.Errorf("ancestry/chain imports %s", d)
		}
	}
}

// Syft has one door.
func TestSyftStaysBehindOneDoor(t *testing.T) {
	out, err := exec.Command("go", "list", "-f", `{{.ImportPath}}: {{join .Imports " "}}`, "./...").Output()
	require.NoError(t, err)
	door := ""
	for line := range strings.Lines(string(out)) {
		pkg, imports, _ := strings.Cut(strings.TrimSpace(line), ": ")
		if !strings.Contains(imports, "github.com/anchore/") {
			continue
		}
		if !strings.HasPrefix(pkg, module+"/packages/scan/internal/") {
			t.Errorf("%s imports Syft", pkg)
		}
		if door != "" {
			t.Errorf("both %s and %s import Syft", door, pkg)
		}
		door = pkg
	}
	require.NotEmpty(t, door, "no package imports Syft: this test looks for the wrong thing")
}

// Imports point one way: layers ← packages, ancestry ← report ← stemma ← examples. Package
// ancestry/chain stands beside stemma: it makes reports, too. opensImages stands above it.
func TestImportsPointOneWay(t *testing.T) {
	rank := map[string]int{"layers": 0, "packages": 1, "ancestry": 1, "report": 2, "": 3, "ancestry/chain": 3, opensImages: 4, "examples": 5}
	top := func(pkg string) string {
		inside := strings.TrimPrefix(strings.TrimPrefix(pkg, module), "/")
		if inside == "ancestry/chain" || inside == opensImages {
			return inside
		}
		first, _, _ := strings.Cut(inside, "/")
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
			if imp != module && !strings.HasPrefix(imp, module+"/") || top(imp) == top(pkg) {
				continue
			}
			if to, ok := rank[top(imp)]; ok && to >= from {
				t.Errorf("%s imports %s", pkg, imp)
			}
		}
	}
	require.NotZero(t, seen)
}
