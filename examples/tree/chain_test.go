package main

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// The chain alone has the names of the whole tree, and no number that was not read.
func TestChain(t *testing.T) {
	whole, _, _ := tree(t, "-width", "100", "-dockerfiles", catalogueDir(t), layout)
	out, errs, code := tree(t, "-width", "100", "-chain", "-dockerfiles", catalogueDir(t), layout)
	require.Zero(t, code, errs)
	assert.Equal(t, names(whole), names(out))
	for _, want := range []string{"built 2026-09-30", "layers 13–25", "the layers were not read"} {
		assert.Contains(t, out, want)
	}
	for _, not := range []string{" 0 B", "0 packages", "partial", "problem"} {
		assert.NotContains(t, out, not)
	}
}
