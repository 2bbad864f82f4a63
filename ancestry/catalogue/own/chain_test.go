package own_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/stemma-go/stemma/ancestry"
	"github.com/stemma-go/stemma/ancestry/catalogue/own"
	"github.com/stemma-go/stemma/testdata/chain"
	"github.com/stemma-go/stemma/testdata/sample"
)

// TestSampleChain resolves an image that Docker's classic builder, BuildKit and
// Buildah made of one Dockerfile each.
func TestSampleChain(t *testing.T) {
	img, err := sample.Open()
	require.NoError(t, err)
	b := own.New("testdata/chain", asOf)
	require.NoError(t, b.AddDockerfiles(t.Context(), chain.Dockerfiles(), &own.Options{Name: chain.Name}))
	known, err := b.Catalogue()
	require.NoError(t, err)

	for name, test := range map[string]struct {
		sources []ancestry.Source
		want    []string
	}{
		"alone": {nil, []string{
			"unknown unknown, begins recorded", "example.org/runtime/node:18 recorded, begins inferred",
			"example.org/build/toolchain:12 inferred, begins inferred", "example.org/base/debian:bookworm recorded, begins proved",
		}},
		"with its Dockerfiles": {[]ancestry.Source{known}, []string{
			"example.org/shop/api:2.4.1 recognised, begins recorded", "example.org/runtime/node:18 recorded, begins recognised",
			"example.org/build/toolchain:12 recognised, begins recognised", "example.org/base/debian:bookworm recorded, begins proved",
		}},
	} {
		t.Run(name, func(t *testing.T) {
			l, err := ancestry.Resolve(t.Context(), img, &ancestry.Options{Catalogues: test.sources})
			require.NoError(t, err)
			require.Empty(t, l.Problems)
			var got []string
			for _, a := range l.Ancestors {
				got = append(got, fmt.Sprintf("%s %s, begins %s", a, a.Confidence, a.Boundary))
				assert.Empty(t, a.Against, "%s", a)
			}
			assert.Equal(t, test.want, got)
		})
	}
}
