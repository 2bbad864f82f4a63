//go:build tagged

package peer

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/stemma-go/stemma/layers/source"
	"github.com/stemma-go/stemma/testdata/chain"
)

// TestTaggedPeer compares on the whole built chain, or on any image whose
// reference STEMMA_PEER_IMAGE holds.
func TestTaggedPeer(t *testing.T) {
	ref := os.Getenv("STEMMA_PEER_IMAGE")
	if ref == "" {
		dir, err := chain.Build(t.Context())
		require.NoError(t, err)
		ref = "oci:" + filepath.Join(dir, "stages/app")
	}
	img, err := source.Open(t.Context(), ref, nil)
	require.NoError(t, err)
	defer img.Close()
	require.Greater(t, len(compare(t, img)), 300)
}
