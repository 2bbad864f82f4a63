//go:build tagged

package ask

import (
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// documented returns the block of a page, indented by four, that begins with a word.
func documented(t *testing.T, page, begins string) string {
	b, err := os.ReadFile(page)
	require.NoError(t, err)
	at := strings.Index(string(b), "\n    "+begins)
	require.GreaterOrEqual(t, at, 0, "%s has it", page)
	var lines []string
	for _, l := range strings.Split(string(b)[at+1:], "\n") {
		code, ok := strings.CutPrefix(l, "    ")
		if !ok {
			break
		}
		lines = append(lines, code)
	}
	return strings.Join(lines, "\n")
}
