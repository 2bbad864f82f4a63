//go:build tagged

package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/stemma-go/stemma/testdata/chain"
	"github.com/stemma-go/stemma/testdata/realregistry"
	"github.com/stemma-go/stemma/testdata/sample"
)

// One image, every way to keep it: the trees are the same but for what the way
// itself decides, the bytes as stored, the manifest's digest and the names
// that the place knows.
func TestTaggedEveryWay(t *testing.T) {
	dir, err := chain.Build(t.Context())
	require.NoError(t, err)
	dockerfiles := catalogueDir(t)
	forms := filepath.Join(dir, "forms")
	want, first := "", ""
	for _, ref := range []string{
		"oci:" + filepath.Join(dir, "stages/app"),
		filepath.Join(forms, "docker-archive.tar"),
		filepath.Join(forms, "docker-save.tar"),
		filepath.Join(forms, "oci-archive.tar"),
		filepath.Join(forms, "oci-zstd"),
		filepath.Join(forms, "oci-plain"),
		"registry:" + realregistry.Serve(t, "oci:"+filepath.Join(dir, "stages/app"), "shop/api:2.4.1") + "/shop/api:2.4.1",
		startDocker(t, filepath.Join(forms, "docker-archive.tar")),
	} {
		out, errs, code := tree(t, "-steps", "-width", "120", "-dockerfiles", dockerfiles, ref)
		require.Zero(t, code, "%s: %s", ref, errs)
		require.Len(t, names(out), 4, "%s:\n%s", ref, out)
		if first == "" {
			want, first = same(out), ref
		}
		if same(out) != want {
			t.Errorf("%s differs from %s:\n%s", ref, first, differing(want, same(out)))
		}
	}
}

// same takes out of a tree what the way an image is kept decides.
func same(out string) string {
	out = out[regexp.MustCompile(`(?m)^[●○] `).FindStringIndex(out)[0]:]
	out = regexp.MustCompile(`(?m)(stored|asked for) as \S+ \((tags|reference)\)$`).ReplaceAllString(out, "named by its place")
	return regexp.MustCompile(`[0-9.]+ [kMG]?B stored, ([0-9.]+ [kMG]?B) unpacked`).ReplaceAllString(out, "$1")
}

// differing returns the lines in which two trees differ.
func differing(want, got string) string {
	w, g := strings.Split(want, "\n"), strings.Split(got, "\n")
	var b strings.Builder
	for i := range max(len(w), len(g)) {
		if i >= len(w) || i >= len(g) || w[i] != g[i] {
			fmt.Fprintf(&b, "line %d: want %q, got %q\n", i+1, at(w, i), at(g, i))
		}
	}
	return b.String()
}

func at(lines []string, i int) string {
	if i < len(lines) {
		return lines[i]
	}
	return ""
}

// startDocker starts a Docker Engine on a socket of its own, loads the archive
// into it, points DOCKER_HOST there, and returns the reference.
func startDocker(t *testing.T, archive string) string {
	dir, err := os.MkdirTemp("", "docker") // a short path: sockets' are limited
	require.NoError(t, err)
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	host := "unix://" + filepath.Join(dir, "s")
	t.Setenv("DOCKER_HOST", host)
	answers := func() bool { return exec.Command("/usr/bin/docker", "version").Run() == nil }
	for _, driver := range []string{"overlay2", "vfs"} { // vfs where the file system can't do better
		exited := start(t, dir, exec.Command("/usr/sbin/dockerd", "--data-root", dir+"/data", "--exec-root", dir+"/exec", "--pidfile", dir+"/pid",
			"-H", host, "--iptables=false", "--ip6tables=false", "--bridge=none", "--storage-driver="+driver))
		for !answers() && !exited() {
			time.Sleep(200 * time.Millisecond)
		}
		if answers() {
			break
		}
	}
	do(t, "/usr/bin/docker", "load", "--quiet", "-i", archive)
	return "docker:" + sample.Reference
}

// start runs a daemon until the test ends; its last words go to the test's log.
// The function it returns reports whether the daemon has ended by itself.
func start(t *testing.T, dir string, cmd *exec.Cmd) (exited func() bool) {
	log, err := os.Create(filepath.Join(dir, "log"))
	require.NoError(t, err)
	cmd.Stdout, cmd.Stderr = log, log
	require.NoError(t, cmd.Start())
	ended := make(chan struct{})
	go func() {
		_ = cmd.Wait()
		close(ended)
	}()
	t.Cleanup(func() {
		_ = cmd.Process.Signal(os.Interrupt)
		<-ended
		log.Close()
		if t.Failed() {
			b, _ := os.ReadFile(log.Name())
			t.Logf("%s: %s", cmd.Path, b[max(0, len(b)-2000):])
		}
	})
	return func() bool {
		select {
		case <-ended:
			return true
		default:
			return false
		}
	}
}

func do(t *testing.T, name string, args ...string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	defer cancel()
	out, err := exec.CommandContext(ctx, name, args...).CombinedOutput()
	require.NoError(t, err, "%s: %s", name, out)
}
