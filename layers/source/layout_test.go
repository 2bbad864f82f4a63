package source

import (
	"encoding/json"
	"io/fs"
	"os"
	"path/filepath"
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

var (
	otherPlatform = v1.Platform{OS: "linux", Architecture: "s390x"}
	thirdPlatform = v1.Platform{OS: "linux", Architecture: "arm", Variant: "v6"}
)

// testIndex is an index of an image for each platform, and an attestation.
func testIndex(t testing.TB, platforms ...v1.Platform) v1.ImageIndex {
	t.Helper()
	idx := mutate.IndexMediaType(empty.Index, types.OCIImageIndex)
	for _, p := range platforms {
		idx = mutate.AppendManifests(idx, mutate.IndexAddendum{
			Add:        testImage(t, p, "gzip"),
			Descriptor: v1.Descriptor{Platform: &p, Annotations: map[string]string{"stemma.platform": p.String(), baseName: "false"}},
		})
	}
	attestation := mutate.ConfigMediaType(mutate.MediaType(empty.Image, types.OCIManifestSchema1), types.OCIConfigJSON)
	idx = mutate.AppendManifests(idx, mutate.IndexAddendum{Add: attestation, Descriptor: v1.Descriptor{
		Platform:    &v1.Platform{OS: "unknown", Architecture: "unknown"},
		Annotations: map[string]string{attestationKey: "attestation-manifest"},
	}})
	return mutate.Annotations(idx, map[string]string{"stemma.index": "yes"}).(v1.ImageIndex)
}

func layoutOfIndex(t testing.TB, idx v1.ImageIndex, nested bool) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "layout")
	if !nested {
		_, err := ocilayout.Write(dir, idx)
		require.NoError(t, err)
		return dir
	}
	p, err := ocilayout.Write(dir, empty.Index)
	require.NoError(t, err)
	require.NoError(t, p.AppendIndex(idx, ocilayout.WithAnnotations(map[string]string{refNameKey: "v1"})))
	return dir
}

func TestPlatforms(t *testing.T) {
	all := testIndex(t, otherPlatform, thirdPlatform, hostPlatform)
	for _, nested := range []bool{false, true} {
		dir := layoutOfIndex(t, all, nested)
		for _, want := range []*v1.Platform{nil, &hostPlatform, &otherPlatform, &thirdPlatform, {OS: "linux", Architecture: "arm"}} {
			img := mustOpen(t, dir, &Options{Platform: want})
			if want == nil {
				want = &hostPlatform
			}
			assert.Equal(t, want.Architecture, img.Platform.Architecture)
			assert.Equal(t, img.Platform.String(), img.Annotations["stemma.platform"])
			assert.Equal(t, "debian:bookworm", img.Annotations[baseName], "the manifest goes before the index")
			assert.Equal(t, "yes", img.Annotations["stemma.index"])
			assert.Equal(t, nested, img.IndexDigest == hash(t, all.Digest))
		}
		err := openError(t, dir, &Options{Platform: &v1.Platform{OS: "linux", Architecture: "riscv64"}})
		assert.ErrorIs(t, err, ErrNotFound)
		assert.ErrorContains(t, err, "no image for linux/riscv64: there are "+hostPlatform.String()+", linux/arm/v6, linux/s390x")
		assert.ErrorIs(t, openError(t, dir, &Options{Platform: &v1.Platform{OS: "linux", Architecture: "arm", Variant: "v7"}}), ErrNotFound)
	}
	two := layoutOfIndex(t, testIndex(t, otherPlatform, thirdPlatform), true)
	assert.ErrorIs(t, openError(t, two, nil), ErrNotFound)

	one := layoutOfIndex(t, testIndex(t, otherPlatform), true)
	assert.Equal(t, otherPlatform, mustOpen(t, one, nil).Platform, "a single image is given whatever its platform")
	assert.ErrorIs(t, openError(t, one, &Options{Platform: &hostPlatform}), ErrNotFound)

	// Where the descriptor is silent about the platform, the config is not.
	silent := layoutOf(t, testImage(t, otherPlatform, "gzip"), "v1")
	assert.Equal(t, otherPlatform, mustOpen(t, silent, nil).Platform)
	assert.ErrorIs(t, openError(t, silent, &Options{Platform: &hostPlatform}), ErrNotFound)
}

// TestSilentVariant opens images whose variant is not in the config, but in the index or
// nowhere.
func TestSilentVariant(t *testing.T) {
	silent := v1.Platform{OS: "linux", Architecture: "arm"}
	v6, v7 := thirdPlatform, v1.Platform{OS: "linux", Architecture: "arm", Variant: "v7"}
	idx := mutate.IndexMediaType(empty.Index, types.OCIImageIndex)
	for how, p := range map[string]v1.Platform{"gzip": v6, "zstd": v7} {
		idx = mutate.AppendManifests(idx, mutate.IndexAddendum{Add: testImage(t, silent, how), Descriptor: v1.Descriptor{Platform: &p}})
	}
	dir := layoutOfIndex(t, idx, true)
	for _, want := range []v1.Platform{v6, v7} {
		assert.Equal(t, want, mustOpen(t, dir, &Options{Platform: &want}).Platform)
	}
	alone := layoutOf(t, testImage(t, silent, "gzip"), "v1")
	assert.Equal(t, silent, mustOpen(t, alone, &Options{Platform: &v6}).Platform)
	assert.ErrorIs(t, openError(t, alone, &Options{Platform: &otherPlatform}), ErrNotFound)
}

func TestPlatformRank(t *testing.T) {
	p := func(s string) v1.Platform {
		out, err := v1.ParsePlatform(s)
		require.NoError(t, err)
		return *out
	}
	for _, test := range []struct{ want, better, worse string }{
		{"linux/arm", "linux/arm/v7", "linux/arm/v6"},
		{"linux/arm", "linux/arm/v6", "linux/arm/v5"},
		{"linux/arm", "linux/arm/v5", "linux/arm/v8"},
		{"linux/arm64", "linux/arm64", "linux/amd64"},
		{"linux/arm64/v8", "linux/arm64", "linux/arm64/v9"},
		{"linux/amd64", "linux/amd64", "linux/amd64/v3"},
		{"linux/amd64", "linux/amd64/v2", "windows/amd64"},
		{"windows/amd64:10.0.17763.1", "windows/amd64:10.0.17763.1", "windows/amd64:10.0.2"},
	} {
		assert.Greater(t, platformRank(p(test.want), p(test.better)), platformRank(p(test.want), p(test.worse)), "%+v", test)
	}
	assert.Equal(t, platformRank(p("linux/arm64"), p("linux/arm64")), platformRank(p("linux/arm64"), p("linux/arm64/v8")))
	assert.Zero(t, platformRank(p("linux/arm/v7"), p("linux/arm/v6")))
}

func TestSeveralNamedImages(t *testing.T) {
	dir := layoutOf(t, testImage(t, hostPlatform, "gzip"), "v1")
	p, err := ocilayout.FromPath(dir)
	require.NoError(t, err)
	other := testImage(t, otherPlatform, "zstd")
	require.NoError(t, p.AppendImage(other, ocilayout.WithAnnotations(map[string]string{refNameKey: "v2"})))
	require.NoError(t, p.AppendImage(other, ocilayout.WithAnnotations(map[string]string{containerdNameKey: "docker.io/library/app:v3"})))

	err = openError(t, dir, nil)
	assert.ErrorIs(t, err, ErrAmbiguous)
	assert.ErrorContains(t, err, "name one of v1, v2")
	assert.Equal(t, hostPlatform, mustOpen(t, dir+":v1", nil).Platform)
	assert.Equal(t, otherPlatform, mustOpen(t, dir+":v2", nil).Platform)
	third := mustOpen(t, dir+":app:v3", nil)
	assert.Equal(t, hash(t, other.Digest), third.ManifestDigest)
	assert.Equal(t, "app:v3", third.Name)
	assert.Equal(t, []string{"app:v3"}, third.Tags)
	assert.ErrorIs(t, openError(t, dir+":v4", nil), ErrNotFound)
	assert.ErrorIs(t, openError(t, dir+"@sha256:"+strings.Repeat("0", 64), nil), ErrNotFound)
	assert.Equal(t, otherPlatform, mustOpen(t, dir+"@"+hash(t, other.Digest).String(), nil).Platform)

	// Images of one platform without names can only be named by digest.
	unnamed := layoutOf(t, testImage(t, hostPlatform, "gzip"), "")
	p, err = ocilayout.FromPath(unnamed)
	require.NoError(t, err)
	require.NoError(t, p.AppendImage(testImage(t, hostPlatform, "zstd")))
	err = openError(t, unnamed, nil)
	assert.ErrorIs(t, err, ErrAmbiguous)
	assert.ErrorContains(t, err, "@sha256:")
}

// blobOf is the path of a blob in a layout directory.
func blobOf(dir string, h v1.Hash) string { return filepath.Join(dir, "blobs", h.Algorithm, h.Hex) }

func TestBrokenLayouts(t *testing.T) {
	src := testImage(t, hostPlatform, "gzip")
	manifest, config := hash(t, src.Digest), hash(t, src.ConfigName)
	write := func(h v1.Hash, body string) func(*testing.T, string) {
		return func(t *testing.T, dir string) { require.NoError(t, os.WriteFile(blobOf(dir, h), []byte(body), 0o644)) }
	}
	index := func(body string) func(*testing.T, string) {
		return func(t *testing.T, dir string) {
			require.NoError(t, os.WriteFile(filepath.Join(dir, indexJSON), []byte(body), 0o644))
		}
	}
	one := func(descriptor string) func(*testing.T, string) { return index(`{"manifests":[` + descriptor + `]}`) }
	zeros := "sha256:" + strings.Repeat("0", 64)
	for name, test := range map[string]struct {
		harm func(*testing.T, string)
		opts *Options
		is   error
		says string
	}{
		"no manifest":       {func(t *testing.T, dir string) { os.Remove(blobOf(dir, manifest)) }, nil, fs.ErrNotExist, manifest.Hex},
		"no config":         {func(t *testing.T, dir string) { os.Remove(blobOf(dir, config)) }, nil, fs.ErrNotExist, config.Hex},
		"false manifest":    {write(manifest, strings.Repeat("x", len(raw(t, src.RawManifest)))), nil, nil, "the bytes have the digest"},
		"false config":      {write(config, strings.Repeat("x", len(raw(t, src.RawConfigFile)))), nil, nil, "the bytes have the digest"},
		"short config":      {write(config, "{}"), nil, nil, "has 2 bytes, its descriptor says"},
		"index is rubbish":  {index("rubbish"), nil, ErrNotImage, "no index"},
		"index is an image": {index(string(raw(t, src.RawManifest))), nil, ErrNotImage, "no index"},
		"index is empty":    {index(`{"manifests":[]}`), nil, ErrNotImage, "holds none"},
		"index is large":    {index(`{"manifests":[]}` + strings.Repeat(" ", 9<<20)), nil, ErrLimit, "index.json"},
		"path in a digest":  {one(`{"digest":"sha256:../../../../etc/passwd","size":1}`), nil, nil, "non-hex"},
		"path as algorithm": {one(`{"digest":"../../etc:` + strings.Repeat("0", 64) + `","size":1}`), nil, nil, "unsupported hash"},
		"no digest":         {one(`{"size":1}`), nil, nil, "no digest"},
		"negative size":     {one(`{"digest":"` + zeros + `","size":-1}`), nil, nil, "size of -1"},
		"absurd size":       {one(`{"digest":"` + zeros + `","size":9223372036854775807}`), nil, ErrLimit, "9223372036854775807"},
		"other things":      {one(`{"mediaType":"application/vnd.x","digest":"` + zeros + `","size":1}`), nil, ErrNotImage, "application/vnd.x"},
		"schema 1":          {one(`{"mediaType":"` + string(types.DockerManifestSchema1Signed) + `","digest":"` + zeros + `","size":1}`), nil, ErrNotImage, "version 1"},
		"many descriptors":  {index(`{"manifests":[{},{},{}]}`), &Options{Limits: Limits{Images: 2}}, ErrLimit, "2 descriptors"},
		"config too large":  {func(*testing.T, string) {}, &Options{Limits: Limits{Config: 10}}, ErrLimit, "config"},
		"manifest is a directory": {func(t *testing.T, dir string) {
			require.NoError(t, os.Remove(blobOf(dir, manifest)))
			require.NoError(t, os.Mkdir(blobOf(dir, manifest), 0o755))
		}, nil, nil, "not a regular file"},
	} {
		t.Run(name, func(t *testing.T) {
			dir := layoutOf(t, src, "v1")
			test.harm(t, dir)
			err := openError(t, dir, test.opts)
			if test.is != nil {
				assert.ErrorIs(t, err, test.is)
			}
			assert.ErrorContains(t, err, test.says)
		})
	}
}

// TestNeighbours opens an image although its neighbours in the index are broken.
func TestNeighbours(t *testing.T) {
	src := testImage(t, hostPlatform, "gzip")
	dir := layoutOf(t, src, "v1")
	path := filepath.Join(dir, indexJSON)
	index, err := os.ReadFile(path)
	require.NoError(t, err)
	zeros := `"digest":"sha256:` + strings.Repeat("0", 64) + `"`
	broken := `"manifests":[{"digest":"x"},{"size":"y"},` +
		`{"mediaType":"` + string(types.OCIImageIndex) + `",` + zeros + `,"size":7},` +
		`{"mediaType":"` + string(types.OCIManifestSchema1) + `",` + zeros + `,"size":7},`
	index = []byte(strings.Replace(strings.ReplaceAll(string(index), " ", ""), `"manifests":[`, broken, 1))
	require.True(t, json.Valid(index))
	require.NoError(t, os.WriteFile(path, index, 0o644))
	requireSame(t, src, mustOpen(t, dir, nil))
}

func TestNestedForEver(t *testing.T) {
	idx := testIndex(t, hostPlatform)
	for range maxIndexDepth + 2 {
		idx = mutate.AppendManifests(mutate.IndexMediaType(empty.Index, types.OCIImageIndex), mutate.IndexAddendum{Add: idx})
	}
	assert.ErrorIs(t, openError(t, layoutOfIndex(t, idx, true), nil), ErrLimit)
}

func TestArtifactIsNoImage(t *testing.T) {
	chart := mutate.ConfigMediaType(testImage(t, hostPlatform, "gzip"), "application/vnd.cncf.helm.config.v1+json")
	err := openError(t, layoutOf(t, chart, "v1"), nil)
	assert.ErrorIs(t, err, ErrNotImage)
	assert.ErrorContains(t, err, "helm")
}
