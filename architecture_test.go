package stemma_test

import (
	"os"
	"path/filepath"
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

// Where a table of the map lists a directory's files, it lists all of them, but for
// tests and doc.go, and no others.
func TestArchitectureNamesEveryFile(t *testing.T) {
	b, err := os.ReadFile("ARCHITECTURE.md")
	require.NoError(t, err)
	heading := regexp.MustCompile("^\\*\\*(?:The root package|`([a-z/]+)/`)\\*\\*")
	file := regexp.MustCompile("`(\\w+\\.go)`")
	named := map[string][]string{} // by directory
	dir := ""
	for line := range strings.Lines(string(b)) {
		switch m := heading.FindStringSubmatch(line); {
		case m != nil:
			dir = filepath.Clean(m[1])
		case strings.HasPrefix(line, "**"), strings.HasPrefix(line, "#"):
			dir = ""
		case dir != "" && strings.HasPrefix(line, "| "):
			for _, m := range file.FindAllStringSubmatch(strings.Split(line, " | ")[0], -1) {
				named[dir] = append(named[dir], m[1])
			}
		}
	}
	require.Contains(t, named, "ancestry")
	for dir, named := range named {
		files, err := filepath.Glob(filepath.Join(dir, "*.go"))
		require.NoError(t, err)
		var want []string
		for _, f := range files {
			if base := filepath.Base(f); base != "doc.go" && !strings.HasSuffix(base, "_test.go") {
				want = append(want, base)
			}
		}
		for _, f := range named {
			if strings.HasSuffix(f, "_test.go") && assert.FileExists(t, filepath.Join(dir, f)) {
				want = append(want, f)
			}
		}
		assert.ElementsMatch(t, want, named, dir)
	}
}

// A link of a page leads to a file that is there, and a picture of one, too.
func TestLinksLeadSomewhere(t *testing.T) {
	link := regexp.MustCompile(`(?:\]\(|(?:href|src)=")([^)"#\s]+)(?:#[^)"\s]*)?[)"]`)
	pages, links := 0, 0
	err := filepath.WalkDir(".", func(page string, d os.DirEntry, err error) error {
		if err != nil || filepath.Ext(page) != ".md" {
			return err
		}
		pages++
		b, err := os.ReadFile(page)
		if err != nil {
			return err
		}
		for _, m := range link.FindAllStringSubmatch(string(b), -1) {
			if !strings.Contains(m[1], ":") {
				links++
				_, err := os.Stat(filepath.Join(filepath.Dir(page), m[1]))
				assert.NoError(t, err, page)
			}
		}
		return nil
	})
	require.NoError(t, err)
	require.Greater(t, pages, 5)
	require.Greater(t, links, 20)
}
