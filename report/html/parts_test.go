package html

import (
	"math"
	"math/rand/v2"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/stemma-go/stemma/report/internal/words"
)

// The areas of a map are as the bytes, none lies outside or upon another, and they are no needles.
func TestSquarify(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for n := range 60 {
		weights := make([]float64, n)
		for i := range weights {
			weights[i] = math.Exp(6 * rng.Float64())
		}
		slices.SortFunc(weights, func(a, b float64) int { return int(math.Copysign(1, b-a)) })
		in := rect{10, 20, 300, 200}
		out := squarify(weights, in)
		require.Len(t, out, n)
		ratio := 0.0 // of the sides, on the average
		for i, r := range out {
			assert.InDelta(t, weights[i]/sum(weights), r.W*r.H/(in.W*in.H), 1e-9)
			assert.True(t, r.X >= in.X-1e-6 && r.Y >= in.Y-1e-6 && r.X+r.W <= in.X+in.W+1e-6 && r.Y+r.H <= in.Y+in.H+1e-6, "%v", r)
			ratio += max(r.W/r.H, r.H/r.W) / float64(n)
			for _, o := range out[:i] {
				across := min(r.X+r.W, o.X+o.W) - max(r.X, o.X)
				down := min(r.Y+r.H, o.Y+o.H) - max(r.Y, o.Y)
				assert.True(t, across < 1e-6 || down < 1e-6, "%v and %v", r, o)
			}
		}
		if n > 10 {
			assert.Less(t, ratio, 5.0, "%d areas", n)
		}
	}
	for _, r := range squarify([]float64{0, 0}, rect{0, 0, 0, 5}) {
		assert.False(t, math.IsNaN(r.X+r.Y+r.W+r.H) || math.IsInf(r.X+r.Y+r.W+r.H, 0))
	}
}

func TestAge(t *testing.T) {
	to := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	for from, want := range map[string]string{
		"2026-11-22T11:00:00Z": "0 days",
		"2026-11-21T23:00:00Z": "1 day",
		"2026-10-23T00:00:00Z": "30 days",
		"2026-10-22T00:00:00Z": "1 month",
		"2025-11-23T00:00:00Z": "11 months",
		"2025-11-22T00:00:00Z": "1 year",
		"2024-08-01T00:00:00Z": "2 years 3 months",
		"2027-01-01T00:00:00Z": "0 days",
	} {
		at, err := time.Parse(time.RFC3339, from)
		require.NoError(t, err)
		assert.Equal(t, want, words.Age(at, to), from)
	}
}

func TestWords(t *testing.T) {
	assert.Equal(t, "Choose a base.", sentence("choose a base"))
	assert.Equal(t, "COPY it.", sentence("COPY it"))
	assert.Equal(t, "apt-get update.", sentence("apt-get update"))
	assert.Equal(t, "python:3.8 is old.", sentence("python:3.8 is old"))
	assert.Equal(t, "", sentence(""))
	assert.Equal(t, []string{"example.org/", "shop/", "api:", "2.4.1"}, pieces("example.org/shop/api:2.4.1"))
	assert.Equal(t, []string{"/"}, pieces("/"))
	assert.Empty(t, pieces(""))
	assert.Equal(t, strings.Repeat("/", 9000), strings.Join(pieces(strings.Repeat("/", 9000)), ""))

	assert.Equal(t, "short", brief("short"))
	long := brief(strings.Repeat("ä", 9000))
	assert.Equal(t, briefest+len(" … "), utf8.RuneCountInString(long)+len("…")-1)
	assert.Equal(t, strings.Repeat("x", 4096), show(strings.Repeat("x", 4096)), "4 kB are shown")
	assert.Less(t, len(show(strings.Repeat("\x00", 1e6))), 5*longest)
}

func TestYears(t *testing.T) {
	day := func(y int) time.Time { return time.Date(y, 7, 1, 0, 0, 0, 0, time.UTC) }
	for _, tt := range []struct {
		from, to int
		want     string
	}{
		{2023, 2026, "2024 2025 2026"}, {2026, 2026, ""}, {1998, 2026, "2000 2010 2020"}, {2016, 2026, "2018 2020 2022 2024 2026"}, {1, 9999, ""},
	} {
		var got []string
		for _, tick := range (axis{day(tt.from), day(tt.to)}).years(5) {
			got = append(got, tick.Label)
		}
		if tt.from > 1 {
			assert.Equal(t, tt.want, strings.Join(got, " "))
		}
		assert.LessOrEqual(t, len(got), 6)
	}
}

// Every text has the contrast that WCAG asks for (4.5, and 3 for what is no text), in both schemes
// and on paper.
func TestContrast(t *testing.T) {
	schemes := map[string]map[string][3]float64{}
	blocks := regexp.MustCompile(`(?s):root \{(.*?)\n\t?\}`).FindAllStringSubmatch(pageCSS, -1)
	require.Len(t, blocks, 3)
	for i, name := range []string{"light", "dark", "print"} {
		colours := map[string][3]float64{}
		for _, m := range regexp.MustCompile(`--(\w+): #(\w{6});`).FindAllStringSubmatch(blocks[i][1], -1) {
			var c [3]float64
			for j := range c {
				n, err := strconv.ParseUint(m[2][2*j:2*j+2], 16, 8)
				require.NoError(t, err)
				c[j] = float64(n) / 255
			}
			colours[m[1]] = c
		}
		schemes[name] = colours
	}
	tints := []string{"c0", "c1", "c2", "c3", "c4", "c5", "c6", "c7", "c8"}
	for name, c := range schemes {
		for _, text := range []string{"ink", "soft", "link", "serious", "warning", "note", "good"} {
			assert.GreaterOrEqual(t, contrast(c[text], c["paper"]), 4.5, "%s: %s on paper", name, text)
			assert.GreaterOrEqual(t, contrast(c[text], c["faint"]), 4.5, "%s: %s on faint", name, text)
			for _, tint := range tints {
				row := mix(c[tint], c["paper"], .09) // of the chain's table
				assert.GreaterOrEqual(t, contrast(c[text], row), 4.5, "%s: %s on a row of %s", name, text, tint)
			}
		}
		for _, tint := range tints {
			assert.GreaterOrEqual(t, contrast(c["onfill"], c[tint]), 4.5, "%s: on %s", name, tint)
			cell := mix(c["onfill"], c[tint], .1) // of the map
			assert.GreaterOrEqual(t, contrast(c["onfill"], cell), 4.5, "%s: on a cell of %s", name, tint)
			assert.GreaterOrEqual(t, contrast(c[tint], c["paper"]), 3.0, "%s: %s on paper", name, tint)
		}
		if name != "print" { // paper has no focus
			assert.GreaterOrEqual(t, contrast(c["focus"], c["paper"]), 3.0, name)
		}
	}
}

// mix lays a share of a colour over another.
func mix(over, under [3]float64, share float64) (c [3]float64) {
	for i := range c {
		c[i] = share*over[i] + (1-share)*under[i]
	}
	return c
}

// contrast is the ratio of WCAG 2.2.
func contrast(a, b [3]float64) float64 {
	luminance := func(c [3]float64) float64 {
		for i, v := range c {
			if v <= 0.04045 {
				c[i] = v / 12.92
			} else {
				c[i] = math.Pow((v+0.055)/1.055, 2.4)
			}
		}
		return 0.2126*c[0] + 0.7152*c[1] + 0.0722*c[2]
	}
	x, y := luminance(a), luminance(b)
	return (max(x, y) + 0.05) / (min(x, y) + 0.05)
}
