package chain_test

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"context"
	"fmt"
	"io"
	"log"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/registry"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/google/go-containerregistry/pkg/v1/static"
	"github.com/google/go-containerregistry/pkg/v1/types"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/stemma-go/stemma/ancestry"
	"github.com/stemma-go/stemma/ancestry/chain"
	"github.com/stemma-go/stemma/layers/source"
	"github.com/stemma-go/stemma/report"
	"github.com/stemma-go/stemma/report/rules"
	"github.com/stemma-go/stemma/testdata/counting"
)

// A file of a layer: a directory where the name ends with a slash, a symbolic link where
// there is a link, noise of a size that no compression makes smaller where there is no
// body.
type file struct {
	name, body, link string
	noise            int
}

// debian is the order and the size of what is in Debian's root, as mmdebstrap and
// debuerreotype write it: os-release is ten megabytes behind etc/.
func debian(more ...file) []file {
	files := []file{
		{name: "dev/"}, {name: "bin", link: "usr/bin"}, {name: "etc/"},
		{name: "etc/apt/sources.list.d/debian.sources", body: "Types: deb\nURIs: http://mirror.example.org/debian\nSuites: trixie trixie-updates\n"},
		{name: "etc/bash.bashrc", noise: 90_000},
		{name: "etc/debian_version", body: "13.1\n"},
	}
	files = append(files, more...)
	return append(files,
		file{name: "etc/issue", body: "Debian GNU/Linux 13 \\n \\l\n\n"},
		file{name: "etc/os-release", link: "../usr/lib/os-release"},
		file{name: "home/"}, file{name: "usr/"}, file{name: "usr/bin/perl", noise: 9 << 20},
		file{name: "usr/lib/os-release", body: "ID=debian\nVERSION_ID=\"13\"\nVERSION_CODENAME=trixie\nPRETTY_NAME=\"Debian GNU/Linux 13 (trixie)\"\n"},
		file{name: "usr/local/bin/tool", noise: 1 << 20}, file{name: "usr/share/doc/apt/NEWS", body: "news"},
	)
}

// slim is how dpkg is told to leave documentation out.
var slim = file{name: "etc/dpkg/dpkg.cfg.d/docker", body: "path-exclude /usr/share/doc/*\n"}

func blob(t testing.TB, files ...file) []byte {
	t.Helper()
	noise := rand.NewChaCha8([32]byte{})
	var b bytes.Buffer
	z, err := gzip.NewWriterLevel(&b, gzip.BestSpeed)
	require.NoError(t, err)
	w := tar.NewWriter(z)
	for _, f := range files {
		body := []byte(f.body)
		if f.noise > 0 {
			body = make([]byte, f.noise)
			_, _ = noise.Read(body)
		}
		h := &tar.Header{Name: f.name, Mode: 0o644, Size: int64(len(body)), Linkname: f.link, Typeflag: tar.TypeReg}
		switch {
		case strings.HasSuffix(f.name, "/"):
			h.Typeflag = tar.TypeDir
		case f.link != "":
			h.Typeflag = tar.TypeSymlink
		}
		require.NoError(t, w.WriteHeader(h))
		_, err := w.Write(body)
		require.NoError(t, err)
	}
	require.NoError(t, w.Close())
	require.NoError(t, z.Close())
	return b.Bytes()
}

// A layer of an image, and the step that made it.
type layer struct {
	blob []byte
	by   string
}

const (
	addRoot = "/bin/sh -c #(nop) ADD file:5d9b1c2e3f405162738495a6b7c8d9e0f1a2b3c4d5e6f708192a3b4c5d6e7f80 in / "
	command = `/bin/sh -c #(nop)  CMD ["bash"]`
)

func image(t testing.TB, layers ...layer) v1.Image {
	t.Helper()
	img, err := mutate.ConfigFile(empty.Image, &v1.ConfigFile{OS: "linux", Architecture: "amd64", RootFS: v1.RootFS{Type: "layers"}})
	require.NoError(t, err)
	for i, l := range layers {
		day := v1.Time{Time: time.Date(2025, 9, 8, i, 0, 0, 0, time.UTC)}
		img, err = mutate.Append(img, mutate.Addendum{Layer: static.NewLayer(l.blob, types.DockerLayer), History: v1.History{CreatedBy: l.by, Created: day}})
		require.NoError(t, err)
		if i == 0 {
			img, err = mutate.Append(img, mutate.Addendum{History: v1.History{CreatedBy: command, EmptyLayer: true, Created: day}})
			require.NoError(t, err)
		}
	}
	return img
}

// of tells the chain of an image in memory, and returns its root with the report.
func of(t testing.TB, img v1.Image, opts *chain.Options) (report.Ancestor, *report.Report) {
	t.Helper()
	r, err := chain.Of(t.Context(), img, opts)
	require.NoError(t, err)
	assert.Nil(t, r.Index)
	assert.Nil(t, r.Inventory)
	return r.Ancestors[len(r.Ancestors)-1], r
}

// From a registry it takes three requests besides the first one, and a few hundred kB.
func TestRequests(t *testing.T) {
	img := image(t, layer{blob(t, debian(slim)...), "# debian.sh --arch 'amd64' out/ 'trixie' '@1757289600'"},
		layer{blob(t, file{name: "usr/bin/python", noise: 4 << 20}), "/bin/sh -c apt-get update"},
		layer{blob(t, file{name: "app/app", noise: 4 << 20}), "/bin/sh -c make install"})
	config, root := digests(t, img)
	ranges := map[string]func(http.Handler) http.Handler{
		"parts":    func(h http.Handler) http.Handler { return h },
		"no parts": rangeless,
	}
	for what, wrap := range ranges {
		for _, version := range []int{1, 2} {
			t.Run(fmt.Sprintf("%s, HTTP/%d", what, version), func(t *testing.T) {
				counter := counting.New(wrap(newRegistry(t, img)))
				srv := httptest.NewUnstartedServer(counter)
				ref, opts := "", &source.Options{}
				if srv.EnableHTTP2 = version == 2; srv.EnableHTTP2 {
					srv.StartTLS()
					ref, opts.Transport = "example.com/app:1", srv.Client().Transport // which takes the server for that
				} else {
					srv.Start()
					ref = strings.TrimPrefix(srv.URL, "http://") + "/app:1"
				}
				opened, err := source.Open(t.Context(), ref, opts)
				require.NoError(t, err)
				defer opened.Close()
				lowest, r := of(t, opened, nil)
				srv.Close() // once all answers have ended
				assert.Equal(t, []string{
					"GET /v2/", "GET /v2/app/manifests/1", "GET /v2/app/blobs/" + config, "GET /v2/app/blobs/" + root,
				}, counter.Requests())
				assert.Equal(t, "debian:trixie-20250908-slim", lowest.String(), "%v", lowest.Evidence)
				assert.Empty(t, r.Problems)
				if what == "parts" {
					assert.Less(t, counter.Bytes(), int64(600<<10))
				} else if version == 2 {
					assert.Less(t, counter.Bytes(), int64(5<<20), "no more than what may be sent ahead")
				}
				t.Logf("%d bytes", counter.Bytes())
			})
		}
	}
}

func digests(t testing.TB, img v1.Image) (config, root string) {
	t.Helper()
	c, err := img.ConfigName()
	require.NoError(t, err)
	all, err := img.Layers()
	require.NoError(t, err)
	d, err := all[0].Digest()
	require.NoError(t, err)
	return c.String(), d.String()
}

// newRegistry returns a registry that has the image as app:1.
func newRegistry(t testing.TB, img v1.Image) http.Handler {
	t.Helper()
	reg := registry.New(registry.Logger(log.New(io.Discard, "", 0)))
	srv := httptest.NewServer(reg)
	defer srv.Close()
	ref, err := name.ParseReference(strings.TrimPrefix(srv.URL, "http://") + "/app:1")
	require.NoError(t, err)
	require.NoError(t, remote.Write(ref, img))
	return reg
}

// rangeless is a registry that does not know ranges.
func rangeless(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		req.Header.Del("Range")
		h.ServeHTTP(w, req)
	})
}

// What the beginning of the root tells.
func TestRoots(t *testing.T) {
	without := func(files []file, names ...string) (out []file) {
		for _, f := range files {
			if !strings.Contains(" "+strings.Join(names, " ")+" ", " "+f.name+" ") {
				out = append(out, f)
			}
		}
		return out
	}
	osRelease := file{name: "etc/os-release", body: "ID=debian\nVERSION_ID=13\n"}
	alpine := file{name: "etc/os-release", body: "ID=alpine\nVERSION_ID=3.22.1\nPRETTY_NAME=\"Alpine Linux v3.22\"\n"}
	for what, tt := range map[string]struct {
		layers  []layer
		most    int64
		want    string // the root
		distro  string
		problem string
	}{
		"full or slim":               {layers: []layer{{blob(t, debian()...), addRoot}}, want: "debian", distro: "13"},
		"slim":                       {layers: []layer{{blob(t, debian(slim)...), addRoot}}, want: "debian:13-slim", distro: "13"},
		"full, read to its end":      {layers: []layer{{blob(t, append([]file{{name: "usr/share/doc/apt/NEWS", body: "news"}}, osRelease)...), addRoot}}, want: "debian:13", distro: "13"},
		"os-release alone, late":     {layers: []layer{{blob(t, without(debian(slim), "etc/issue")...), addRoot}}, most: 12 << 20, want: "debian:13-slim", distro: "13"},
		"os-release alone, too late": {layers: []layer{{blob(t, without(debian(slim), "etc/issue")...), addRoot}}, want: "unknown", problem: "layer 0: not all files that tell what the root is are in its first 8388608 bytes"},
		"no layer is to be read":     {layers: []layer{{blob(t, debian(slim)...), addRoot}}, most: -1, want: "unknown"},
		"an application, squashed":   {layers: []layer{{blob(t, debian(slim)...), "make all"}}, want: "unknown", distro: "13"},
		"an empty layer below":       {layers: []layer{{blob(t), addRoot}, {blob(t, alpine), "/bin/sh -c #(nop) COPY dir:1 in / "}}, want: "unknown", distro: "3.22.1"},
		"nothing of a distribution":  {layers: []layer{{blob(t, file{name: "app", noise: 1000}), "COPY app / # buildkit"}}, want: "unknown"},
		"a binary that is larger":    {layers: []layer{{blob(t, file{name: "app", noise: 100_000}), "COPY app / # buildkit"}}, most: 50_000, want: "unknown", problem: "in its first 50000 bytes"},
		"a link to another name":     {layers: []layer{{blob(t, file{name: "etc/os-release", link: "alpine-linux-release"}, file{name: "etc/alpine-linux-release", body: alpine.body}), addRoot}}, want: "alpine:3.22.1", distro: "3.22.1"},
		"links in a circle":          {layers: []layer{{blob(t, file{name: "etc/os-release", link: "a-release"}, file{name: "etc/a-release", link: "/etc/os-release"}), addRoot}}, want: "unknown"},
		"a layer that is none":       {layers: []layer{{[]byte(strings.Repeat("x", 1000)), addRoot}}, want: "unknown", problem: "layer 0: neither gzip, zstd nor tar"},
		"a thousand of sources":      {layers: []layer{{blob(t, many(1000)...), addRoot}}, want: "unknown", problem: "layer 0: more than 200 files"},
	} {
		t.Run(what, func(t *testing.T) {
			root, r := of(t, image(t, tt.layers...), &chain.Options{MaxBytes: tt.most, NoGenealogy: true})
			assert.Equal(t, tt.want, root.String(), "%v %v %v", root.Ties, root.Evidence, root.Against)
			assert.Equal(t, tt.distro, r.Ancestors[0].Distro.VersionID)
			if tt.problem == "" {
				assert.Empty(t, r.Problems)
			} else {
				require.Len(t, r.Problems, 1)
				assert.ErrorContains(t, r.Problems[0], tt.problem)
			}
			assert.Equal(t, what == "a layer that is none", r.Partial)
		})
	}
}

func many(n int) (files []file) {
	for i := range n {
		files = append(files, file{name: fmt.Sprintf("etc/apt/sources.list.d/%d.list", i), body: "deb http://example.org x\n"})
	}
	return files
}

// What is proved by layers is none: they were not verified.
func TestNothingIsProvedByLayers(t *testing.T) {
	img := image(t, layer{blob(t, debian(slim)...), addRoot}, layer{blob(t, file{name: "app"}), "/bin/sh -c make"})
	root, _ := of(t, img, &chain.Options{Catalogues: []ancestry.Source{proof{}}})
	assert.Equal(t, "acme/base:1", root.String())
	assert.Equal(t, ancestry.Recorded, root.Confidence)
	assert.Contains(t, root.Evidence[0].Says, "its layers were not verified")
}

// A proof claims the first two steps by their layers.
type proof struct{}

func (proof) Claims(context.Context, *ancestry.Query) ([]ancestry.Claim, error) {
	return []ancestry.Claim{{Start: 0, End: 2, Name: ancestry.Name{Repository: "acme/base", Tags: []string{"1"}},
		Evidence: ancestry.Evidence{Kind: ancestry.KindDigest, Confidence: ancestry.Proved, Says: "its layer is that of acme/base:1"}}}, nil
}

// What the caller knows is not asked for, and the rest of his options counts.
func TestOptions(t *testing.T) {
	img := image(t, layer{[]byte("no layer"), addRoot})
	files := map[int]ancestry.Files{0: {"etc/os-release": []byte("ID=debian\nVERSION_ID=12\n")}}
	asOf := time.Date(2026, 11, 22, 0, 0, 0, 0, time.UTC)
	root, r := of(t, img, &chain.Options{Hints: ancestry.Hints{Files: files, Reference: "acme/app:1"}, NoGenealogy: true, AsOf: asOf, Rules: rules.All()})
	assert.Empty(t, r.Problems)
	assert.Equal(t, "12", root.Distro.VersionID)
	assert.Equal(t, "acme/app:1", r.Reference)
	assert.Equal(t, asOf, r.AsOf)
	assert.NotEmpty(t, r.Findings)
}

// A download that stalls ends with the context.
func TestCancelled(t *testing.T) {
	img := image(t, layer{blob(t, debian()...), addRoot})
	_, root := digests(t, img)
	reg := newRegistry(t, img)
	ctx, cancel := context.WithCancel(t.Context())
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		if strings.HasSuffix(req.URL.Path, root) {
			cancel()
			<-req.Context().Done() // until the client is gone
			return
		}
		reg.ServeHTTP(w, req)
	}))
	defer srv.Close()
	opened, err := source.Open(t.Context(), strings.TrimPrefix(srv.URL, "http://")+"/app:1", nil)
	require.NoError(t, err)
	defer opened.Close()
	_, err = chain.Of(ctx, opened, nil)
	assert.ErrorIs(t, err, context.Canceled)
	_, err = chain.Of(t.Context(), noConfig{empty.Image}, nil)
	assert.ErrorIs(t, err, io.ErrUnexpectedEOF)
}

type noConfig struct{ v1.Image }

func (noConfig) ConfigFile() (*v1.ConfigFile, error) { return nil, io.ErrUnexpectedEOF }

// Any bytes may be a registry's layer.
func FuzzRoot(f *testing.F) {
	for _, b := range [][]byte{nil, blob(f, many(3)...), blob(f, slim, file{name: "etc/os-release", link: "../usr/lib/os-release"}, file{name: "usr/lib/os-release", body: "ID=debian\nVERSION_ID=13\n"})} {
		f.Add(b)
		z, err := gzip.NewReader(bytes.NewReader(b))
		if err == nil {
			plain, err := io.ReadAll(z)
			require.NoError(f, err)
			f.Add(plain)
		}
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		for _, most := range []int64{0, 700} {
			r, err := chain.Of(context.Background(), image(t, layer{b, addRoot}), &chain.Options{NoGenealogy: true, MaxBytes: most})
			require.NoError(t, err)
			require.NotEmpty(t, r.Ancestors)
			assert.LessOrEqual(t, r.Ancestors[0].Confidence, ancestry.Recorded)
		}
	})
}
