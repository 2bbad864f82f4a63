package source

import (
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/google/go-containerregistry/pkg/v1/types"
	"github.com/google/go-containerregistry/pkg/v1/validate"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestOneImageEveryWay opens one image from every kind of place.
func TestOneImageEveryWay(t *testing.T) {
	gz, zs := testImage(t, hostPlatform, "gzip"), testImage(t, hostPlatform, "zstd")
	plain, mixed := testImage(t, hostPlatform, ""), testImage(t, hostPlatform, "zstd", "", "gzip", "")
	require.Equal(t, raw(t, gz.RawConfigFile), raw(t, mixed.RawConfigFile))

	srv := httptest.NewServer(newRegistry())
	t.Cleanup(srv.Close)
	host := strings.TrimPrefix(srv.URL, "http://")
	pushed, err := name.ParseReference(host + "/team/app:1")
	require.NoError(t, err)
	require.NoError(t, remote.Write(pushed, mixed))

	for _, test := range []struct {
		how, ref string
		scheme   string
		name     string
		manifest bool
	}{
		{"docker 20", writeFile(t, "a.tar", docker20(t, gz, "")), schemeDockerArchive, testName, false},
		{"docker 20, mixed compression", "docker-archive:" + writeFile(t, "a.tar", docker20(t, gz, "gzip", "zstd", "")), schemeDockerArchive, testName, false},
		{"docker 25", writeFile(t, "a.tar", docker25(t, plain)), schemeDockerArchive, testName, true},
		{"docker 25, tag alone", writeFile(t, "a.tar", docker25(t, plain)) + ":1", schemeDockerArchive, testName, true},
		{"docker 25, as layout", "oci-archive:" + writeFile(t, "a.tar", docker25(t, plain)), schemeOCIArchive, "a:1", true},
		{"go-containerregistry", writeFile(t, "a.tar", savedByLibrary(t, gz)), schemeDockerArchive, testName, false},
		{"go-containerregistry, zstd", writeFile(t, "a", savedByLibrary(t, zs)) + ":" + testName, schemeDockerArchive, testName, false},
		{"layout, gzip", layoutOf(t, gz, testName), schemeOCI, testName, true},
		{"layout, zstd", "oci:" + layoutOf(t, zs, "1"), schemeOCI, "layout:1", true},
		{"layout, plain", "oci:" + layoutOf(t, plain, testName) + ":" + testName, schemeOCI, testName, true},
		{"layout, by digest", layoutOf(t, mixed, "1") + "@" + hash(t, mixed.Digest).String(), schemeOCI, "layout:1", true},
		{"oci archive", writeFile(t, "app.tar", tarOf(t, filesOf(t, layoutOf(t, mixed, testName))...)), schemeOCIArchive, testName, true},
		{"oci archive, forced", "oci-archive:" + writeFile(t, "app.tar", tarOf(t, filesOf(t, layoutOf(t, gz, "v1"))...)) + ":v1", schemeOCIArchive, "app:v1", true},
		{"registry", host + "/team/app:1", schemeRegistry, host + "/team/app:1", true},
		{"registry, by digest", "registry:" + host + "/team/app@" + hash(t, mixed.Digest).String(), schemeRegistry, host + "/team/app@" + hash(t, mixed.Digest).String(), true},
	} {
		t.Run(test.how, func(t *testing.T) {
			img := mustOpen(t, test.ref, nil)
			requireSame(t, gz, img)
			assert.Equal(t, test.scheme, img.Scheme)
			assert.Equal(t, test.ref, img.Reference)
			assert.Equal(t, test.name, img.Name)
			assert.Equal(t, hostPlatform, img.Platform)
			assert.NoError(t, img.Damage)
			assert.Equal(t, test.manifest, img.ManifestDigest != v1.Hash{})
			if test.manifest {
				assert.Equal(t, img.ManifestDigest, hash(t, img.Digest))
				assert.Equal(t, "debian:bookworm", img.Annotations[baseName])
			}
			if img.Scheme == schemeOCI {
				assert.Equal(t, "index", img.Annotations["stemma.test"])
			}
		})
	}
}

// TestImageIsWhole checks that an image without a manifest is what go-containerregistry
// expects of a v1.Image.
func TestImageIsWhole(t *testing.T) {
	src := testImage(t, hostPlatform, "gzip")
	for how, ref := range map[string]string{
		"gzip":   writeFile(t, "a.tar", docker20(t, src, "gzip")),
		"layout": layoutOf(t, src, "1"),
	} {
		t.Run(how, func(t *testing.T) {
			require.NoError(t, validate.Image(mustOpen(t, ref, nil)))
		})
	}
	img := mustOpen(t, writeFile(t, "a.tar", docker20(t, src, "", "gzip", "zstd", "")), nil)
	layers, err := img.Layers()
	require.NoError(t, err)
	for n, want := range []types.MediaType{types.DockerUncompressedLayer, types.DockerLayer, types.OCILayerZStd, types.DockerLayer} {
		got, err := layers[n].MediaType()
		require.NoError(t, err)
		assert.Equal(t, want, got, "layer %d", n)
		_, claimed, err := layers[n].(*layer).Stored()
		require.NoError(t, err)
		assert.Zero(t, claimed)
		byDigest, err := img.LayerByDigest(hash(t, layers[n].Digest))
		require.NoError(t, err)
		assert.Equal(t, hash(t, layers[n].DiffID), hash(t, byDigest.DiffID))
		byDiffID, err := img.LayerByDiffID(hash(t, layers[n].DiffID))
		require.NoError(t, err)
		assert.Equal(t, hash(t, layers[n].Digest), hash(t, byDiffID.Digest))
	}
	config, err := img.LayerByDigest(hash(t, img.ConfigName))
	require.NoError(t, err)
	assert.Equal(t, hash(t, img.ConfigName), hash(t, config.Digest))
	m, err := img.Manifest()
	require.NoError(t, err)
	assert.Len(t, m.Layers, 4)
}
