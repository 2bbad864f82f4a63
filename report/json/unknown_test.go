package json_test

import (
	stdjson "encoding/json"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/stemma-go/stemma/ancestry"
	"github.com/stemma-go/stemma/packages"
	"github.com/stemma-go/stemma/report"
	"github.com/stemma-go/stemma/report/json"
	"github.com/stemma-go/stemma/report/rules"
	"github.com/stemma-go/stemma/testdata/handmade"
)

// TestNothingKnownIsNoGoodNews walks the JSON of an image of which nothing is known: no
// dates, no os-release, no history, no package database. Nothing in it says that all is
// well, and whatever is empty is said to be not known.
func TestNothingKnownIsNoGoodNews(t *testing.T) {
	im := handmade.Image{
		Steps:     []handmade.Step{{Files: []handmade.File{{Name: "a", Size: 1}}}, {Files: []handmade.File{{Name: "b", Size: 1}}}},
		Ancestors: []handmade.Ancestor{{Steps: 1}, {Repository: "app", Tag: "1", Steps: 1}},
		Inventory: &packages.Inventory{},
	}
	r := im.Report(t)
	r.Ancestors[0].Standing = &ancestry.Standing{AsOf: handmade.Day("2026-08-21"), NotKnown: ancestry.Gaps{Superseded: "s", Abandoned: "a", Lagging: "l"}}
	r.Findings = report.RunRules(r, rules.All())
	var doc map[string]any
	require.NoError(t, stdjson.Unmarshal(write(t, r, nil), &doc))
	assert.Equal(t, []any{"layers"}, doc["known"], "no packages")
	good := map[any]bool{"current": true, "supported": true, "extended": true, "rolling": true, "proved": true, "recorded": true}
	undecided := map[any]bool{}
	var walk func(where string, v any)
	walk = func(where string, v any) {
		switch v := v.(type) {
		case map[string]any:
			for _, pair := range [][2]string{{"built", "notBuilt"}} { // empty, and says why
				if _, has := v[pair[0]]; has {
					assert.Nil(t, v[pair[0]], where)
					assert.NotEmpty(t, v[pair[1]], where)
				}
			}
			if gaps, has := v["notKnown"].(map[string]any); has {
				assert.Equal(t, "not known", v["state"])
				for part, why := range gaps {
					assert.Nil(t, v[part], where)
					assert.NotEmpty(t, why, where)
				}
			}
			if list, has := v["undecided"].([]any); has {
				for _, rule := range list {
					undecided[rule] = true
				}
			}
			for k, x := range v {
				walk(where+"."+k, x)
			}
		case []any:
			for _, x := range v {
				walk(where, x)
			}
		case string:
			assert.False(t, good[v], "%s is %s", where, v)
		}
	}
	walk("", doc)
	for _, rule := range []string{"abandoned", "born-old", "build-tools", "end-of-life", "lagging", "superseded"} {
		assert.True(t, undecided[rule], "%s passes for one that found nothing", rule)
	}
}

// Without layers, sizes of 0 are not known.
func TestConfigAloneIsKnownSo(t *testing.T) {
	d := json.New(handmade.Image{Steps: []handmade.Step{{CreatedBy: "COPY a /", Files: []handmade.File{{Name: "a"}}}}}.ConfigReport(t))
	assert.Empty(t, d.Known)
	assert.Zero(t, d.Size)
}

func TestLifecycle(t *testing.T) {
	for name, tt := range map[string]struct {
		distro ancestry.Distro
		status string
		end    string
		source string
	}{
		"in a table":        {ancestry.Distro{ID: "debian", VersionID: "13"}, "supported", "2028-08-09", ""},
		"by itself":         {ancestry.Distro{ID: "acmelinux", VersionID: "7", SupportEnd: "2024-01-31"}, "ended", "2024-01-31", "os-release"},
		"rolling":           {ancestry.Distro{ID: "wolfi"}, "rolling", "", ""},
		"in no table":       {ancestry.Distro{ID: "gentoo"}, "unknown", "", ""},
		"no distribution":   {ancestry.Distro{}, "unknown", "", ""},
		"a version of none": {ancestry.Distro{ID: "debian", VersionID: "99"}, "unknown", "", ""},
	} {
		t.Run(name, func(t *testing.T) {
			im := handmade.Image{Steps: []handmade.Step{{CreatedBy: "ADD x /"}}, Ancestors: []handmade.Ancestor{{Steps: 1, Distro: tt.distro}}}
			l := json.New(im.ConfigReport(t)).Ancestors[0].Lifecycle
			assert.Equal(t, tt.status, l.Status)
			if tt.end == "" {
				assert.Nil(t, l.End)
			} else if assert.NotNil(t, l.End) {
				assert.Equal(t, handmade.Day(tt.end), *l.End)
			}
			if tt.source != "" {
				assert.Equal(t, tt.source, l.Source)
			}
		})
	}
}
