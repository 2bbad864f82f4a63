package stemma_test

import (
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// A stranger finds every package on the map, and nothing on it that is not there.
func TestArchitectureNamesEveryPackage(t *testing.T) {
	b, err := os.ReadFile("ARCHITECTURE.md")
	require.NoError(t, err)
	named := map[string]bool{}
	for _, m := range regexp.MustCompile("`([a-z/]+)/`").FindAllStringSubmatch(string(b), -1) {
		named[m[1]] = true
		assert.DirExists(t, m[1])
	}
	for _, pkg := range list(t, "./...") {
		dir := strings.Trim(strings.TrimPrefix(pkg, module), "/")
		// A package that only its parent imports, and a command, are the parent's.
		dir, _, _ = strings.Cut(dir, "/internal/")
		dir, _, _ = strings.Cut(dir, "/cmd/")
		dir, _, _ = strings.Cut(dir, "examples/")
		if dir != "" && !named[dir] && !strings.HasPrefix(dir, "ancestry/catalogue/") {
			t.Errorf("%s is not in ARCHITECTURE.md", dir)
		}
	}
}
