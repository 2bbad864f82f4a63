package stemma_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/stemma-go/stemma"
	"github.com/stemma-go/stemma/ancestry"
	"github.com/stemma-go/stemma/testdata/handmade"
)

// TestGenealogy: the genealogy is asked unless it is left out.
func TestGenealogy(t *testing.T) {
	day := handmade.Day("2024-10-01")
	img := handmade.Image{Steps: []handmade.Step{
		{CreatedBy: "ADD alpine-minirootfs-3.20.3-x86_64.tar.gz / # buildkit", Comment: "buildkit.dockerfile.v0", Created: day, Files: []handmade.File{{Name: "etc/alpine-release", Body: "3.20.3\n"}}},
		{CreatedBy: `CMD ["/bin/sh"]`, Comment: "buildkit.dockerfile.v0", Created: day},
		{CreatedBy: "COPY app / # buildkit", Comment: "buildkit.dockerfile.v0", Created: day, Files: []handmade.File{{Name: "app", Body: "app"}}},
	}}.Build(t)
	for _, without := range []bool{false, true} {
		r, err := stemma.Analyze(t.Context(), img, &stemma.Options{NoGenealogy: without, NoPackages: true})
		require.NoError(t, err)
		require.Len(t, r.Ancestors, 2)
		root := r.Ancestors[1]
		assert.Equal(t, "alpine:3.20.3", root.String())
		if without {
			assert.Equal(t, ancestry.Inferred, root.Confidence)
			assert.Nil(t, root.Standing)
			continue
		}
		assert.Equal(t, ancestry.Recognised, root.Confidence)
		require.NotNil(t, root.Standing)
		require.NotNil(t, root.Standing.Superseded)
		assert.Equal(t, "3.20.4", root.Standing.Superseded.First)
	}
}
