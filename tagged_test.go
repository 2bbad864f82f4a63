//go:build tagged

package stemma_test

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/stemma-go/stemma"
	"github.com/stemma-go/stemma/layers/source"
	"github.com/stemma-go/stemma/testdata/chain"
)

// The images of the chain are nobody's but ours, from the root on: with the
// genealogy at hand, none of their ancestors gets the name of a Docker Official
// Image.
func TestTaggedNoOfficialName(t *testing.T) {
	dir, err := chain.Build(t.Context())
	require.NoError(t, err)
	for _, stage := range []string{"debian", "toolchain", "runtime", "app"} {
		t.Run(stage, func(t *testing.T) {
			img, err := source.Open(t.Context(), "oci:"+filepath.Join(dir, "stages", stage), nil)
			require.NoError(t, err)
			defer img.Close()
			rep, err := stemma.Analyze(t.Context(), img, &stemma.Options{NoPackages: true})
			require.NoError(t, err)
			require.NotEmpty(t, rep.Ancestors)
			for i, a := range rep.Ancestors {
				if a.Repository != "" {
					assert.True(t, strings.HasPrefix(a.Repository, "example.org/"), "ancestor %d is called %s (%s): %v", i, a, a.Confidence, a.Evidence)
				}
			}
		})
	}
}
