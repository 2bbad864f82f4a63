//go:build tagged

package main

import (
	"testing"

	"github.com/google/go-containerregistry/pkg/v1/empty"
	ocilayout "github.com/google/go-containerregistry/pkg/v1/layout"
	"github.com/stretchr/testify/require"

	"github.com/stemma-go/stemma/testdata/realregistry"
)

// Debian's docker-registry, and a base that moves between two runs.
func TestTaggedLive(t *testing.T) {
	dir := t.TempDir()
	l, err := ocilayout.Write(dir, empty.Index)
	require.NoError(t, err)
	require.NoError(t, l.AppendImage(baseOf(t, "old", "2026-03-01")))
	host := realregistry.Serve(t, "oci:"+dir, "base:1")
	checkLive(t, host, pushBase(t, host))
}
