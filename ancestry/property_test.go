package ancestry_test

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/stemma-go/stemma/ancestry"
	"github.com/stemma-go/stemma/layers/history"
)

// TestAnyClaims holds Resolve to its word under claims that make no sense
// together.
func TestAnyClaims(t *testing.T) {
	kinds := []ancestry.Kind{
		ancestry.KindDigest, ancestry.KindLabel, ancestry.KindRecipe, ancestry.KindResembles,
		ancestry.KindStep, ancestry.KindHeuristic, ancestry.KindBuilder,
	}
	names := []string{"", "debian:12", "debian:13", "debian", "python:3.8", "acme/base:1"}
	for seed := range uint64(2000) {
		r := rand.New(rand.NewPCG(seed, 7))
		n := 1 + r.IntN(12)
		text := ""
		for range n {
			text += fmt.Sprintf("2024-05-%02d %smake\n", 1+r.IntN(28), []string{"", "+ "}[r.IntN(2)])
		}
		img := image(t, text)
		opts := &ancestry.Options{Hints: ancestry.Hints{Reference: names[r.IntN(len(names))]}}
		for range r.IntN(3) {
			var s said
			for range r.IntN(6) {
				c := claim(r.IntN(n+2)-1, r.IntN(n+2), names[r.IntN(len(names))], ancestry.Confidence(r.IntN(6)), kinds[r.IntN(len(kinds))])
				c.Parent, _ = ancestry.ParseName(names[r.IntN(len(names))])
				c.Earlier, c.Later = r.IntN(4) == 0, r.IntN(4) == 0
				s = append(s, c)
			}
			opts.Catalogues = append(opts.Catalogues, s)
		}
		l, err := ancestry.Resolve(t.Context(), img, opts)
		require.NoError(t, err)
		invariants(t, l, len(img.RootFS.DiffIDs))
		again, err := ancestry.Resolve(t.Context(), img, opts)
		require.NoError(t, err)
		require.Equal(t, l, again, "seed %d", seed)
	}
}

func invariants(t *testing.T, l *ancestry.Lineage, depth int) {
	t.Helper()
	require.NotEmpty(t, l.Ancestors)
	step, layer := len(l.Steps), depth
	for i, a := range l.Ancestors {
		require.Equal(t, step, a.Steps.To)
		require.Equal(t, layer, a.Layers.To)
		step, layer = a.Steps.From, a.Layers.From
		require.LessOrEqual(t, step, a.Steps.To)
		require.LessOrEqual(t, layer, a.Layers.To)
		for _, s := range l.Steps[a.Steps.From:a.Steps.To] {
			require.True(t, s.Layer == history.None || a.Layers.Contains(s.Layer))
		}
		strongest := ancestry.Unknown
		for j, e := range a.Evidence {
			if e.Kind != ancestry.KindResembles {
				strongest = max(strongest, e.Confidence)
			} else {
				require.LessOrEqual(t, e.Confidence, ancestry.Inferred)
			}
			require.True(t, j <= 1 || a.Evidence[j-1].Confidence >= e.Confidence, "what decided, then the strongest first")
		}
		require.LessOrEqual(t, a.Confidence, strongest, "no more confident than the evidence")
		require.Equal(t, a.Repository == "", a.Confidence == ancestry.Unknown)
		if a.Repository == "" {
			assert.Empty(t, a.Tags)
			assert.Empty(t, a.Ties)
		}
		if i < len(l.Ancestors)-1 {
			require.Greater(t, a.Boundary, ancestry.Unknown)
			require.LessOrEqual(t, a.Boundary, strongest)
			require.Positive(t, a.Steps.Len())
		}
	}
	require.Zero(t, step)
	require.Zero(t, layer)
	require.Equal(t, ancestry.Proved, l.Ancestors[len(l.Ancestors)-1].Boundary)
}
