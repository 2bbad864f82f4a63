// Package aptmirror says from which mirror the host's apt takes Debian's packages, for tests
// that make real roots.
package aptmirror

import (
	"os/exec"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// Bookworm returns the line of apt's sources for Debian bookworm. The test is skipped where
// apt knows none.
func Bookworm(t *testing.T) string {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), "apt-get", "indextargets", "--format", "$(ORIGIN) $(RELEASE) $(COMPONENT) $(REPO_URI)", "Created-By: Packages").Output()
	require.NoError(t, err)
	for line := range strings.Lines(string(out)) {
		if f := strings.Fields(line); len(f) == 4 && f[0] == "Debian" && f[1] == "bookworm" && f[2] == "main" {
			return "deb " + f[3] + " bookworm main"
		}
	}
	t.Skip("apt knows no bookworm")
	return ""
}
