package inflate

import (
	"os/exec"
	"runtime"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// No bounds check has come back into the fast loop: the compiler reports none in fast.go.
func TestNoBoundsChecks(t *testing.T) {
	if runtime.GOARCH != "amd64" && runtime.GOARCH != "arm64" {
		t.Skip("the loop is made for 64 bits")
	}
	out, err := exec.Command("go", "build", "-gcflags=-d=ssa/check_bce", ".").CombinedOutput()
	if err != nil {
		t.Skipf("the compiler does not tell: %v: %s", err, out)
	}
	if !strings.Contains(string(out), "symbol.go") {
		t.Skip("the compiler does not tell: there are checks in symbol.go")
	}
	for line := range strings.Lines(string(out)) {
		require.NotContains(t, line, "fast.go")
	}
}
