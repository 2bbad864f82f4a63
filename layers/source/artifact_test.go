package source

import (
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const text = `{"schemaVersion":2,"mediaType":"application/vnd.oci.image.manifest.v1+json","artifactType":"text/x","config":{"mediaType":"application/vnd.oci.empty.v1+json",` +
	`"digest":"sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a","size":2},"layers":[{"mediaType":"text/x",` +
	`"digest":"sha256:2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824","size":5}]}`

func TestArtifact(t *testing.T) {
	host := serve(t, newRegistry())
	ref := host + "/a/text:1"
	blobs := []Blob{{"application/vnd.oci.empty.v1+json", []byte("{}")}, {"text/x", []byte("hello")}}
	h, err := PushArtifact(t.Context(), ref, []byte(text), blobs, fast())
	require.NoError(t, err)
	for _, ref := range []string{ref, "registry:" + ref, host + "/a/text@" + h.String()} {
		a, err := OpenArtifact(t.Context(), ref, fast())
		require.NoError(t, err)
		assert.Equal(t, h, a.Digest)
		b, err := a.Blob(t.Context(), a.Manifest.Layers[0], 5)
		require.NoError(t, err)
		assert.Equal(t, "hello", string(b))
		_, err = a.Blob(t.Context(), a.Manifest.Layers[0], 4)
		assert.ErrorIs(t, err, ErrLimit)
		_, err = a.Config(t.Context())
		assert.ErrorIs(t, err, ErrNotImage)
		assert.NoError(t, a.Close())
	}
	for ref, says := range map[string]string{
		host + "/a/none:1": "no", "./a/text:1": "no legal", "": "no legal", host + "/A/text:1": "lower case",
	} {
		_, err := OpenArtifact(t.Context(), ref, fast())
		assert.ErrorContains(t, err, says, ref)
	}
}

// What is not there, or not in full, is not pushed.
func TestPushFails(t *testing.T) {
	_, err := PushArtifact(t.Context(), serve(t, refusing(403, ""))+"/a/text:1", []byte(text), nil, fast())
	assert.ErrorContains(t, err, "denied")
}

func TestRepository(t *testing.T) {
	host := serve(t, newRegistry())
	img := testImage(t, v1.Platform{OS: "linux", Architecture: "amd64"}, "gzip")
	push(t, host+"/base/app:1", img)
	push(t, host+"/base/app:2", img)
	push(t, host+"/other/app:1", img)
	idx := mutate.AppendManifests(empty.Index, mutate.IndexAddendum{Add: img})
	ref, err := name.ParseReference(host+"/base/app:all", name.Insecure)
	require.NoError(t, err)
	require.NoError(t, remote.WriteIndex(ref, idx))

	all, err := ListRepositories(t.Context(), host, fast())
	require.NoError(t, err)
	assert.ElementsMatch(t, []string{host + "/base/app", host + "/other/app"}, all)
	for ns, want := range map[string][]string{host + "/base": {host + "/base/app"}, host + "/base/app/": {host + "/base/app"}, host + "/bas": nil} {
		got, err := ListRepositories(t.Context(), ns, fast())
		require.NoError(t, err)
		assert.Equal(t, want, got, ns)
	}
	_, err = ListRepositories(t.Context(), "base/app", fast())
	assert.ErrorContains(t, err, "host of a registry")

	r, err := OpenRepository(t.Context(), host+"/base/app", fast())
	require.NoError(t, err)
	defer r.Close()
	tags, err := r.Tags(t.Context())
	require.NoError(t, err)
	assert.ElementsMatch(t, []string{"1", "2", "all"}, tags)
	a, err := r.Tagged(t.Context(), "all")
	require.NoError(t, err)
	require.NotNil(t, a.Index)
	_, err = a.Config(t.Context())
	assert.ErrorIs(t, err, ErrNotImage)
	a, err = r.ByDigest(t.Context(), a.Index.Manifests[0].Digest)
	require.NoError(t, err)
	cfg, err := a.Config(t.Context())
	require.NoError(t, err)
	assert.Len(t, cfg.RootFS.DiffIDs, len(testLayers(t)))
	for _, tag := range []string{"none", "UPPER/..", "a b", strings.Repeat("x", 200)} {
		_, err = r.Tagged(t.Context(), tag)
		assert.Error(t, err, tag)
	}
}

// A list that has no end, or that leads elsewhere, ends.
func TestListsEnd(t *testing.T) {
	n := 0
	host := ""
	host = serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case strings.HasSuffix(r.URL.Path, "/tags/list"):
			n++
			w.Header().Set("Link", `</v2/a/tags/list?n=1>; rel="next"`)
			_, _ = w.Write([]byte(`{"tags":["` + strings.Repeat(`a","`, 400_000) + `a"]}`))
		case strings.HasSuffix(r.URL.Path, "/_catalog"):
			w.Header().Set("Link", `<http://192.0.2.1/v2/_catalog>; rel="next"`)
			_, _ = w.Write([]byte(`{"repositories":["a"]}`))
		}
	}))
	r, err := OpenRepository(t.Context(), host+"/a", fast())
	require.NoError(t, err)
	defer r.Close()
	_, err = r.Tags(t.Context())
	assert.ErrorIs(t, err, ErrLimit)
	assert.Equal(t, 3, n)
	_, err = ListRepositories(t.Context(), host, fast())
	assert.ErrorContains(t, err, "host")
}
