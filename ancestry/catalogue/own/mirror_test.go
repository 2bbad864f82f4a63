package own_test

import (
	"testing"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/stemma-go/stemma/ancestry"
	"github.com/stemma-go/stemma/ancestry/catalogue/own"
	"github.com/stemma-go/stemma/ancestry/genealogy"
)

// A mirror of an official image, byte for byte, is named as one's own where one's catalogue
// knows its bytes: in place of the official recipe that it fits, too.
func TestMirrorOfOfficial(t *testing.T) {
	official, err := genealogy.Open()
	require.NoError(t, err)
	tried := 0
	for ref, cfg := range published(t) {
		img := (*v1.ConfigFile)(cfg)
		if len(img.RootFS.DiffIDs) == 0 {
			continue
		}
		tried++
		for _, verified := range []bool{false, true} {
			b := own.New("mine", asOf)
			mirror := name(t, "registry.example.com/mirror/"+ref)
			require.NoError(t, b.AddImage(own.Image{Name: mirror, Config: img, Verified: verified}))
			mine, err := b.Catalogue()
			require.NoError(t, err)
			hints := ancestry.Hints{}
			for range img.RootFS.DiffIDs {
				hints.Verified = append(hints.Verified, true)
			}
			l, err := ancestry.Resolve(t.Context(), cfg, &ancestry.Options{Hints: hints, Catalogues: []ancestry.Source{mine, official}})
			require.NoError(t, err)
			top := l.Ancestors[0]
			assert.Equal(t, mirror.String(), top.String(), "verified: %v", verified)
			assert.Empty(t, top.Ties)
		}
	}
	assert.Positive(t, tried)
}
