package build_test

import (
	"fmt"
	"strings"
	"testing"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/stemma-go/stemma/ancestry/catalogue/internal/build"
	"github.com/stemma-go/stemma/ancestry/catalogue/internal/data"
	"github.com/stemma-go/stemma/ancestry/recipe"
)

func TestLayers(t *testing.T) {
	id := func(n int) v1.Hash { return v1.Hash{Algorithm: "sha256", Hex: fmt.Sprintf("%064x", n+1<<60)} }
	d := digest(t, lib(1))
	d.DiffIDs = []string{id(1).Hex, id(2).Hex}
	b := build.New(1, "")
	b.Add(build.Addition{Repository: "lib", Digest: d, Tags: []string{"1"}})
	c := open(t, b)
	r, err := c.Repository("lib")
	require.NoError(t, err)
	assert.Equal(t, []v1.Hash{id(1), id(2)}, r.Recipe(0).DiffIDs)

	found, err := c.LayerMatches([]v1.Hash{id(1), id(2), id(3)})
	require.NoError(t, err)
	assert.Equal(t, []data.LayerMatch{{Layers: 2, Repository: "lib", Recipes: []int{0}}}, found)
	for _, other := range [][]v1.Hash{nil, {id(1)}, {id(2), id(1)}, {id(1), {Algorithm: "sha256", Hex: "00"}}, {{Algorithm: "md5"}}} {
		found, err := c.LayerMatches(other)
		require.NoError(t, err)
		assert.Empty(t, found, "%v", other)
	}
}

func TestNearest(t *testing.T) {
	b := build.New(1, "")
	for v := range 20 {
		b.Add(build.Addition{Repository: "lib", Digest: digest(t, lib(v)), Tags: []string{fmt.Sprint(v)}, From: data.Day(v), To: data.Day(v + 1)})
	}
	c := open(t, b)
	r, err := c.Repository("lib")
	require.NoError(t, err)

	whole := digestReading(digest(t, lib(7)), recipe.BuildKit)
	best := r.Nearest(whole, 1)
	require.Len(t, best, 1)
	assert.Equal(t, data.Likeness{Recipe: best[0].Recipe, Lines: 4, Shapes: 4, Of: 4}, best[0])
	assert.Equal(t, []string{"7"}, r.Recipe(best[0].Recipe).Spans[0].Tags)
	assert.True(t, best[0].Whole(4))

	// A version that is not known: the youngest recipe is nearest, and whole.
	best = r.Nearest(digestReading(digest(t, lib(99)), recipe.BuildKit), 1)
	require.Len(t, best, 1)
	assert.Equal(t, []string{"19"}, r.Recipe(best[0].Recipe).Spans[0].Tags)
	assert.Equal(t, 3, best[0].Lines, "RUN, COPY and CMD")
	assert.True(t, best[0].Whole(4))

	// One instruction changed: not whole.
	changed := strings.Replace(lib(7), "make install", "make uninstall", 1)
	best = r.Nearest(digestReading(digest(t, changed), recipe.BuildKit), 1)
	require.Len(t, best, 1)
	assert.Equal(t, 3, best[0].Shapes)
	assert.False(t, best[0].Whole(4))

	assert.Empty(t, r.Nearest(data.Reading{Dialect: recipe.BuildKit}, 3))
}
