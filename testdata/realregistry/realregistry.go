// Package realregistry starts Debian's docker-registry for tests of the tagged suite.
package realregistry

import (
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// Serve starts docker-registry on the loopback interface until the test ends, has
// skopeo push the image to name there ("app:1"), and returns the registry's address.
// The image is as skopeo spells it: "oci:DIR". If the test fails, the registry's words
// are in its log.
func Serve(tb testing.TB, image, name string) (addr string) {
	tb.Helper()
	addr = Start(tb)
	out, err := exec.Command("skopeo", "copy", "--quiet", "--dest-tls-verify=false", image, "docker://"+addr+"/"+name).CombinedOutput()
	require.NoError(tb, err, "%s", out)
	return addr
}

// Start starts an empty docker-registry as Serve does.
func Start(tb testing.TB) (addr string) {
	tb.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(tb, err)
	addr = l.Addr().String()
	require.NoError(tb, l.Close())
	dir := tb.TempDir()
	config, words := filepath.Join(dir, "config.yml"), filepath.Join(dir, "log")
	require.NoError(tb, os.WriteFile(config, fmt.Appendf(nil,
		"version: 0.1\nstorage:\n  filesystem:\n    rootdirectory: %s\nhttp:\n  addr: %s\n", filepath.Join(dir, "data"), addr), 0o600))
	log, err := os.Create(words)
	require.NoError(tb, err)
	cmd := exec.Command("docker-registry", "serve", config)
	cmd.Stdout, cmd.Stderr = log, log
	require.NoError(tb, cmd.Start())
	tb.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
		_ = log.Close()
		if said, _ := os.ReadFile(words); tb.Failed() {
			tb.Logf("docker-registry: %s", said)
		}
	})
	require.Eventually(tb, func() bool {
		resp, err := http.Get("http://" + addr + "/v2/")
		if err != nil {
			return false
		}
		resp.Body.Close()
		return resp.StatusCode == http.StatusOK
	}, 20*time.Second, 50*time.Millisecond, "the registry does not answer")
	return addr
}
