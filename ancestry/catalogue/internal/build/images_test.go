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
	"github.com/stemma-go/stemma/ancestry/catalogue/internal/recipe"
)

func TestImages(t *testing.T) {
	id := func(n int) v1.Hash { return v1.Hash{Algorithm: "sha256", Hex: fmt.Sprintf("%064x", n+1<<60)} }
	d := digest(t, lib(1))
	d.Image = data.Image{DiffIDs: []v1.Hash{id(1), id(2)}, Verified: true, Blobs: []v1.Hash{id(3), id(4)}, History: id(5), Manifest: id(6)}
	b := build.New(1, "")
	b.Add(build.Addition{Repository: "lib", Digest: d, Tags: []string{"1"}})
	c := open(t, b)
	r, err := c.Repository("lib")
	require.NoError(t, err)
	assert.Equal(t, d.Image, r.Recipe(0).Image)

	for _, tt := range []struct {
		find   func([]v1.Hash) ([]data.ImageMatch, error)
		hashes []v1.Hash
		length int // 0: none
	}{
		{c.ByDiffIDs, []v1.Hash{id(1), id(2), id(3)}, 2},
		{c.ByDiffIDs, nil, 0},
		{c.ByDiffIDs, []v1.Hash{id(1)}, 0},
		{c.ByDiffIDs, []v1.Hash{id(2), id(1)}, 0},
		{c.ByDiffIDs, []v1.Hash{id(3), id(4)}, 0},
		{c.ByDiffIDs, []v1.Hash{id(1), {Algorithm: "sha256", Hex: "00"}}, 0},
		{c.ByDiffIDs, []v1.Hash{{Algorithm: "md5"}}, 0},
		{c.ByBlobs, []v1.Hash{id(3), id(4)}, 2},
		{c.ByBlobs, []v1.Hash{id(1), id(2)}, 0},
		{c.ByHistory, []v1.Hash{id(1), id(9), id(5), id(7)}, 3},
		{c.ByHistory, []v1.Hash{id(6), {}}, 0},
	} {
		found, err := tt.find(tt.hashes)
		require.NoError(t, err)
		if tt.length == 0 {
			assert.Empty(t, found, "%v", tt.hashes)
		} else {
			assert.Equal(t, []data.ImageMatch{{Length: tt.length, Repository: "lib", Recipes: []int{0}}}, found)
		}
	}
}

// TestOtherHashes: what is not of SHA-256 is not known.
func TestOtherHashes(t *testing.T) {
	d := digest(t, lib(1))
	d.Image = data.Image{DiffIDs: []v1.Hash{{Algorithm: "sha512", Hex: strings.Repeat("0", 128)}}, Verified: true}
	b := build.New(1, "")
	b.Add(build.Addition{Repository: "lib", Digest: d, Tags: []string{"1"}})
	r, err := open(t, b).Repository("lib")
	require.NoError(t, err)
	assert.Equal(t, data.Image{}, r.Recipe(0).Image)
}

// TestArgs: another value than the recipe's is told from one that is not known.
func TestArgs(t *testing.T) {
	b := build.New(1, "")
	b.Add(build.Addition{Repository: "lib", Digest: digest(t, "FROM a\nARG V=\"1\"\nARG OPEN\nRUN x\n"), Tags: []string{"1"}})
	c, err := open(t, b).Repository("lib")
	require.NoError(t, err)
	r := c.Recipe(0)
	assert.False(t, r.OtherArg("RUN", "V", "1"))
	assert.True(t, r.OtherArg("RUN", "V", "2"))
	assert.True(t, r.OtherArg("ARG", "V", "2"))
	assert.False(t, r.OtherArg("RUN", "OPEN", "2"))
	assert.False(t, r.OtherArg("RUN", "NEVER", "2"))
}

// whole reports whether a recipe and a part of n instructions agree in shape from end to
// end.
func whole(l data.Likeness, n int) bool { return l.Shapes == l.Of && l.Of == n }

func TestNearest(t *testing.T) {
	b := build.New(1, "")
	for v := range 20 {
		b.Add(build.Addition{Repository: "lib", Digest: digest(t, lib(v)), Tags: []string{fmt.Sprint(v)}, From: data.Day(v), To: data.Day(v + 1)})
	}
	c := open(t, b)
	r, err := c.Repository("lib")
	require.NoError(t, err)

	all := digestReading(digest(t, lib(7)), recipe.BuildKit)
	best := r.Nearest(all, 1)
	require.Len(t, best, 1)
	assert.Equal(t, data.Likeness{Recipe: best[0].Recipe, Lines: 4, Shapes: 4, Of: 4}, best[0])
	assert.Equal(t, []string{"7"}, r.Recipe(best[0].Recipe).Spans[0].Tags)
	assert.True(t, whole(best[0], 4))

	// A version that is not known: the youngest recipe is nearest, and whole.
	best = r.Nearest(digestReading(digest(t, lib(99)), recipe.BuildKit), 1)
	require.Len(t, best, 1)
	assert.Equal(t, []string{"19"}, r.Recipe(best[0].Recipe).Spans[0].Tags)
	assert.Equal(t, 3, best[0].Lines, "RUN, COPY and CMD")
	assert.True(t, whole(best[0], 4))

	// One instruction changed: not whole.
	changed := strings.Replace(lib(7), "make install", "make uninstall", 1)
	best = r.Nearest(digestReading(digest(t, changed), recipe.BuildKit), 1)
	require.Len(t, best, 1)
	assert.Equal(t, 3, best[0].Shapes)
	assert.False(t, whole(best[0], 4))

	assert.Empty(t, r.Nearest(data.Reading{Dialect: recipe.BuildKit}, 3))
}
