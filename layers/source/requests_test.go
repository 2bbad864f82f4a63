package source_test

import (
	"context"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/registry"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/stemma-go/stemma/ancestry"
	"github.com/stemma-go/stemma/layers"
	"github.com/stemma-go/stemma/layers/source"
)

// Opening an image takes a first request, one for the index if there is one, one for
// the manifest and one for the config. Each layer takes one more.
func TestRequests(t *testing.T) {
	img := sample()
	img, err := mutate.ConfigFile(img, &v1.ConfigFile{
		OS: "linux", Architecture: "amd64",
		RootFS:  must(img.ConfigFile()).RootFS,
		History: []v1.History{{CreatedBy: "COPY a / # buildkit", Comment: "buildkit.dockerfile.v0"}},
	})
	require.NoError(t, err)
	platform := &v1.Platform{OS: "linux", Architecture: "amd64"}
	idx := mutate.AppendManifests(empty.Index, mutate.IndexAddendum{Add: img, Descriptor: v1.Descriptor{Platform: platform}})
	digest, config, layer := must(img.Digest()), must(img.ConfigName()), must(must(img.Layers())[0].Digest())

	var mu sync.Mutex
	var got []string
	reg := registry.New(registry.Logger(log.New(io.Discard, "", 0)))
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		mu.Lock()
		got = append(got, req.Method+" "+req.URL.Path)
		mu.Unlock()
		reg.ServeHTTP(w, req)
	}))
	defer srv.Close()
	host := strings.TrimPrefix(srv.URL, "http://")
	require.NoError(t, remote.Write(must(name.ParseReference(host+"/app:1")), img))
	require.NoError(t, remote.WriteIndex(must(name.ParseReference(host+"/app:all")), idx))

	for tag, want := range map[string][]string{
		"1":   {"GET /v2/", "GET /v2/app/manifests/1", "GET /v2/app/blobs/" + config.String()},
		"all": {"GET /v2/", "GET /v2/app/manifests/all", "GET /v2/app/manifests/" + digest.String(), "GET /v2/app/blobs/" + config.String()},
	} {
		got = nil
		opened, err := source.Open(t.Context(), "registry:"+host+"/app:"+tag, &source.Options{Platform: platform})
		require.NoError(t, err)
		lineage, err := ancestry.Resolve(t.Context(), opened, nil)
		require.NoError(t, err)
		require.NotEmpty(t, lineage.Ancestors)
		assert.Equal(t, want, got)

		x, err := layers.Read(context.Background(), opened, nil)
		require.NoError(t, err)
		require.Empty(t, x.Problems)
		assert.Equal(t, append(want, "GET /v2/app/blobs/"+layer.String()), got)
		require.NoError(t, opened.Close())
	}
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}
