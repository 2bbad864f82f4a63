package data_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/stemma-go/stemma/ancestry/catalogue/internal/data"
	"github.com/stemma-go/stemma/ancestry/catalogue/internal/recipe"
	"github.com/stemma-go/stemma/layers/history"
	"github.com/stemma-go/stemma/testdata/realimages"
)

// A chain is a published one, of an official image.
type chain struct {
	name, repository string
	steps            []history.Step
	h                *recipe.History
}

func historyOf(t testing.TB, r realimages.Image) chain {
	cfg, err := r.ConfigFile()
	require.NoError(t, err)
	steps, _ := history.Steps(cfg)
	repo, _, _ := strings.Cut(r.Reference, ":")
	return chain{r.File, repo, steps, recipe.NewHistory(steps, nil)}
}

// TestRealImages: every instruction of the published histories that are not younger
// than the genealogy belongs to a recipe, line for line; of the younger ones, nearly
// all have a known shape, and the nearest recipe of their repository gives the tag.
func TestRealImages(t *testing.T) {
	c := embedded(t)
	for _, r := range realimages.All(t) {
		x := historyOf(t, r)
		exact, alike, single := make([]bool, len(x.steps)), make([]bool, len(x.steps)), make([]bool, len(x.steps))
		for _, d := range c.Dialects() {
			r := data.ReadHistory(x.h, x.steps, d)
			for _, how := range []struct {
				find func(data.Reading) ([]data.Match, error)
				mark []bool
			}{{c.Matches, exact}, {c.Alike, alike}} {
				matches, err := how.find(r)
				require.NoError(t, err)
				for _, m := range matches {
					for i := m.Start; i < m.End; i++ {
						how.mark[i] = true
					}
				}
			}
			for i, s := range r.Shapes {
				postings, err := c.Shape(s)
				require.NoError(t, err)
				single[i] = single[i] || len(postings) > 0
			}
		}
		tags := composed(t, c, x)
		t.Logf("%-30s %2d steps: lines %3d%%, sequences of shapes %3d%%, shapes %3d%%  %v", x.name, len(x.steps), share(exact), share(alike), share(single), tags)
		last := x.steps[len(x.steps)-1].Created
		if last.Before(time.Date(2026, 7, 1, 0, 0, 0, 0, time.UTC)) {
			assert.Equal(t, 100, share(exact), x.name)
		}
		assert.GreaterOrEqual(t, share(single), 85, x.name)
	}
}

// composed returns the tags that the nearest recipe's templates give.
func composed(t *testing.T, c *data.Catalogue, x chain) []string {
	repo, err := c.Repository(x.repository)
	require.NoError(t, err)
	require.NotNil(t, repo, x.repository)
	for _, d := range c.Dialects() {
		var versions []data.Version
		for i, s := range x.steps {
			line := s.CreatedBy
			if x.h.Speaks(i, d) {
				line = x.h.Line(i, d)
			}
			versions = append(versions, data.Versions(line)...)
		}
		for _, l := range repo.Nearest(data.ReadHistory(x.h, x.steps, d), 1) {
			var tags []string
			for _, template := range repo.Recipe(l.Recipe).Templates {
				if tag, ok := data.Compose(template, versions); ok {
					tags = append(tags, tag)
				}
			}
			return tags
		}
	}
	return nil
}

func share(marks []bool) int {
	n := 0
	for _, m := range marks {
		if m {
			n++
		}
	}
	return 100 * n / max(len(marks), 1)
}
