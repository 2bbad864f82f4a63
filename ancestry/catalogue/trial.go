package catalogue

import (
	"context"
	"fmt"
	"time"

	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/stemma-go/stemma/ancestry"
	"github.com/stemma-go/stemma/ancestry/catalogue/internal/data"
	"github.com/stemma-go/stemma/ancestry/catalogue/internal/recipe"
	"github.com/stemma-go/stemma/layers/history"
)

// Limits on what a hostile history can make of a search; real ones stay far below.
const (
	maxSteps  = 1024 // longer histories are read so far
	maxNodes  = 4096
	maxGrowth = 4 // images of an unknown version in one chain
)

// A trial is one image being recognised.
type trial struct {
	catalogs []*data.Catalogue
	recipes  *cache
	q        *ancestry.Query
	steps    []history.Step
	h        *recipe.History
	arch     string // as bashbrew names it; "" if not known
	readings map[recipe.Dialect]data.Reading
	nodes    []*node
	seen     map[key]bool
	losers   []*node // found, and not what it seems: why says the reason
	errs     []error
}

func (c *Catalogue) read(q *ancestry.Query) *trial {
	steps := q.Steps[:min(maxSteps, len(q.Steps))]
	return &trial{
		catalogs: c.parts, recipes: &c.recipes, q: q, steps: steps,
		h: recipe.NewHistory(steps, q.Config.Config.Env), arch: bashbrew(q.Config), readings: map[recipe.Dialect]data.Reading{}, seen: map[key]bool{},
	}
}

func (t *trial) reading(d recipe.Dialect) data.Reading {
	r, ok := t.readings[d]
	if !ok {
		r = data.ReadHistory(t.h, t.steps, d)
		t.readings[d] = r
	}
	return r
}

// search finds what the catalogues know in the history: exact recipes, and where
// those do not make a whole chain, those that agree in shape.
func (t *trial) search(ctx context.Context) error {
	if err := t.find(ctx, (*data.Catalogue).Matches, t.exact); err != nil {
		return err
	}
	t.assumeRoots()
	t.connect()
	if top := t.best(len(t.steps)); top != nil && top.grounded && top.end == len(t.steps) && !top.whole() {
		return nil
	}
	if err := t.find(ctx, (*data.Catalogue).Alike, t.alike); err != nil {
		return err
	}
	t.assumeRoots()
	t.connect()
	return nil
}

func (t *trial) find(ctx context.Context, how func(*data.Catalogue, data.Reading) ([]data.Match, error), add func(int, recipe.Dialect, data.Match)) error {
	for i, c := range t.catalogs {
		for _, d := range c.Dialects() {
			if err := ctx.Err(); err != nil {
				return err
			}
			matches, err := how(c, t.reading(d))
			if err != nil {
				t.errs = append(t.errs, fmt.Errorf("catalogue %d: %w", i, err))
			}
			for _, m := range matches {
				add(i, d, m)
			}
		}
	}
	return nil
}

// made returns when the part of the history that ends with step end-1 was built;
// the zero time if that is not recorded, or is no date of a build.
func (t *trial) made(start, end int) time.Time {
	if t.dateDoubt(start, end) != "" {
		return time.Time{}
	}
	return t.recorded(start, end)
}

// dateDoubt says why the date of a part is none of a build: see [ancestry.DateDoubt].
func (t *trial) dateDoubt(start, end int) string {
	var base time.Time
	for _, s := range t.steps[:start] {
		if ancestry.Dated(s.Created) && s.Created.After(base) {
			base = s.Created
		}
	}
	return ancestry.DateDoubt(t.recorded(start, end), base, t.steps)
}

// recorded returns the date of the youngest step of a part that has one, whatever it is
// worth.
func (t *trial) recorded(start, end int) time.Time {
	for i := end - 1; i >= start; i-- {
		if at := t.steps[i].Created; at.Year() >= 2013 {
			return at
		}
	}
	return time.Time{}
}

// lines returns a part of the history in a dialect, as text.
func (t *trial) lines(start, end int, d recipe.Dialect) []string {
	out := make([]string, 0, end-start)
	for i := start; i < end; i++ {
		if t.h.Speaks(i, d) {
			out = append(out, t.h.Line(i, d))
		} else {
			out = append(out, t.steps[i].CreatedBy)
		}
	}
	return out
}

// versions returns the values in a part of the history of which tags are made.
func (t *trial) versions(start, end int, d recipe.Dialect) []data.Version {
	var out []data.Version
	for _, l := range t.lines(start, end, d) {
		out = append(out, data.Versions(l)...)
	}
	return out
}

// bashbrew returns the name of a platform in the files of the official images.
func bashbrew(cfg *v1.ConfigFile) string {
	switch a := cfg.Architecture; a {
	case "arm64":
		return "arm64v8"
	case "arm":
		if cfg.Variant == "" {
			return ""
		}
		return "arm32" + cfg.Variant
	case "386":
		return "i386"
	default:
		return a
	}
}
