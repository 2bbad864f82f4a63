package main

import (
	"os"
	"path/filepath"
	"regexp"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/stemma-go/stemma/examples/fleet/store"
)

// The pages name commands that there are, and every view as it is.
func TestPages(t *testing.T) {
	there := map[string]bool{"COMMAND": true, "help": true}
	for _, c := range commands() {
		there[c.name] = true
	}
	for _, page := range []string{"README.md", "LIMITS.md"} {
		b, err := os.ReadFile(page)
		require.NoError(t, err)
		named := regexp.MustCompile("(?:`fleet |\\./fleet |\\$ fleet |\\| fleet |run \\. )([a-z-]+)").FindAllStringSubmatch(string(b), -1)
		for _, m := range named {
			assert.True(t, there[m[1]], "%s: %s", page, m[0])
		}
		if page == "README.md" {
			assert.Greater(t, len(named), 12)
		}
	}
	b, err := os.ReadFile("README.md")
	require.NoError(t, err)
	s, err := store.Open(t.Context(), filepath.Join(t.TempDir(), "fleet.db"))
	require.NoError(t, err)
	defer s.Close()
	for _, v := range s.Views() {
		assert.Contains(t, string(b), "| `"+v.Name+"` | "+v.Doc+" |")
	}
}
