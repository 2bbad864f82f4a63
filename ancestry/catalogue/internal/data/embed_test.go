package data_test

import (
	"os"
	"runtime"
	"testing"
	"time"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/stemma-go/stemma/ancestry/catalogue/internal/data"
	"github.com/stemma-go/stemma/ancestry/catalogue/internal/recipe"
	"github.com/stemma-go/stemma/layers/history"
	"github.com/stemma-go/stemma/testdata/realimages"
)

func embedded(t testing.TB) *data.Catalogue {
	c, err := data.OpenGenealogy()
	require.NoError(t, err)
	return c
}

func reading(c *data.Catalogue, d recipe.Dialect, createdBy ...string) data.Reading {
	cfg := &v1.ConfigFile{}
	for _, s := range createdBy {
		cfg.History = append(cfg.History, v1.History{CreatedBy: s, EmptyLayer: true})
	}
	steps, _ := history.Steps(cfg)
	return data.ReadHistory(recipe.NewHistory(steps, nil), steps, d)
}

// TestEmbedded: the data that ships is whole, and of the normal form of this
// module, in all its dialects. If it fails after a change to the recipe or dockerfile
// package, or when a dialect was added, the genealogy has to be made again: see the
// command genealogy.
func TestEmbedded(t *testing.T) {
	c := embedded(t)
	info, err := os.Stat(data.Genealogy)
	require.NoError(t, err)
	assert.LessOrEqual(t, info.Size(), int64(6<<20))
	assert.GreaterOrEqual(t, c.Day(), data.DayOf(time.Date(2026, 8, 1, 0, 0, 0, 0, time.UTC)))
	assert.Greater(t, c.Len(), 100_000)
	assert.Greater(t, len(c.Names()), 150)
	assert.Equal(t, recipe.Dialects(), c.Dialects(), "made before a dialect was added")
	t.Logf("%s, %s: %d repositories, %d recipes, %d bytes", c.Source(), c.Day(), len(c.Names()), c.Len(), info.Size())

	for _, x := range []struct {
		repository, tag string
		d               recipe.Dialect
		createdBy       []string
	}{
		{"alpine", "3.20.3", recipe.BuildKit, []string{"ADD alpine-minirootfs-3.20.3-x86_64.tar.gz / # buildkit", `CMD ["/bin/sh"]`}},
		{"debian", "bookworm-20241202", recipe.BuildKit, []string{"# debian.sh --arch 'amd64' out/ 'bookworm' '@1733097600'"}},
		{"debian", "buster-20230109-slim", recipe.Docker, []string{"/bin/sh -c #(nop) ADD file:4bf66d4081da52e8b692fcff96aad84d3e68bda4f62e870e8f4803153c70e24c in / ", `/bin/sh -c #(nop)  CMD ["bash"]`}},
		{"hello-world", "linux", recipe.Docker, []string{"/bin/sh -c #(nop) COPY file:7bf12aab75c3867a023fe3b8bd6d113d43a4fcc415f3cc27cbcf0fff37b65a02 in / ", `/bin/sh -c #(nop)  CMD ["/hello"]`}},
		{"hello-world", "linux", recipe.BuildKit, []string{"COPY hello / # buildkit", `CMD ["/hello"]`}},
	} {
		matches, err := c.Matches(reading(c, x.d, x.createdBy...))
		require.NoError(t, err)
		var tags []string
		for _, m := range matches {
			if m.Repository != x.repository || m.Start != 0 || m.End != len(x.createdBy) {
				continue
			}
			r, err := c.Repository(m.Repository)
			require.NoError(t, err)
			for _, id := range m.Recipes {
				for _, s := range r.Recipe(id).Spans {
					tags = append(tags, s.Tags...)
				}
			}
		}
		assert.Contains(t, tags, x.tag, "%s:%s", x.repository, x.tag)
	}
}

// TestEveryRepository reads every block.
func TestEveryRepository(t *testing.T) {
	c := embedded(t)
	recipes := 0
	for _, name := range c.Names() {
		r, err := c.Repository(name)
		require.NoError(t, err)
		recipes += r.Len()
		for id := 0; id < r.Len(); id += 97 {
			x := r.Recipe(id)
			assert.Equal(t, x.Read, r.Reading(id, recipe.Docker).Len() > 0 || r.Reading(id, recipe.BuildKit).Len() > 0)
			for _, s := range x.Spans {
				assert.LessOrEqual(t, s.From, s.To)
				assert.NotEmpty(t, s.Tags)
				assert.LessOrEqual(t, s.From, c.Day())
			}
		}
	}
	assert.Equal(t, c.Len(), recipes)
}

// TestOpenIsCheap: opening takes less than 10 MB. What time it takes is for
// BenchmarkOpen to say.
func TestOpenIsCheap(t *testing.T) {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	_, err := data.OpenGenealogy()
	runtime.ReadMemStats(&after)
	require.NoError(t, err)
	assert.Less(t, after.TotalAlloc-before.TotalAlloc, uint64(10<<20))
	t.Logf("%d bytes allocated", after.TotalAlloc-before.TotalAlloc)
}

// TestTimeline: 3.1 is no part of 3.13.1.
func TestTimeline(t *testing.T) {
	c := embedded(t)
	for _, x := range [][2]string{{"alpine", "3.1"}, {"golang", "1.2"}, {"composer", "1"}, {"debian", "8"}} {
		r, err := c.Repository(x[0])
		require.NoError(t, err)
		line := r.Timeline(x[1])
		require.NotEmpty(t, line)
		for _, p := range line {
			assert.Contains(t, r.Recipe(p.Recipe).TagsOn(p.From), x[1], x)
		}
	}
}

func TestBeside(t *testing.T) {
	c := embedded(t)
	r, err := c.Repository("ubuntu")
	require.NoError(t, err)
	day := data.DayOf(time.Date(2020, 3, 1, 0, 0, 0, 0, time.UTC))
	for _, p := range r.Timeline("bionic") {
		x := r.Recipe(p.Recipe)
		if !x.Read {
			continue
		}
		for _, id := range r.Beside(p.Recipe, day, day) {
			other := r.Recipe(id)
			assert.False(t, other.Read)
			assert.Equal(t, x.Path, other.Path)
			assert.NotEmpty(t, other.TagsOn(day))
			return
		}
	}
	t.Error("nothing beside any recipe of ubuntu:bionic")
}

func BenchmarkOpen(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		if _, err := data.OpenGenealogy(); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkHistory looks up all parts of a published history of three ancestors,
// exactly and by shape: with a catalogue that was just opened, and with one that has
// the repositories at hand.
func BenchmarkHistory(b *testing.B) {
	x := historyOf(b, realimages.Named(b, "tomcat_9-jdk17"))
	look := func(c *data.Catalogue) {
		for _, d := range c.Dialects() {
			r := data.ReadHistory(x.h, x.steps, d)
			m, err := c.Matches(r)
			if err != nil {
				b.Fatal(err)
			}
			if a, err := c.Alike(r); err != nil || d == recipe.Docker && (len(m) == 0 || len(a) == 0) {
				b.Fatal(err, len(m), len(a))
			}
		}
	}
	b.Run("cold", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			c, err := data.OpenGenealogy()
			if err != nil {
				b.Fatal(err)
			}
			look(c)
		}
	})
	b.Run("warm", func(b *testing.B) {
		b.ReportAllocs()
		c := embedded(b)
		look(c)
		for b.Loop() {
			look(c)
		}
	})
}

func BenchmarkNearest(b *testing.B) {
	c := embedded(b)
	r, err := c.Repository("python")
	require.NoError(b, err)
	part := r.Reading(r.Len()-1, recipe.BuildKit)
	for b.Loop() {
		r.Nearest(part, 3)
	}
}
