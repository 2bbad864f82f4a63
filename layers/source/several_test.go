package source

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	ocilayout "github.com/google/go-containerregistry/pkg/v1/layout"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/types"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// rewriteIndex changes the index.json of a layout.
func rewriteIndex(t testing.TB, dir string, change func(*v1.IndexManifest)) {
	t.Helper()
	path := filepath.Join(dir, indexJSON)
	b, err := os.ReadFile(path)
	require.NoError(t, err)
	var index v1.IndexManifest
	require.NoError(t, json.Unmarshal(b, &index))
	change(&index)
	b, err = json.Marshal(index)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(path, b, 0o644))
}

func named(d v1.Descriptor, names ...string) v1.Descriptor {
	d.Annotations = map[string]string{refNameKey: names[0]}
	if len(names) > 1 {
		d.Annotations[containerdNameKey] = names[1]
	}
	return d
}

// TestIndexUnderTwoNames: an index that index.json lists twice has both names, and one
// that is in two others is found by the digest of either.
func TestIndexUnderTwoNames(t *testing.T) {
	inner := testIndex(t, hostPlatform, otherPlatform)
	dir := layoutOfIndex(t, inner, true)
	p, err := ocilayout.FromPath(dir)
	require.NoError(t, err)
	outer := mutate.AppendManifests(mutate.IndexMediaType(empty.Index, types.OCIImageIndex), mutate.IndexAddendum{Add: inner})
	require.NoError(t, p.AppendIndex(outer))
	rewriteIndex(t, dir, func(index *v1.IndexManifest) {
		first := index.Manifests[0]
		index.Manifests = []v1.Descriptor{
			named(first, "1", "docker.io/library/app:1"), named(first, "1.2", "docker.io/library/app:1.2"), index.Manifests[1],
		}
	})
	for _, ref := range []string{"", ":1", ":1.2", ":app:1.2", "@" + hash(t, inner.Digest).String(), "@" + hash(t, outer.Digest).String()} {
		img := mustOpen(t, dir+ref, &Options{Platform: &otherPlatform})
		assert.Equal(t, otherPlatform, img.Platform, ref)
		assert.Equal(t, []string{"app:1", "app:1.2"}, img.Tags, ref)
	}
}

// TestSavedPlatforms opens an archive of an image for two platforms as Docker writes it
// with containerd's store. manifest.json has only one of them, and not always the one
// that is wanted.
func TestSavedPlatforms(t *testing.T) {
	dir := layoutOfIndex(t, testIndex(t, hostPlatform, otherPlatform), true)
	rewriteIndex(t, dir, func(index *v1.IndexManifest) {
		index.Manifests[0] = named(index.Manifests[0], "1", "docker.io/library/app:1")
	})
	for _, saved := range []v1.Platform{hostPlatform, otherPlatform} {
		s := savedImage{Config: blobPath(hash(t, testImage(t, saved, "gzip").ConfigName)), RepoTags: []string{"app:1"}}
		path := writeFile(t, "a.tar", tarOf(t, append(filesOf(t, dir), file{name: manifestJSON, body: manifestList(t, s)})...))
		for _, ref := range []string{path, path + ":1", path + ":app:1", path + ":docker.io/library/app:1"} {
			for _, want := range []*v1.Platform{nil, &hostPlatform, &otherPlatform} {
				img := mustOpen(t, ref, &Options{Platform: want})
				if want == nil {
					want = &hostPlatform
				}
				assert.Equal(t, *want, img.Platform, ref)
				assert.Equal(t, []string{"app:1"}, img.Tags)
				assert.NotZero(t, img.ManifestDigest)
			}
		}
	}
}

// TestNameInCommon: images that all have the wanted name differ by platform, whatever
// other names they have.
func TestNameInCommon(t *testing.T) {
	dir := layoutOf(t, testImage(t, hostPlatform, "gzip"), "")
	p, err := ocilayout.FromPath(dir)
	require.NoError(t, err)
	require.NoError(t, p.AppendImage(testImage(t, otherPlatform, "gzip")))
	rewriteIndex(t, dir, func(index *v1.IndexManifest) {
		host, other := index.Manifests[0], index.Manifests[1]
		index.Manifests = []v1.Descriptor{named(host, "x:1"), named(host, "y:1"), named(other, "y:1")}
	})
	assert.ErrorIs(t, openError(t, dir, nil), ErrAmbiguous)
	assert.Equal(t, hostPlatform, mustOpen(t, dir+":y:1", nil).Platform)
	assert.Equal(t, otherPlatform, mustOpen(t, dir+":y:1", &Options{Platform: &otherPlatform}).Platform)
}

// TestReferrer: a signature beside an image leaves no choice.
func TestReferrer(t *testing.T) {
	src := testImage(t, hostPlatform, "gzip")
	dir := layoutOf(t, src, "v1")
	p, err := ocilayout.FromPath(dir)
	require.NoError(t, err)
	require.NoError(t, p.AppendImage(mutate.ConfigMediaType(testImage(t, otherPlatform, "gzip"), "application/vnd.oci.empty.v1+json")))
	rewriteIndex(t, dir, func(index *v1.IndexManifest) {
		index.Manifests[0].ArtifactType = string(types.OCIConfigJSON)
		index.Manifests[1].ArtifactType = "application/vnd.dev.cosign.artifact.sig.v1+json"
	})
	requireSame(t, src, mustOpen(t, dir, nil))
	rewriteIndex(t, dir, func(index *v1.IndexManifest) { index.Manifests = index.Manifests[1:] })
	assert.ErrorContains(t, openError(t, dir, nil), "an artifact of type application/vnd.oci.empty.v1+json")
}

// TestManyAnnotations: annotations that many images of an index share are in memory
// once.
func TestManyAnnotations(t *testing.T) {
	index := v1.IndexManifest{Annotations: map[string]string{}}
	for n := range 20_000 {
		index.Annotations[fmt.Sprintf("annotation %d", n)] = "x"
	}
	for n := range 500 {
		index.Manifests = append(index.Manifests, v1.Descriptor{
			Size: 1, Digest: v1.Hash{Algorithm: "sha256", Hex: fmt.Sprintf("%064x", n/2)},
			Annotations: map[string]string{"own": fmt.Sprint(n)},
		})
	}
	b, err := json.Marshal(index)
	require.NoError(t, err)
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	all, err := findImages(t.Context(), nil, b, v1.Hash{}, Limits{}.withDefaults())
	runtime.ReadMemStats(&after)
	require.NoError(t, err)
	assert.Len(t, all, 250)
	assert.Less(t, after.TotalAlloc-before.TotalAlloc, uint64(50<<20))
}

// TestManySavedNames: names that many images share are not multiplied.
func TestManySavedNames(t *testing.T) {
	limits := Limits{Images: 10}
	var tags []string
	for n := range 60 {
		tags = append(tags, fmt.Sprint("app:", n))
	}
	_, err := parseManifestJSON([]byte(manifestList(t, savedImage{Config: "c", RepoTags: tags})), limits)
	require.NoError(t, err)
	_, err = parseManifestJSON([]byte(manifestList(t, savedImage{Config: "c", RepoTags: tags}, savedImage{Config: "d", RepoTags: tags})), limits)
	assert.ErrorIs(t, err, ErrLimit)

	src := testImage(t, hostPlatform, "gzip")
	dir := layoutOf(t, src, "")
	p, err := ocilayout.FromPath(dir)
	require.NoError(t, err)
	require.NoError(t, p.AppendImage(mutate.Annotations(src, map[string]string{"other": "manifest"}).(v1.Image)))
	s := savedImage{Config: blobPath(hash(t, src.ConfigName)), RepoTags: tags}
	path := writeFile(t, "a.tar", tarOf(t, append(filesOf(t, dir), file{name: manifestJSON, body: manifestList(t, s)})...))
	a := indexed(t, raw(t, func() ([]byte, error) { return os.ReadFile(path) }))
	_, err = openLayout(t.Context(), a, reference{}, &Options{Limits: Limits{Images: 10}.withDefaults()}, []savedImage{s})
	assert.ErrorIs(t, err, ErrLimit)
}

// TestBrokenSavedNeighbour: a malformed entry of manifest.json is left out.
func TestBrokenSavedNeighbour(t *testing.T) {
	s := savedImage{Config: "c", RepoTags: []string{testName}}
	list := strings.Replace(manifestList(t, s), "[", `[null,{},{"RepoTags":["other:1"]},5,`, 1)
	config := string(raw(t, testImage(t, hostPlatform, "").RawConfigFile))
	path := writeFile(t, "a.tar", tarOf(t, file{name: "c", body: config}, file{name: manifestJSON, body: list}))
	assert.Equal(t, testName, mustOpen(t, path, nil).Name)
	_, err := parseManifestJSON([]byte(`[null,5]`), Limits{}.withDefaults())
	assert.ErrorContains(t, err, "image 0: names no config")
}

// TestCancelledInTheIndex ends Open while it reads the platforms that are not in an
// index.
func TestCancelledInTheIndex(t *testing.T) {
	idx := mutate.IndexMediaType(empty.Index, types.OCIImageIndex)
	for _, p := range []v1.Platform{hostPlatform, otherPlatform} {
		idx = mutate.AppendManifests(idx, mutate.IndexAddendum{Add: testImage(t, p, "gzip")})
	}
	reg := newRegistry()
	push(t, serve(t, reg)+"/app:1", idx)
	ctx, cancel := context.WithCancel(t.Context())
	host := serve(t, http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		if strings.Contains(req.URL.Path, "/manifests/sha256:") {
			cancel()
		}
		reg.ServeHTTP(w, req)
	}))
	_, err := Open(ctx, host+"/app:1", fast())
	assert.ErrorIs(t, err, context.Canceled)

	for what, dir := range map[string]string{"platforms": layoutOfIndex(t, idx, false), "names": layoutOf(t, testImage(t, hostPlatform, "gzip"), "1")} {
		d, err := openDirectory(dir, false)
		require.NoError(t, err)
		_, err = openLayout(ctx, d, reference{}, (&Options{}).withDefaults(), []savedImage{{Config: "c"}})
		assert.ErrorIs(t, err, context.Canceled, what)
		require.NoError(t, d.Close())
	}
}
