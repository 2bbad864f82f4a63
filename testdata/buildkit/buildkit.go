// Package buildkit starts BuildKit's daemon for tests of the tagged suite: the version that
// go.mod names, compiled from its module, with runc as its worker. It needs root.
package buildkit

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// A Daemon is a BuildKit that runs until the test ends.
type Daemon struct {
	bin, socket string
}

// Start compiles what is not in the cache, $STEMMA_CACHE, and starts the daemon. It has no
// network of its own: a build reaches registries on the loopback interface.
func Start(tb testing.TB) *Daemon {
	tb.Helper()
	dir, err := os.MkdirTemp("", "stemma-buildkit-")
	require.NoError(tb, err)
	d := &Daemon{bin: binaries(tb), socket: "unix://" + filepath.Join(dir, "socket")}
	runc, err := exec.LookPath("runc")
	require.NoError(tb, err)
	log, err := os.Create(filepath.Join(dir, "log"))
	require.NoError(tb, err)
	cmd := exec.Command(filepath.Join(d.bin, "buildkitd"), "--root", filepath.Join(dir, "root"), "--addr", d.socket,
		"--oci-worker-binary", runc, "--oci-worker-snapshotter=native", "--oci-worker-net=host", "--containerd-worker=false")
	cmd.Stdout, cmd.Stderr = log, log
	require.NoError(tb, cmd.Start())
	tb.Cleanup(func() {
		_ = cmd.Process.Signal(os.Interrupt)
		_ = cmd.Wait()
		_ = log.Close()
		if said, _ := os.ReadFile(log.Name()); tb.Failed() {
			tb.Logf("buildkitd: %s", said)
		}
		_ = os.RemoveAll(dir)
	})
	require.Eventually(tb, func() bool {
		return exec.Command(filepath.Join(d.bin, "buildctl"), "--addr", d.socket, "debug", "workers").Run() == nil
	}, time.Minute, 200*time.Millisecond, "buildkitd does not answer")
	return d
}

// Build builds the Dockerfile of a directory, and pushes the image to name. opts are those of
// buildctl build.
func (d *Daemon) Build(tb testing.TB, dir, name string, opts ...string) {
	tb.Helper()
	args := []string{"--addr", d.socket, "build", "--progress=plain", "--local=context=" + dir, "--local=dockerfile=" + dir,
		"--output=type=image,name=" + name + ",push=true"}
	out, err := exec.Command(filepath.Join(d.bin, "buildctl"), append(args, opts...)...).CombinedOutput()
	require.NoError(tb, err, "%s", out)
}

// Frontend returns the program that reads Dockerfiles when a build asks for an image of it.
func (d *Daemon) Frontend() string { return filepath.Join(d.bin, "dockerfile-frontend") }

// binaries compiles the programs once for each version.
func binaries(tb testing.TB) string {
	tb.Helper()
	out, err := exec.Command("go", "mod", "download", "-json", "github.com/moby/buildkit").Output()
	require.NoError(tb, err)
	src := ""
	for line := range strings.Lines(string(out)) {
		if key, value, _ := strings.Cut(strings.TrimSpace(line), ": "); key == `"Dir"` {
			src = strings.Trim(value, `",`)
		}
	}
	cache := os.Getenv("STEMMA_CACHE")
	if cache == "" {
		user, err := os.UserCacheDir()
		require.NoError(tb, err)
		cache = filepath.Join(user, "stemma")
	}
	dir := filepath.Join(cache, filepath.Base(src)) // buildkit@v0.34.2
	if _, err := os.Stat(filepath.Join(dir, "buildkitd")); err == nil {
		return dir
	}
	require.NoError(tb, os.MkdirAll(cache, 0o755))
	made, err := os.MkdirTemp(cache, ".buildkit-")
	require.NoError(tb, err)
	compile := func(env []string, packages ...string) {
		cmd := exec.Command("go", append([]string{"build", "-C", src, "-mod=readonly", "-o", made + "/"}, packages...)...)
		cmd.Env = append(append(os.Environ(), "GOFLAGS=-buildvcs=false", "GOWORK=off"), env...)
		words, err := cmd.CombinedOutput()
		require.NoError(tb, err, "%s", words)
	}
	compile(nil, "./cmd/buildkitd", "./cmd/buildctl")
	compile([]string{"CGO_ENABLED=0"}, "./frontend/dockerfile/cmd/dockerfile-frontend") // the only file of its image
	require.NoError(tb, os.Chmod(made, 0o755))
	if os.Rename(made, dir) != nil { // another test was faster
		require.NoError(tb, os.RemoveAll(made))
	}
	return dir
}
