package ancestry_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/stemma-go/stemma/ancestry"
	"github.com/stemma-go/stemma/layers/history"
)

// said is a source that says what the test wants.
type said []ancestry.Claim

func (s said) Claims(context.Context, *ancestry.Query) ([]ancestry.Claim, error) { return s, nil }

func claim(start, end int, name string, c ancestry.Confidence, kind ancestry.Kind) ancestry.Claim {
	n, _ := ancestry.ParseName(name)
	return ancestry.Claim{Start: start, End: end, Name: n, Evidence: ancestry.Evidence{Kind: kind, Confidence: c, Says: "it is " + name}}
}

func TestWeighing(t *testing.T) {
	const recipe, digest, resembles = ancestry.KindRecipe, ancestry.KindDigest, ancestry.KindResembles
	none := history.None
	six := strings.Repeat("2024-05-05 + make\n", 6)
	from := func(c ancestry.Claim, parent string) ancestry.Claim {
		c.Parent, _ = ancestry.ParseName(parent)
		return c
	}
	for name, test := range map[string]struct {
		sources  []ancestry.Source
		want     []string
		against  int // pieces of evidence, of all ancestors
		ties     []string
		verified bool
	}{
		"the stronger wins": {
			sources: []ancestry.Source{said{claim(0, 6, "a:1", ancestry.Recognised, recipe)}, said{claim(0, 6, "b:1", ancestry.Recorded, "label")}},
			want:    []string{"b:1 0-6 recorded"}, against: 1,
		},
		"the earlier of two equals wins": {
			sources: []ancestry.Source{said{claim(0, 6, "a:1", ancestry.Recorded, "label")}, said{claim(0, 6, "b:1", ancestry.Recorded, "label")}},
			want:    []string{"a:1 0-6 recorded"}, against: 1,
		},
		"one source, two names: a tie": {
			sources: []ancestry.Source{said{claim(0, 6, "a:1", ancestry.Recognised, recipe), claim(0, 6, "b:1", ancestry.Recognised, recipe)}},
			want:    []string{"a:1 0-6 recognised"}, ties: []string{"b:1"},
		},
		"one source, two tags: only the repository is known": {
			sources: []ancestry.Source{said{claim(0, 6, "a:1", ancestry.Recognised, recipe), claim(0, 6, "a:2", ancestry.Recognised, recipe)}},
			want:    []string{"a 0-6 recognised"}, ties: []string{"a:1", "a:2"},
		},
		"FROM decides a tie": {
			sources: []ancestry.Source{said{
				claim(0, 3, "a:1", ancestry.Recognised, recipe), claim(0, 3, "a:2", ancestry.Recognised, recipe),
				from(claim(3, 6, "b:1", ancestry.Recognised, recipe), "a:2"),
			}},
			want: []string{"b:1 3-6 recognised", "a:2 0-3 recognised"},
		},
		"tags of one digest belong together": {
			sources: []ancestry.Source{said{claim(none, 6, "a:1", ancestry.Recorded, digest), claim(none, 6, "a:1.2", ancestry.Recorded, digest)}},
			want:    []string{"a:1 0-6 recorded"},
		},
		"a digest that nobody verified is recorded": {
			sources: []ancestry.Source{said{claim(none, 6, "a:1", ancestry.Proved, digest)}},
			want:    []string{"a:1 0-6 recorded"},
		},
		"a verified digest proves": {
			sources: []ancestry.Source{said{claim(none, 6, "a:1", ancestry.Proved, digest)}},
			want:    []string{"a:1 0-6 proved"}, verified: true,
		},
		"a span keeps weaker boundaries out": {
			sources: []ancestry.Source{said{claim(0, 6, "a:1", ancestry.Recognised, recipe)}, said{claim(none, 3, "", ancestry.Inferred, "heuristic"), claim(none, 4, "c:1", ancestry.Inferred, "step")}},
			want:    []string{"a:1 0-6 recognised"}, against: 1,
		},
		"a stronger boundary breaks a span": {
			sources: []ancestry.Source{said{claim(0, 6, "a:1", ancestry.Recognised, recipe)}, said{claim(none, 3, "", ancestry.Recorded, "builder")}},
			want:    []string{"unknown 3-6 unknown", "unknown 0-3 unknown"}, against: 1,
		},
		"the longer recipe is not its beginning": {
			sources: []ancestry.Source{said{claim(0, 4, "a:1", ancestry.Recognised, recipe), claim(0, 6, "a:2", ancestry.Recognised, recipe)}},
			want:    []string{"a:2 0-6 recognised"}, against: 1,
		},
		"a likeness names nothing": {
			sources: []ancestry.Source{said{claim(0, 6, "a:1", ancestry.Proved, resembles)}},
			want:    []string{"unknown 0-6 unknown"},
		},
		"FROM alone is an inference": {
			sources: []ancestry.Source{said{from(claim(3, 6, "b:1", ancestry.Recognised, recipe), "a:2")}},
			want:    []string{"b:1 3-6 recognised", "a:2 0-3 inferred"},
		},
		"a copy in somebody's Dockerfile": {
			sources: []ancestry.Source{said{claim(0, 1, "debian:12", ancestry.Inferred, "step"), from(claim(3, 6, "b:1", ancestry.Recognised, recipe), "debian:12")}},
			want:    []string{"unknown 1-6 unknown", "debian:12 0-1 inferred"},
		},
		"a source that writes names in full": {
			sources: []ancestry.Source{said{
				from(claim(0, 3, "a:1", ancestry.Recognised, recipe), ""),
				{Start: 3, End: 6, Name: ancestry.Name{Repository: "docker.io/acme/b"}, Parent: ancestry.Name{Repository: "index.docker.io/library/a", Tags: []string{"1"}},
					Evidence: ancestry.Evidence{Kind: recipe, Confidence: ancestry.Recognised}},
			}},
			want: []string{"acme/b 3-6 recognised", "a:1 0-3 recognised"},
		},
		"nonsense is a problem": {
			sources: []ancestry.Source{said{
				claim(4, 3, "a:1", ancestry.Recorded, "label"), claim(0, 7, "a:1", ancestry.Recorded, "label"), claim(-5, 2, "a:1", ancestry.Recorded, "label"),
				claim(0, 2, "a:1", ancestry.Unknown, "label"), claim(0, 2, "a:1", 9, "label"),
				{Start: none, End: 2, Name: ancestry.Name{Repository: "A B\x1b[31m"}, Evidence: ancestry.Evidence{Confidence: ancestry.Recorded}},
			}},
			want: []string{"unknown 0-6 unknown"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			opts := &ancestry.Options{Catalogues: test.sources}
			if test.verified {
				opts.Hints.Verified = []bool{true, true, true, true, true, true}
			}
			l, err := ancestry.Resolve(t.Context(), image(t, six), opts)
			require.NoError(t, err)
			var got, ties []string
			against := 0
			for i, s := range outline(l) {
				a := l.Ancestors[i]
				got = append(got, s+" "+a.Confidence.String())
				against += len(a.Against)
				for _, tie := range a.Ties {
					ties = append(ties, tie.String())
				}
			}
			assert.Equal(t, test.want, got)
			assert.Equal(t, test.against, against)
			assert.Equal(t, test.ties, ties)
			if strings.HasPrefix(name, "nonsense") {
				assert.Len(t, l.Problems, 6)
			}
		})
	}
}

func TestProvedNeedsLayers(t *testing.T) {
	l, err := ancestry.Resolve(t.Context(), image(t, "2024-05-05 ENV A=1\n2024-05-05 + make"), &ancestry.Options{
		Catalogues: []ancestry.Source{said{claim(0, 1, "a:1", ancestry.Proved, ancestry.KindDigest)}},
	})
	require.NoError(t, err)
	assert.Equal(t, ancestry.Recorded, l.Ancestors[1].Confidence)
}

// A history that repeats a known recipe a thousand times.
func TestManyCopies(t *testing.T) {
	const n = 1200
	s := said{}
	for i := 1; i < n; i++ {
		c := claim(i, i+1, "b:1", ancestry.Recognised, ancestry.KindRecipe)
		c.Parent = ancestry.Name{Repository: "debian", Tags: []string{"12"}}
		s = append(s, c)
	}
	l, err := ancestry.Resolve(t.Context(), image(t, strings.Repeat("2024-05-05 + make\n", n)), &ancestry.Options{
		Catalogues: []ancestry.Source{said{claim(0, 1, "debian:12", ancestry.Inferred, "step")}, s},
	})
	require.NoError(t, err)
	assert.Len(t, l.Ancestors, 3)
}

func TestWindow(t *testing.T) {
	day := func(s string) time.Time { d, _ := time.Parse(time.DateOnly, s); return d }
	c := claim(0, 1, "a:1", ancestry.Recognised, ancestry.KindRecipe)
	for _, test := range []struct{ from, to, want string }{
		{"2024-05-01", "2024-06-01", "a:1 0-1"},
		{"2024-05-06", "2024-06-01", "unknown 0-1"},
		{"2024-05-01", "2024-05-05", "unknown 0-1"}, // a second too late
		{"", "", "a:1 0-1"},
	} {
		c.From, c.To = day(test.from), day(test.to)
		img := image(t, "2024-05-05 + make")
		img.History[0].Created.Time = img.History[0].Created.Add(time.Second)
		l, err := ancestry.Resolve(t.Context(), img, &ancestry.Options{Catalogues: []ancestry.Source{said{c}}})
		require.NoError(t, err)
		assert.Equal(t, []string{test.want}, outline(l), test)
		assert.Equal(t, test.want[0] == 'u', len(l.Ancestors[0].Against) == 1)
	}
}

// TestRootAgainstBetterEvidence pits what a step says of the root against what
// others say.
func TestRootAgainstBetterEvidence(t *testing.T) {
	const text = `
		2026-07-13 + # debian.sh --arch 'amd64' out/ 'trixie' '@1783900800'
		2026-07-14 + RUN /bin/sh -c make # buildkit ## buildkit.dockerfile.v0`
	for base, want := range map[string]string{
		"debian:trixie-slim":          "debian:trixie-slim inferred 0",
		"debian:trixie-20260713-slim": "debian:trixie-20260713-slim inferred 0",
		"debian:stable-slim":          "debian:stable-slim inferred 0",
		"debian:13.6-slim":            "debian:13.6-slim inferred 0",
		"debian:bookworm":             "debian:bookworm inferred 1",
		"ubuntu:24.04":                "ubuntu:24.04 inferred 1",
		"acme/debian:1":               "acme/debian:1 inferred 0",
		"":                            "debian:trixie-20260713 inferred 0",
	} {
		l, err := ancestry.Resolve(t.Context(), image(t, text), &ancestry.Options{Hints: ancestry.Hints{
			Annotations: map[string]string{"org.opencontainers.image.base.name": base},
			Files:       map[int]ancestry.Files{0: {"etc/os-release": []byte("ID=debian\nVERSION_ID=13\nVERSION_CODENAME=trixie\n")}},
		}})
		require.NoError(t, err)
		a := l.Ancestors[1]
		named := slices.ContainsFunc(slices.Concat(a.Evidence, a.Against), func(e ancestry.Evidence) bool { return e.Name == base })
		assert.True(t, named, "the name as the annotation has it: %s", base)
		against := 0
		for _, e := range a.Against {
			if e.Kind == ancestry.KindStep {
				against++
			}
		}
		assert.Equal(t, want, fmt.Sprint(a, " ", a.Confidence, " ", against), base)
		assert.Equal(t, ancestry.Distro{ID: "debian", VersionID: "13", Codename: "trixie"}, a.Distro)
	}
}

// A build attestation says on what the image was built, as the Dockerfile's FROM has it: as
// surely as it is recorded. A recipe that agrees says which of the tags are meant.
func TestProvenance(t *testing.T) {
	digest := "@sha256:" + strings.Repeat("d", 64)
	attested := func(from string) said {
		c := claim(3, 6, "", ancestry.Recorded, ancestry.KindProvenance)
		c.Name = ancestry.Name{}
		c.Parent, _ = ancestry.ParseName(from)
		return said{c}
	}
	recipe := claim(0, 3, "python:3.13.1-bookworm", ancestry.Recognised, ancestry.KindRecipe)
	recipe.Name.Tags = append(recipe.Name.Tags, "3.13")
	for from, want := range map[string]struct {
		name    string
		against int
	}{
		"python:3.13" + digest:        {"python:3.13.1-bookworm", 0},
		"python" + digest:             {"python:3.13.1-bookworm", 0},
		"python:latest" + digest:      {"python:3.13.1-bookworm", 0},
		"python:3.12" + digest:        {"python:3.12", 1},
		"mirror.example/python:3.13":  {"mirror.example/python:3.13", 1},
		"example.org/acme/runtime:18": {"example.org/acme/runtime:18", 1},
	} {
		l, err := ancestry.Resolve(t.Context(), image(t, strings.Repeat("2024-05-05 + make\n", 6)),
			&ancestry.Options{Catalogues: []ancestry.Source{said{recipe}, attested(from)}})
		require.NoError(t, err)
		require.Len(t, l.Ancestors, 2, from)
		base := l.Ancestors[1]
		assert.Equal(t, want.name, base.String(), from)
		assert.Equal(t, ancestry.Recorded, base.Confidence, from)
		assert.Equal(t, ancestry.Recorded, l.Ancestors[0].Boundary, from)
		assert.Len(t, base.Against, want.against, from)
		assert.Equal(t, strings.Contains(from, "@"), base.Digest.Hex != "", from)
	}
}
