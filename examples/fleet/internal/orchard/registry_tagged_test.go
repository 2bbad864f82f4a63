//go:build tagged

package orchard_test

import (
	"bytes"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/stretchr/testify/require"

	"github.com/stemma-go/stemma/examples/fleet/internal/orchard"
)

// A dockerRegistry is Debian's docker-registry on a loopback port, which can be stopped and
// started again.
type dockerRegistry struct {
	addr string
	dir  string
	cmd  *exec.Cmd
}

func newRegistry(t *testing.T) *dockerRegistry {
	if _, err := exec.LookPath("docker-registry"); err != nil {
		t.Skip("needs docker-registry")
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	r := &dockerRegistry{addr: l.Addr().String(), dir: scratch(t)}
	require.NoError(t, l.Close())
	require.NoError(t, os.WriteFile(filepath.Join(r.dir, "config.yml"), fmt.Appendf(nil,
		"version: 0.1\nlog:\n  level: error\nstorage:\n  filesystem:\n    rootdirectory: %s\nhttp:\n  addr: %s\n", filepath.Join(r.dir, "data"), r.addr), 0o600))
	t.Cleanup(func() { r.stop(t) })
	return r
}

// scratch is a directory in memory, where there is one: a busy disk takes minutes for tens of
// thousands of small files.
func scratch(t *testing.T) string {
	dir, err := os.MkdirTemp("/dev/shm", "fleet-registry-")
	if err != nil {
		return t.TempDir()
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	return dir
}

func (r *dockerRegistry) start(t *testing.T) {
	log, err := os.OpenFile(r.log(), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	require.NoError(t, err)
	defer log.Close()
	r.cmd = exec.Command("docker-registry", "serve", filepath.Join(r.dir, "config.yml"))
	r.cmd.Stdout, r.cmd.Stderr = log, log
	require.NoError(t, r.cmd.Start())
	require.Eventually(t, func() bool {
		resp, err := http.Get("http://" + r.addr + "/v2/")
		if err != nil {
			return false
		}
		resp.Body.Close()
		return resp.StatusCode == http.StatusOK
	}, 20*time.Second, 50*time.Millisecond, "the registry does not answer")
}

// stop kills the registry: connections break, and nobody listens any more.
func (r *dockerRegistry) stop(*testing.T) {
	if r.cmd != nil {
		_ = r.cmd.Process.Kill()
		_ = r.cmd.Wait()
		r.cmd = nil
	}
}

func (r *dockerRegistry) log() string { return filepath.Join(r.dir, "log") }

// requests counts what the registry was asked for so far, by method and kind, and "all".
func (r *dockerRegistry) requests(t *testing.T) map[string]int {
	log, err := os.ReadFile(r.log())
	require.NoError(t, err)
	count := map[string]int{}
	asked := regexp.MustCompile(`"(GET|HEAD) /v2/\S+/(manifests|blobs|tags)/`)
	for _, m := range asked.FindAllSubmatch(log, -1) {
		count[string(m[1])+" "+string(m[2])]++
		count["all"]++
	}
	return count
}

// cpu is the processor time that the registry has taken since it was started, to a hundredth of a
// second: fields 14 and 15 of proc_pid_stat(5).
func (r *dockerRegistry) cpu(t *testing.T) time.Duration {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", r.cmd.Process.Pid))
	require.NoError(t, err)
	_, rest, _ := strings.Cut(string(stat), ") ")
	var ticks [2]time.Duration
	for i, field := range strings.Fields(rest)[11:13] {
		n, err := strconv.Atoi(field)
		require.NoError(t, err)
		ticks[i] = time.Duration(n) * 10 * time.Millisecond
	}
	return ticks[0] + ticks[1]
}

// plant puts the images of the first season into the registry's directory, in the form in
// which it keeps them: to push thousands of images takes minutes.
// https://distribution.github.io/distribution/storage-drivers/ and, for the paths, the
// comment of pathFor in registry/storage/paths.go of distribution.
func (r *dockerRegistry) plant(t *testing.T, o *orchard.Orchard) {
	root := filepath.Join(r.dir, "data", "docker", "registry", "v2")
	put := func(content []byte, name ...string) {
		file := filepath.Join(append([]string{root}, name...)...)
		if _, err := os.Stat(file); err == nil {
			return
		}
		require.NoError(t, os.MkdirAll(filepath.Dir(file), 0o755))
		require.NoError(t, os.WriteFile(file, content, 0o644))
	}
	blob := func(h v1.Hash, content func() ([]byte, error)) {
		if _, err := os.Stat(filepath.Join(root, "blobs", h.Algorithm, h.Hex[:2], h.Hex, "data")); err == nil {
			return
		}
		b, err := content()
		require.NoError(t, err)
		put(b, "blobs", h.Algorithm, h.Hex[:2], h.Hex, "data")
	}
	plant := func(repository, tag string, img v1.Image) {
		repository = filepath.Join("repositories", repository)
		layers, err := img.Layers()
		require.NoError(t, err)
		config, err := img.ConfigName()
		require.NoError(t, err)
		blob(config, img.RawConfigFile)
		link := []byte(config.String())
		put(link, repository, "_layers", config.Algorithm, config.Hex, "link")
		for _, layer := range layers {
			h, err := layer.Digest()
			require.NoError(t, err)
			blob(h, func() ([]byte, error) {
				rc, err := layer.Compressed()
				if err != nil {
					return nil, err
				}
				defer rc.Close()
				var b bytes.Buffer
				_, err = io.Copy(&b, rc)
				return b.Bytes(), err
			})
			put([]byte(h.String()), repository, "_layers", h.Algorithm, h.Hex, "link")
		}
		manifest, err := img.Digest()
		require.NoError(t, err)
		blob(manifest, img.RawManifest)
		link = []byte(manifest.String())
		put(link, repository, "_manifests", "revisions", manifest.Algorithm, manifest.Hex, "link")
		put(link, repository, "_manifests", "tags", tag, "current", "link")
		put(link, repository, "_manifests", "tags", tag, "index", manifest.Algorithm, manifest.Hex, "link")
	}
	for ref, im := range o.References(1) {
		plant(im.Repository, ref[strings.LastIndex(ref, ":")+1:], im.Image)
	}
	for _, odd := range o.Odd {
		plant(odd.Repository, odd.Tag, odd.Image)
	}
}
