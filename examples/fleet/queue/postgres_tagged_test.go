//go:build tagged

package queue

import (
	"os"
	"os/exec"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/stemma-go/stemma/examples/fleet/internal/postgres"
)

// All tests of this package, on Postgres.
func TestTaggedOnPostgres(t *testing.T) {
	server := postgres.Start(t)
	again := exec.Command(os.Args[0], "-test.v", "-test.skip", "^TestTagged")
	again.Env = append(os.Environ(), onPostgres+"="+server.URL)
	out, err := again.CombinedOutput()
	require.NoError(t, err, "%s", out)
	require.Contains(t, string(out), "--- PASS: TestKilled")
}
