package build_test

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/stemma-go/stemma/ancestry/catalogue/internal/build"
	"github.com/stemma-go/stemma/ancestry/catalogue/internal/data"
	"github.com/stemma-go/stemma/ancestry/catalogue/internal/dockerfile"
	"github.com/stemma-go/stemma/ancestry/catalogue/internal/recipe"
)

func digest(t testing.TB, text string) *build.Digest {
	f, err := dockerfile.Parse(strings.NewReader(text))
	require.NoError(t, err)
	r, err := f.Recipe(nil)
	require.NoError(t, err)
	return build.DigestRecipe(r)
}

func open(t testing.TB, b *build.Builder) *data.Catalogue {
	file, err := b.Encode()
	require.NoError(t, err)
	c, err := data.Open(bytes.NewReader(file), int64(len(file)))
	require.NoError(t, err)
	return c
}

func lib(version int) string {
	return fmt.Sprintf("FROM debian:bookworm\nENV LIB_VERSION=1.0.%d\nRUN make install \"lib-$LIB_VERSION\"\nONBUILD RUN ldconfig\nCOPY --chown=1:1 entry.sh /\nCMD [\"sh\"]\n", version)
}

func TestRoundTrip(t *testing.T) {
	b := build.New(4000, "a test")
	for v := range 200 {
		b.Add(build.Addition{
			Repository: "lib", Digest: digest(t, lib(v)), Origin: "example.com/lib", Commit: fmt.Sprintf("%040x", v+1), Path: "1/Dockerfile",
			Tags: []string{fmt.Sprintf("1.0.%d-bookworm", v), "1.0", "latest"}, From: data.Day(1000 + v), To: data.Day(1001 + v),
		})
	}
	b.Add(build.Addition{Repository: "lib", Origin: "example.com/lib", Commit: "ffffffffff", Path: "2/Dockerfile", Tags: []string{"2"}, From: 1200, To: data.Ongoing})
	b.Add(build.Addition{Repository: "app", Digest: digest(t, "FROM lib:1.0\nRUN make app\n"), Architectures: []string{"amd64"}, From: -3, To: -1, Tags: []string{"x"}})

	c := open(t, b)
	assert.Equal(t, data.Day(4000), c.Day())
	assert.Equal(t, "a test", c.Source())
	assert.Equal(t, recipe.Dialects(), c.Dialects())
	assert.Equal(t, []string{"app", "lib"}, c.Names())
	assert.Equal(t, 202, c.Len())
	assert.Equal(t, 5, c.Longest())

	r, err := c.Repository("lib")
	require.NoError(t, err)
	require.Equal(t, 201, r.Len())
	assert.Equal(t, data.Recipe{
		Repository: "lib", ID: 7, From: "debian:bookworm", Read: true, Instructions: 5, Origin: "example.com/lib", Commit: "00000000", Path: "1/Dockerfile",
		Spans:     []data.Span{{Tags: []string{"1.0.7-bookworm", "1.0", "latest"}, From: 1007, To: 1008}},
		Templates: []string{"{LIB_VERSION}-bookworm"},
	}, r.Recipe(7))
	assert.Equal(t, data.Recipe{
		Repository: "lib", ID: 200, Origin: "example.com/lib", Commit: "ffffffff", Path: "2/Dockerfile",
		Spans: []data.Span{{Tags: []string{"2"}, From: 1200, To: data.Ongoing}},
	}, r.Recipe(200))
	assert.Len(t, r.Timeline("latest"), 200)
	assert.Equal(t, []data.Pointing{{Recipe: 10, From: 1010, To: 1011}, {Recipe: 11, From: 1011, To: 1012}}, r.On("latest", 1011))
	assert.Empty(t, r.Timeline("1.0.7"))

	// Each dialect has its own lines: BuildKit has none for ONBUILD.
	assert.Equal(t, 4, r.Reading(7, recipe.BuildKit).Len())
	assert.Equal(t, 5, r.Reading(7, recipe.Docker).Len())
	for _, d := range recipe.Dialects() {
		want := digestReading(digest(t, lib(7)), d)
		assert.Equal(t, want, r.Reading(7, d), d)
		found, err := c.Matches(want)
		require.NoError(t, err)
		same := []int{7}
		if d == recipe.Kaniko { // has no entry for the ENV in which they differ
			same = allRecipes(200)
		}
		assert.Contains(t, found, data.Match{Start: 0, End: want.Len(), Repository: "lib", Recipes: same}, d)
		alike, err := c.Alike(want)
		require.NoError(t, err)
		require.NotEmpty(t, alike)
		assert.Len(t, alike[len(alike)-1].Recipes, 200)
	}

	none, err := c.Repository("nothing")
	assert.NoError(t, err)
	assert.Nil(t, none)
}

func allRecipes(n int) []int {
	ids := make([]int, n)
	for i := range ids {
		ids[i] = i
	}
	return ids
}

func digestReading(d *build.Digest, dialect recipe.Dialect) data.Reading {
	r := data.Reading{Dialect: dialect}
	for i, x := range recipe.Dialects() {
		if x != dialect {
			continue
		}
		for _, in := range d.Instructions {
			if in.Lines[i] != 0 {
				r.Lines, r.Shapes = append(r.Lines, in.Lines[i]), append(r.Shapes, in.Shapes[i])
			}
		}
	}
	return r
}

// TestSpans: intervals of a tag that touch are one, a tag that comes back has two.
func TestSpans(t *testing.T) {
	b := build.New(100, "")
	d := digest(t, lib(1))
	for _, x := range []struct {
		tags     []string
		from, to data.Day
	}{{[]string{"1.0.1", "1"}, 10, 20}, {[]string{"1.0.1"}, 20, 30}, {[]string{"1"}, 40, data.Ongoing}} {
		b.Add(build.Addition{Repository: "lib", Digest: d, Tags: x.tags, From: x.from, To: x.to})
	}
	r, err := open(t, b).Repository("lib")
	require.NoError(t, err)
	assert.Equal(t, []data.Span{
		{Tags: []string{"1"}, From: 10, To: 20},
		{Tags: []string{"1.0.1"}, From: 10, To: 30},
		{Tags: []string{"1"}, From: 40, To: data.Ongoing},
	}, r.Recipe(0).Spans)
	assert.Equal(t, data.Ongoing, r.Recipe(0).LastDay())
	assert.Equal(t, []string{"1.0.1"}, r.Recipe(0).TagsOn(30))
}

// TestEndsBeforeItBegins: committers' clocks differ. A tag that was moved at once did
// not stay for ever, and costs no neighbour.
func TestEndsBeforeItBegins(t *testing.T) {
	for _, to := range []data.Day{20, 19, 18, -5} {
		b := build.New(100, "")
		b.Add(build.Addition{Repository: "lib", Digest: digest(t, lib(1)), Tags: []string{"1"}, From: 20, To: to})
		r, err := open(t, b).Repository("lib")
		require.NoError(t, err)
		assert.Equal(t, []data.Span{{Tags: []string{"1"}, From: 20, To: 20}}, r.Recipe(0).Spans, to)
	}
}

// TestBuilds: an image that was built twice from one Dockerfile is two, each with its
// layers and tags; where the layers are not known it is one.
func TestBuilds(t *testing.T) {
	b := build.New(100, "")
	ids := []v1.Hash{{Algorithm: "sha256", Hex: fmt.Sprintf("%064x", 1)}, {Algorithm: "sha256", Hex: fmt.Sprintf("%064x", 2)}}
	for i, id := range ids {
		d := digest(t, lib(1))
		d.Image.DiffIDs = []v1.Hash{id}
		b.Add(build.Addition{Repository: "lib", Digest: d, Tags: []string{fmt.Sprint(i)}, To: data.Ongoing})
		b.Add(build.Addition{Repository: "unread", Digest: digest(t, lib(1)), Tags: []string{fmt.Sprint(i)}, To: data.Ongoing})
	}
	c := open(t, b)
	r, err := c.Repository("lib")
	require.NoError(t, err)
	for i, id := range ids {
		found, err := c.ByDiffIDs([]v1.Hash{id})
		require.NoError(t, err)
		require.Len(t, found, 1)
		require.Len(t, found[0].Recipes, 1)
		assert.Equal(t, []string{fmt.Sprint(i)}, r.Recipe(found[0].Recipes[0]).TagsOn(50))
	}
	r, err = c.Repository("unread")
	require.NoError(t, err)
	require.Equal(t, 1, r.Len())
	assert.Equal(t, []string{"0", "1"}, r.Recipe(0).TagsOn(50))
}

// TestNoTags: the days of an image whose tags are not known are kept.
func TestNoTags(t *testing.T) {
	b := build.New(100, "")
	b.Add(build.Addition{Repository: "lib", Digest: digest(t, lib(1)), From: 1, To: 2})
	b.Add(build.Addition{Repository: "lib", Digest: digest(t, lib(1)), From: 1, To: 2, Tags: []string{"a"}})
	b.Add(build.Addition{Repository: "lib", Digest: digest(t, lib(1)), From: 5, To: 6})
	r, err := open(t, b).Repository("lib")
	require.NoError(t, err)
	assert.Equal(t, []data.Span{{Tags: []string{"a"}, From: 1, To: 2}, {From: 5, To: 6}}, r.Recipe(0).Spans)
	assert.Equal(t, []string{"a"}, r.Tags())
}

// TestSameBytes: the order in which recipes are added has no influence.
func TestSameBytes(t *testing.T) {
	var all []build.Addition
	for v := range 60 {
		all = append(all, build.Addition{
			Repository: fmt.Sprint("lib", v%3), Digest: digest(t, lib(v)), Path: fmt.Sprint(v%2, "/Dockerfile"), Origin: "o", Commit: fmt.Sprintf("%08x", v),
			Tags: []string{fmt.Sprint(v)}, From: data.Day(v), To: data.Ongoing,
		})
	}
	var first []byte
	for range 5 {
		b := build.New(1, "")
		for _, a := range all {
			b.Add(a)
		}
		file, err := b.Encode()
		require.NoError(t, err)
		if first == nil {
			first = file
		}
		assert.True(t, bytes.Equal(first, file))
		rand.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
	}
}
