package source

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/types"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/stemma-go/stemma/layers"
)

// artifactLayout is an archive in OCI layout that holds one manifest.
func artifactLayout(t *testing.T, m *v1.Manifest, blobs ...string) string {
	t.Helper()
	var files []file
	put := func(b string) v1.Descriptor {
		h, size, err := v1.SHA256(strings.NewReader(b))
		require.NoError(t, err)
		files = append(files, file{name: "blobs/sha256/" + h.Hex, body: b})
		return v1.Descriptor{Digest: h, Size: size}
	}
	for i, b := range blobs {
		d := put(b)
		if i == 0 {
			m.Config.Digest, m.Config.Size = d.Digest, d.Size
		} else {
			m.Layers[i-1].Digest, m.Layers[i-1].Size = d.Digest, d.Size
		}
	}
	m.SchemaVersion, m.MediaType = 2, types.OCIManifestSchema1
	b, err := json.Marshal(m)
	require.NoError(t, err)
	d := put(string(b))
	d.MediaType = m.MediaType
	b, err = json.Marshal(v1.IndexManifest{SchemaVersion: 2, MediaType: types.OCIImageIndex, Manifests: []v1.Descriptor{d}})
	require.NoError(t, err)
	files = append(files, file{name: "oci-layout", body: `{"imageLayoutVersion":"1.0.0"}`}, file{name: indexJSON, body: string(b)})
	path := filepath.Join(t.TempDir(), "artifact.tar")
	require.NoError(t, os.WriteFile(path, tarOf(t, files...), 0o644))
	return path
}

// TestArtifacts: what is no image says what it is, in one place or another.
func TestArtifacts(t *testing.T) {
	const config = `{"architecture":"amd64","os":"linux","rootfs":{"type":"layers","diff_ids":[]}}`
	typed := func(t ...types.MediaType) (ds []v1.Descriptor) {
		for _, t := range t {
			ds = append(ds, v1.Descriptor{MediaType: t})
		}
		return ds
	}
	for name, tc := range map[string]struct {
		m     v1.Manifest
		blobs []string
		says  string // "" for an image
	}{
		"empty config": {
			v1.Manifest{ArtifactType: "application/vnd.example.thing.v1", Config: v1.Descriptor{MediaType: "application/vnd.oci.empty.v1+json"}, Layers: typed("text/plain")},
			[]string{"{}", "hello"}, "not an image but an artifact of type application/vnd.example.thing.v1",
		},
		"config of its own type": {
			v1.Manifest{Config: v1.Descriptor{MediaType: "application/vnd.cncf.helm.config.v1+json"}, Layers: typed("application/vnd.cncf.helm.chart.content.v1.tar+gzip")},
			[]string{"{}", "hello"}, "of type application/vnd.cncf.helm.config.v1+json",
		},
		"signature": {
			v1.Manifest{Config: v1.Descriptor{MediaType: types.OCIConfigJSON}, Layers: typed("application/vnd.dev.cosign.simplesigning.v1+json")},
			[]string{config, `{"critical":{}}`}, "an artifact with 1 layer of type application/vnd.dev.cosign.simplesigning.v1+json",
		},
		"attestation": {
			v1.Manifest{Config: v1.Descriptor{MediaType: types.OCIConfigJSON}, Layers: typed("application/vnd.in-toto+json", "application/vnd.in-toto+json")},
			[]string{config, `{}`, `{}`}, "an artifact with 2 layers of type application/vnd.in-toto+json",
		},
		"an image with an artifact's type": {
			v1.Manifest{ArtifactType: "application/vnd.example", Config: v1.Descriptor{MediaType: types.OCIConfigJSON}, Layers: typed(types.OCILayer)},
			[]string{config, ""}, "",
		},
		"an image of no layer":         {v1.Manifest{Config: v1.Descriptor{MediaType: types.OCIConfigJSON}}, []string{config}, ""},
		"an image with an odd type":    {v1.Manifest{Config: v1.Descriptor{MediaType: types.OCIConfigJSON}, Layers: typed("application/octet-stream")}, []string{config, ""}, ""},
		"an image with types of Nydus": {v1.Manifest{Config: v1.Descriptor{MediaType: types.OCIConfigJSON}, Layers: typed("application/vnd.oci.image.layer.nydus.blob.v1")}, []string{config, ""}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			path := artifactLayout(t, &tc.m, tc.blobs...)
			if tc.says == "" {
				mustOpen(t, path, nil)
				return
			}
			err := openError(t, path, nil)
			assert.ErrorIs(t, err, ErrNotImage)
			assert.ErrorContains(t, err, tc.says)
		})
	}
}

// TestDanglingLink: a layer that is a link to nothing is told with its target.
func TestDanglingLink(t *testing.T) {
	path := filepath.Join(t.TempDir(), "image.tar")
	require.NoError(t, os.WriteFile(path, tarOf(t,
		file{name: "c.json", body: `{"architecture":"amd64","os":"linux","rootfs":{"type":"layers","diff_ids":["sha256:` + strings.Repeat("0", 64) + `"]}}`},
		file{name: ".blob.tar", body: "x"},
		file{name: "abc/layer.tar", link: ".blob.tar", kind: '2'},
		file{name: manifestJSON, body: `[{"Config":"c.json","RepoTags":["x:1"],"Layers":["abc/layer.tar"]}]`}), 0o644))
	x, err := layers.Read(t.Context(), mustOpen(t, path, nil), nil)
	require.NoError(t, err)
	assert.True(t, x.Layers[0].Partial)
	assert.Contains(t, fmt.Sprint(x.Problems), "layer 0: abc/layer.tar: links to abc/.blob.tar, which is not in the archive")
}

// dockerConfig makes a configuration of the docker command with these contexts, of which
// the first is the current one.
func dockerConfig(t *testing.T, nameAndHost ...string) string {
	t.Helper()
	dir := t.TempDir()
	for _, env := range []string{"DOCKER_HOST", "DOCKER_CONTEXT"} {
		t.Setenv(env, "")
	}
	t.Setenv("DOCKER_CONFIG", dir)
	if len(nameAndHost) > 0 {
		require.NoError(t, os.WriteFile(filepath.Join(dir, "config.json"), []byte(`{"currentContext":"`+nameAndHost[0]+`"}`), 0o600))
	}
	for c := range slices.Chunk(nameAndHost, 2) {
		meta := filepath.Join(dir, "contexts", "meta", fmt.Sprintf("%x", sha256.Sum256([]byte(c[0]))))
		require.NoError(t, os.MkdirAll(meta, 0o755))
		require.NoError(t, os.WriteFile(filepath.Join(meta, "meta.json"),
			[]byte(`{"Name":"`+c[0]+`","Metadata":{},"Endpoints":{"docker":{"Host":"`+c[1]+`","SkipTLSVerify":false}}}`), 0o600))
	}
	return dir
}

// TestDockerContexts: the daemon is the one that the docker command would use.
func TestDockerContexts(t *testing.T) {
	archive := docker20(t, testImage(t, hostPlatform, ""), "")
	one, two := listen(t, engine(archive, "one")), listen(t, engine(archive, "two"))
	opens := func(name string, o *Options) error {
		img, err := Open(t.Context(), "docker:"+name, o)
		if err == nil {
			err = img.Close()
		}
		return err
	}
	dir := dockerConfig(t, "mine", one, "other", two, "far", "ssh://me@far", "gone", "unix:///no/such/docker.sock")
	assert.NoError(t, opens("one", nil), "currentContext")
	t.Setenv("DOCKER_CONTEXT", "other")
	assert.NoError(t, opens("two", nil), "DOCKER_CONTEXT")
	assert.NoError(t, opens("one", &Options{DockerHost: one}), "Options.DockerHost")
	t.Setenv("DOCKER_CONTEXT", "gone")
	assert.ErrorContains(t, opens("one", nil), `the daemon of context "gone" cannot be reached`)
	t.Setenv("DOCKER_CONTEXT", "far")
	assert.ErrorContains(t, opens("one", nil), `docker context "far", host ssh://me@far: ssh is not supported: forward the socket`)
	t.Setenv("DOCKER_CONTEXT", "absent")
	err := opens("one", nil)
	assert.ErrorIs(t, err, fs.ErrNotExist)
	assert.ErrorContains(t, err, `docker context "absent": there is none of that name in `+dir+`; set DOCKER_HOST`)
	t.Setenv("DOCKER_HOST", two)
	assert.NoError(t, opens("two", nil), "DOCKER_HOST wins")

	t.Setenv("DOCKER_HOST", "")
	t.Setenv("DOCKER_CONTEXT", "")
	require.NoError(t, os.WriteFile(filepath.Join(dir, "config.json"), []byte(`{"currentContext":`), 0o600))
	assert.ErrorContains(t, opens("one", nil), "docker's configuration "+filepath.Join(dir, "config.json")+" cannot be read")
	require.NoError(t, os.WriteFile(filepath.Join(dir, "config.json"), []byte(`{"currentContext":"default"}`), 0o600))
	host, err := daemonHost("")
	require.NoError(t, err)
	assert.Equal(t, dockerHost{address: defaultDockerHost}, host)
	dockerConfig(t) // without a config.json
	host, err = daemonHost("")
	require.NoError(t, err)
	assert.Equal(t, dockerHost{address: defaultDockerHost}, host)
}

// TestDockerContextTLS: the certificates of a context are used.
func TestDockerContextTLS(t *testing.T) {
	dir := dockerConfig(t, "tls", "tcp://127.0.0.1:2376")
	certs := filepath.Join(dir, "contexts", "tls", fmt.Sprintf("%x", sha256.Sum256([]byte("tls"))), "docker")
	require.NoError(t, os.MkdirAll(certs, 0o755))
	require.NoError(t, os.WriteFile(filepath.Join(certs, "ca.pem"), []byte("none"), 0o600))
	err := openError(t, "docker:app", nil)
	assert.ErrorContains(t, err, `docker context "tls", host tcp://127.0.0.1:2376: `+filepath.Join(certs, "ca.pem")+" holds no certificate")
}

func TestAssumedTag(t *testing.T) {
	host := listen(t, engine(nil, "other"))
	o := &Options{DockerHost: host}
	assert.ErrorContains(t, openError(t, "docker:app", o), "no image app:latest (no tag was given, so latest was assumed)")
	for _, named := range []string{"app:1", "app:latest", "app@sha256:" + strings.Repeat("0", 64)} {
		assert.NotContains(t, openError(t, "docker:"+named, o).Error(), "assumed", named)
	}
}

// TestBrokenCredentials: the file that is broken is named, and no connection is.
func TestBrokenCredentials(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("DOCKER_CONFIG", dir)
	require.NoError(t, os.WriteFile(filepath.Join(dir, "config.json"), []byte(`{"auths":`), 0o600))
	err := openError(t, "127.0.0.1:1/app:1", nil)
	assert.ErrorContains(t, err, "the credentials for registry 127.0.0.1:1 cannot be read, and it was not asked")
	assert.ErrorContains(t, err, dir)
	assert.NotContains(t, err.Error(), "broke off")
}

// TestTokenPage: a token server that answers with a page is told of by its address.
func TestTokenPage(t *testing.T) {
	var host string
	host = serve(t, http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		if req.URL.Path != "/token" {
			w.Header().Set("WWW-Authenticate", `Bearer realm="http://`+host+`/token",service="x"`)
			w.WriteHeader(http.StatusUnauthorized)
		}
		fmt.Fprint(w, "<html>single sign-on</html>")
	}))
	err := openError(t, host+"/app:1", fast())
	assert.ErrorContains(t, err, "http://"+host+"/token gave no token but something else, perhaps the page of a login or of a proxy")
}

// TestSilentRegistry: one that takes connections and says nothing is given up, once.
func TestSilentRegistry(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer l.Close()
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go io.Copy(io.Discard, c)
		}
	}()
	var waiting []string
	o := &Options{AnswerTimeout: 50 * time.Millisecond, Waiting: func(what string) { waiting = append(waiting, what) }}
	err = openError(t, l.Addr().String()+"/app:1", o)
	assert.ErrorContains(t, err, "registry "+l.Addr().String()+": it has not answered within 50ms (Options.AnswerTimeout)")
	assert.Equal(t, []string{"registry " + l.Addr().String()}, waiting)
}

func TestMisleadingReferences(t *testing.T) {
	t.Chdir(t.TempDir())
	for ref, says := range map[string]string{
		"-":                          "standard input and pipes cannot be read in place: save the image to a file first",
		"docker-archive:-":           "save the image to a file first",
		os.DevNull:                   "save the image to a file first",
		"127.0.0.1:1/t/Nested:1":     "the names of repositories are lower case",
		"registry:127.0.0.1:1/Up:V1": "the names of repositories are lower case",
		"docker:Nested:1":            "the names of repositories are lower case",
	} {
		assert.ErrorContains(t, openError(t, ref, nil), says, ref)
	}
}

// TestUnreadablePath: a path that may not be looked at is no question to a registry.
func TestUnreadablePath(t *testing.T) {
	if os.Geteuid() == 0 {
		t.Skip("nothing is forbidden to root")
	}
	t.Chdir(t.TempDir())
	require.NoError(t, os.Mkdir("closed", 0o000))
	err := openError(t, "closed/layout", &Options{Transport: roundTripper(func(*http.Request) (*http.Response, error) {
		t.Error("a registry was asked")
		return nil, io.EOF
	})})
	assert.ErrorIs(t, err, fs.ErrPermission)
	assert.ErrorContains(t, err, "permission denied; for a registry's image of that name write registry:closed/layout")
}

func TestParsePlatform(t *testing.T) {
	for s, want := range map[string]v1.Platform{
		"arm64":                      {OS: "linux", Architecture: "arm64"},
		"aarch64":                    {OS: "linux", Architecture: "arm64"},
		"X86_64":                     {OS: "linux", Architecture: "amd64"},
		"arm/v7":                     {OS: "linux", Architecture: "arm", Variant: "v7"},
		"linux/arm64/v8":             {OS: "linux", Architecture: "arm64", Variant: "v8"},
		"windows/amd64:10.0.17763.1": {OS: "windows", Architecture: "amd64", OSVersion: "10.0.17763.1"},
	} {
		p, err := ParsePlatform(s)
		require.NoError(t, err, s)
		assert.Equal(t, want, *p, s)
	}
	for _, s := range []string{"", "linux", "arm65", "/arm64", "a/b/c/d"} {
		_, err := ParsePlatform(s)
		assert.Error(t, err, s)
	}
}

// TestLocalRedirects: blobs may be on a host of the local network that is allowed.
func TestLocalRedirects(t *testing.T) {
	src := testImage(t, hostPlatform, "gzip")
	reg := newRegistry()
	push(t, serve(t, reg)+"/app:1", src)
	o := fast()
	o.Transport = roundTripper(func(req *http.Request) (*http.Response, error) {
		rec := httptest.NewRecorder()
		if req.URL.Hostname() == "registry.test" && strings.Contains(req.URL.Path, "/blobs/") {
			http.Redirect(rec, req, "https://10.1.2.3:9000"+req.URL.Path, http.StatusTemporaryRedirect)
		} else {
			reg.ServeHTTP(rec, req)
		}
		resp := rec.Result()
		resp.Request = req
		return resp, nil
	})
	assert.ErrorContains(t, openError(t, "registry.test/app:1", o), "redirects to 10.1.2.3, an address of a local network, which must be allowed for it (Options.LocalRedirects)")
	o.LocalRedirects = []string{"10.1.2.4"}
	openError(t, "registry.test/app:1", o)
	o.LocalRedirects = []string{"10.1.2.4", "10.1.2.3"}
	requireSame(t, src, mustOpen(t, "registry.test/app:1", o))
}
