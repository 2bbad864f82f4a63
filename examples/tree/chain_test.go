package main

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// The chain alone has the names of the whole tree, and no number that was not read.
func TestChain(t *testing.T) {
	of := []string{"-width", "100", "-dockerfiles", catalogueDir(t)}
	whole, _, _ := tree(t, append(of, "-v", layout)...)
	out, errs, code := tree(t, append(of, "-v", "-chain", layout)...)
	require.Zero(t, code, errs)
	assert.Equal(t, names(whole), names(out))
	screen, _, _ := tree(t, append(of, "-chain", layout)...)
	for out, wants := range map[string][]string{
		out:    {"built 2026-09-30", "layers 13–25", "the layers were not read"},
		screen: {"2026-09-30", "not known"},
	} {
		for _, want := range wants {
			assert.Contains(t, out, want)
		}
		for _, not := range []string{" 0 B", "0 packages", "partial", "problem"} {
			assert.NotContains(t, out, not)
		}
	}
}
