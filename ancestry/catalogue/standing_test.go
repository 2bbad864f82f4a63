package catalogue_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/stemma-go/stemma/ancestry"
	"github.com/stemma-go/stemma/testdata/realimages"
)

// TestStanding compares what became of published images with what the catalogue's
// source has of their tags.
func TestStanding(t *testing.T) {
	source := embedded(t)
	const day = time.DateOnly
	type moved struct{ name, first, on, now, until string }
	for _, r := range realimages.All(t) {
		want, ok := map[string]struct {
			newer                 bool
			superseded, lagging   *moved // of the image itself
			abandoned             string
			base, baseIsAbandoned string // what took the root's tag first, and whether that is dropped
		}{
			"python_3.13-trixie": {
				superseded: &moved{"python:3.13-trixie", "3.13.15-trixie", "2026-08-10", "3.13.15-trixie", ""},
				base:       "trixie-20260803",
			},
			"php_8.1-apache-buster": {
				superseded: &moved{"php:8.1-apache-buster", "8.1.15-apache-buster", "2023-02-03", "", "2023-06-13"},
				lagging:    &moved{"debian:buster-slim", "buster-20230202-slim", "2023-02-04", "", "2024-07-02"},
				abandoned:  "2023-06-13", base: "buster-20230202-slim", baseIsAbandoned: "2024-07-02",
			},
			"nginx_latest": {
				superseded: &moved{"nginx:1.31-trixie", "1.31.4-trixie", "2026-08-19", "1.31.4-trixie", ""},
				lagging:    &moved{"debian:trixie-slim", "trixie-20260803-slim", "2026-08-04", "trixie-20260803-slim", ""},
				base:       "trixie-20260803-slim",
			},
			"haproxy_latest": {newer: true},
		}[r.File]
		if !ok {
			continue
		}
		l, err := ancestry.Resolve(t.Context(), r, &ancestry.Options{Hints: ancestry.Hints{Reference: r.Reference}, Catalogues: []ancestry.Source{source}})
		require.NoError(t, err)
		check := func(want *moved, got *ancestry.Succession) {
			if want == nil || got == nil {
				assert.Equal(t, want == nil, got == nil, "%s: %v", r.File, got)
				return
			}
			m := moved{got.Name.String(), got.First, got.On.Format(day), got.Now, ""}
			if !got.Until.IsZero() {
				m.until = got.Until.Format(day)
			}
			assert.Equal(t, *want, m, r.File)
			assert.Positive(t, got.Times)
		}
		top, root := l.Ancestors[0].Standing, l.Ancestors[len(l.Ancestors)-1].Standing
		require.NotNil(t, top, r.File)
		require.NotNil(t, root, r.File)
		assert.Equal(t, "2026-08-21", top.AsOf.Format(day))
		assert.Equal(t, want.newer, top.Newer, r.File)
		check(want.superseded, top.Superseded)
		check(want.lagging, top.Lagging)
		for s, on := range map[*ancestry.Standing]string{top: want.abandoned, root: want.baseIsAbandoned} {
			if assert.Equal(t, on == "", s.Abandoned.IsZero(), r.File) && on != "" {
				assert.Equal(t, on, s.Abandoned.Format(day), r.File)
			}
		}
		if want.base != "" && assert.NotNil(t, root.Superseded, r.File) {
			assert.Equal(t, want.base, root.Superseded.First, r.File)
		}
	}
}
