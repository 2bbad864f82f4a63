package source

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// engine serves what Docker's Engine serves of an image: its inspection and its
// archive. It knows the image by these names.
func engine(archive []byte, names ...string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		for _, name := range names {
			switch req.URL.Path {
			case "/images/" + name + "/json":
				fmt.Fprintf(w, `{"Id":"sha256:0","RepoTags":["team/app:1","team/app:latest"],"RepoDigests":["team/app@sha256:%064d"],"Os":"linux","Architecture":"amd64"}`, 7)
				return
			case "/images/" + name + "/get":
				w.Write(archive)
				return
			case "/images/broken/json":
				w.WriteHeader(http.StatusInternalServerError)
				io.WriteString(w, `{"message":"the graph\nis broken"}`)
				return
			}
		}
		w.WriteHeader(http.StatusNotFound)
		io.WriteString(w, `{"message":"No such image"}`)
	})
}

// listen serves on a socket and returns its address.
func listen(t testing.TB, h http.Handler) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "s") // a socket's path may not be long
	require.NoError(t, err)
	t.Cleanup(func() { os.RemoveAll(dir) })
	socket := filepath.Join(dir, "docker.sock")
	l, err := net.Listen("unix", socket)
	require.NoError(t, err)
	srv := &http.Server{Handler: h}
	go srv.Serve(l)
	t.Cleanup(func() { srv.Close() })
	return "unix://" + socket
}

func TestDaemon(t *testing.T) {
	tmp := t.TempDir()
	t.Setenv("TMPDIR", tmp)
	src := testImage(t, hostPlatform, "")
	for how, archive := range map[string][]byte{"20": docker20(t, src, ""), "25": docker25(t, src)} {
		host := listen(t, engine(archive, "team/app:1", "0123456789ab"))
		img := mustOpen(t, "docker:team/app:1", &Options{DockerHost: host})
		requireSame(t, src, img)
		assert.Equal(t, schemeDocker, img.Scheme)
		assert.Equal(t, "team/app:1", img.Name)
		assert.Equal(t, []string{"team/app:1", "team/app:latest", testName}, img.Tags)
		assert.Equal(t, []string{fmt.Sprintf("team/app@sha256:%064d", 7)}, img.RepoDigests)
		assert.Equal(t, how == "25", img.ManifestDigest.Hex != "")

		t.Setenv("DOCKER_HOST", host)
		assert.Equal(t, "team/app:1", mustOpen(t, "docker:0123456789ab", nil).Name)
	}
	left, err := filepath.Glob(filepath.Join(tmp, "stemma-*"))
	require.NoError(t, err)
	assert.Empty(t, left, "the temporary copies are unlinked")
}

func TestDaemonOverTCP(t *testing.T) {
	src := testImage(t, hostPlatform, "")
	host := serve(t, engine(docker20(t, src, ""), "app"))
	requireSame(t, src, mustOpen(t, "docker:app", &Options{DockerHost: "tcp://" + host}))
}

func TestDaemonErrors(t *testing.T) {
	host := listen(t, engine([]byte("no archive"), "app"))
	for ref, test := range map[string]struct {
		host string
		is   error
		says string
	}{
		"docker:none:1":  {host, ErrNotFound, "no image none:1"},
		"docker:dind":    {host, ErrNotFound, "the image docker:dind is written registry:docker:dind"},
		"docker:broken":  {host, nil, "answers 500 Internal Server Error: the graph is broken"},
		"docker:app":     {host, ErrNotImage, "no tar"},
		"docker:UP":      {host, nil, "no legal image reference"},
		"docker:a/../b":  {host, nil, ""},
		"docker:a?b":     {host, nil, "no legal image reference"},
		"docker:absent":  {"unix:///no/such/docker.sock", os.ErrNotExist, "the daemon cannot be reached"},
		"docker:closed":  {"tcp://127.0.0.1:1", nil, "cannot be reached"},
		"docker:ssh":     {"ssh://me@host", nil, "ssh is not supported"},
		"docker:npipe":   {"npipe:////./pipe/docker_engine", nil, "not supported"},
		"docker:unsaid":  {"/var/run/docker.sock", nil, "write unix://PATH"},
		"docker:illegal": {"tcp://a b:c", nil, "no legal address"},
	} {
		t.Run(ref, func(t *testing.T) {
			err := openError(t, ref, &Options{DockerHost: test.host})
			if test.is != nil {
				assert.ErrorIs(t, err, test.is)
			}
			assert.ErrorContains(t, err, test.says)
		})
	}
}

// TestDaemonBreaksOff ends the stream of the archive too early.
func TestDaemonBreaksOff(t *testing.T) {
	tmp := t.TempDir()
	t.Setenv("TMPDIR", tmp)
	archive := docker20(t, testImage(t, hostPlatform, ""), "")
	whole := engine(archive, "app")
	host := listen(t, http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		if !strings.HasSuffix(req.URL.Path, "/get") {
			whole.ServeHTTP(w, req)
			return
		}
		w.Header().Set("Content-Length", fmt.Sprint(len(archive)))
		w.Write(archive[:len(archive)/2])
	}))
	err := openError(t, "docker:app", &Options{DockerHost: host})
	assert.ErrorIs(t, err, io.ErrUnexpectedEOF)
	left, err := filepath.Glob(filepath.Join(tmp, "stemma-*"))
	require.NoError(t, err)
	assert.Empty(t, left)
}
