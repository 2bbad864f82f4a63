//go:build tagged

package chain_test

import (
	"io"
	"log"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/layout"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/stemma-go/stemma/layers"
	"github.com/stemma-go/stemma/layers/source"
	"github.com/stemma-go/stemma/testdata/aptmirror"
	"github.com/stemma-go/stemma/testdata/counting"
	"github.com/stemma-go/stemma/testdata/realregistry"
)

// An application on a root that mmdebstrap made, in Debian's docker-registry: its chain
// takes three requests besides the first one, and a few hundred kB.
func TestTaggedRequests(t *testing.T) {
	img := image(t, layer{slimRoot(t), "# debian.sh --arch 'amd64' out/ 'bookworm' '@1733097600'"},
		layer{blob(t, file{name: "srv/app", noise: 100 << 20}), "COPY app /srv # buildkit"})
	config, root := digests(t, img)
	dir := filepath.Join(t.TempDir(), "layout")
	written, err := layout.Write(dir, empty.Index)
	require.NoError(t, err)
	require.NoError(t, written.AppendImage(img))
	addr := realregistry.Serve(t, "oci:"+dir, "app:1")
	counter := counting.New(&httputil.ReverseProxy{
		Rewrite:  func(r *httputil.ProxyRequest) { r.SetURL(&url.URL{Scheme: "http", Host: addr}) },
		ErrorLog: log.New(io.Discard, "", 0),
	})
	srv := httptest.NewServer(counter)
	defer srv.Close()

	opened, err := source.Open(t.Context(), "registry:"+strings.TrimPrefix(srv.URL, "http://")+"/app:1", nil)
	require.NoError(t, err)
	defer opened.Close()
	all, err := opened.Layers()
	require.NoError(t, err)
	size := int64(0)
	for _, l := range all {
		d, ok := l.(layers.Described).Described()
		require.True(t, ok)
		size += d.Size
	}
	lowest, r := of(t, opened, nil)
	srv.Close() // once all answers have ended
	assert.Equal(t, []string{
		"GET /v2/", "GET /v2/app/manifests/1", "GET /v2/app/blobs/" + config, "GET /v2/app/blobs/" + root,
	}, counter.Requests())
	assert.Less(t, counter.Bytes(), int64(600<<10))
	assert.Equal(t, "debian:bookworm-20241202-slim", lowest.String(), "%v", lowest.Evidence)
	assert.Equal(t, "bookworm", lowest.Distro.Codename)
	assert.Empty(t, r.Problems)
	t.Logf("%d of %d bytes", counter.Bytes(), size)
}

// slimRoot is a root whose dpkg leaves documentation out, as mmdebstrap makes it.
func slimRoot(t *testing.T) []byte {
	t.Helper()
	root := filepath.Join(t.TempDir(), "root.tar.gz")
	cmd := exec.CommandContext(t.Context(), "mmdebstrap", "--quiet", "--variant=minbase", "--format=tar",
		"--dpkgopt=path-exclude=/usr/share/man/*", "--dpkgopt=path-exclude=/usr/share/doc/*", "bookworm", root, aptmirror.Bookworm(t))
	out, err := cmd.CombinedOutput()
	require.NoError(t, err, "%s", out)
	b, err := os.ReadFile(root)
	require.NoError(t, err)
	return b
}
