//go:build tagged

package scan_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/stemma-go/stemma/layers/source"
	"github.com/stemma-go/stemma/testdata/chain"
	"github.com/stemma-go/stemma/testdata/ecosystems"
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

// TestTaggedPeerEcosystems compares on the finished images of all package systems.
func TestTaggedPeerEcosystems(t *testing.T) {
	dir, err := ecosystems.Build(t.Context())
	require.NoError(t, err)
	images, err := filepath.Glob(filepath.Join(dir, "*", "image"))
	require.NoError(t, err)
	require.NotEmpty(t, images)
	for _, at := range images {
		t.Run(filepath.Base(filepath.Dir(at)), func(t *testing.T) {
			img, err := source.Open(t.Context(), "oci:"+at, nil)
			require.NoError(t, err)
			defer img.Close()
			t.Logf("%d packages", len(compare(t, img)))
		})
	}
}
