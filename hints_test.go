package stemma

import (
	"io"
	"testing"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/stemma-go/stemma/ancestry"
	"github.com/stemma-go/stemma/internal/place"
	"github.com/stemma-go/stemma/layers/source"
)

// What the caller says counts; the place fills in the rest.
func TestPlaced(t *testing.T) {
	digest := v1.Hash{Algorithm: "sha256", Hex: "11"}
	img := &source.Image{Image: empty.Image, Scheme: "docker", Reference: "x.tar", Tags: []string{"a:1", "b:2"}, ManifestDigest: digest, Annotations: map[string]string{"k": "v"}}
	assert.Equal(t, ancestry.Hints{Reference: "a:1", Tags: []string{"b:2"}, Digest: digest, Annotations: map[string]string{"k": "v"}}, place.Of(img).Complete(ancestry.Hints{}))
	byDigest := &source.Image{Image: empty.Image, Scheme: "registry", Name: "a@sha256:11"}
	assert.Equal(t, "a@sha256:11", HintsOf(byDigest).Reference)
	byDigest.Scheme, byDigest.Name = "docker", "beef"
	assert.Empty(t, HintsOf(byDigest).Reference, "an ID is no name")
	img.Scheme = "oci"
	assert.Equal(t, []string{"a:1", "b:2"}, place.Of(img).Complete(ancestry.Hints{}).Tags, "nobody asked for a name")
	given := ancestry.Hints{Reference: "mine:1", Tags: []string{"mine:2"}, Digest: v1.Hash{Algorithm: "sha256", Hex: "22"}, Annotations: map[string]string{}}
	assert.Equal(t, given, place.Of(img).Complete(given))
	assert.Equal(t, ancestry.Hints{}, place.Of(empty.Image).Complete(ancestry.Hints{}), "an image of unknown place")
}

func TestAnalyzeNamesByPlace(t *testing.T) {
	r, err := Analyze(t.Context(), &source.Image{Image: empty.Image, Reference: "dir/x.tar"}, nil)
	require.NoError(t, err)
	assert.Equal(t, "dir/x.tar", r.Reference)
	assert.Equal(t, "unknown", r.Ancestors[0].String(), "a path is no name")

	r, err = Analyze(t.Context(), &source.Image{Image: empty.Image, Reference: "dir/x.tar", Tags: []string{"acme/app:1"}}, nil)
	require.NoError(t, err)
	assert.Equal(t, "dir/x.tar", r.Reference)
	assert.Equal(t, "acme/app:1", r.Ancestors[0].String())
}

// An archive that breaks off is reported, even if no layer suffers.
func TestAnalyzeReportsDamage(t *testing.T) {
	r, err := Analyze(t.Context(), &source.Image{Image: empty.Image, Reference: "x.tar", Damage: io.ErrUnexpectedEOF}, nil)
	require.NoError(t, err)
	require.Len(t, r.Problems, 1)
	require.ErrorIs(t, r.Problems[0], io.ErrUnexpectedEOF)
}
