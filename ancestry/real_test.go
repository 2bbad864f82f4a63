package ancestry_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/stemma-go/stemma/ancestry"
	"github.com/stemma-go/stemma/ancestry/catalogue/own"
	"github.com/stemma-go/stemma/testdata/realimages"
)

// parents are the images of the folder that an image of the folder is built on,
// nearest first, as their layer digests show.
var parents = map[string][]string{
	"python_3.13-trixie":           {"buildpack-deps:trixie", "debian:trixie"},
	"python_3.11.1":                {"buildpack-deps:bullseye", "debian:bullseye"},
	"python_3.10.9-slim-buster":    {"debian:buster-slim"},
	"buildpack-deps_buster":        {"buildpack-deps:buster-scm", "buildpack-deps:buster-curl", "debian:buster"},
	"buildpack-deps_buster-scm":    {"buildpack-deps:buster-curl", "debian:buster"},
	"php_8.1-apache-buster":        {"debian:buster-slim"},
	"tomcat_9-jdk17":               {"eclipse-temurin:17-jdk-jammy", "ubuntu:jammy"},
	"eclipse-temurin_21-jre-noble": {"ubuntu:noble"},
	"nginx_latest":                 {"debian:trixie-slim"},
	"node_22-alpine":               {"alpine:3.24"},
	"ruby_3.4-slim-bookworm":       {"debian:bookworm-slim"},
	"debian_trixie-slim":           nil,
	"ubuntu_resolute":              nil,
}

// TestImagesNameWholeChains gives the configurations of the folder as a catalogue.
func TestImagesNameWholeChains(t *testing.T) {
	b := own.New("the folder's images", time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC))
	for _, r := range realimages.All(t) {
		cfg, err := r.ConfigFile()
		require.NoError(t, err)
		name, ok := ancestry.ParseName(r.Reference)
		require.True(t, ok)
		require.NoError(t, b.AddImage(own.Image{Name: name, Config: cfg, Verified: true}))
	}
	known, err := b.Catalogue()
	require.NoError(t, err)
	for name, below := range parents {
		r := realimages.Named(t, name)
		for _, verified := range []bool{false, true} {
			opts := &ancestry.Options{Catalogues: []ancestry.Source{known}}
			want := ancestry.Recorded
			if verified {
				want = ancestry.Proved
				opts.Hints.Verified = slices.Repeat([]bool{true}, len(r.Layers))
			}
			l, err := ancestry.Resolve(t.Context(), r, opts)
			require.NoError(t, err)
			require.Empty(t, l.Problems)
			var got []string
			for _, a := range l.Ancestors {
				got = append(got, a.String())
				assert.Equal(t, want, a.Confidence, "%s: %s", name, a)
				assert.Empty(t, a.Against, "%s: %s", name, a)
				assert.Empty(t, a.Ties, "%s: %s", name, a)
			}
			assert.Equal(t, append([]string{r.Reference}, below...), got)
		}
	}
}

// TestPublishedBoundaries resolves without any catalogue: what the histories say
// themselves, and no name that they do not say.
func TestPublishedBoundaries(t *testing.T) {
	for name, want := range map[string][]string{
		"debian_buster":                {"unknown 0-2"},
		"debian_bookworm-slim":         {"debian:bookworm-20260824 0-1"},
		"python_3.13-trixie":           {"unknown 1-12", "debian:trixie-20260713 0-1"},
		"python_3.11.1":                {"unknown 2-19", "unknown 0-2"},
		"php_8.1-apache-buster":        {"unknown 2-30", "unknown 0-2"},
		"tomcat_9-jdk17":               {"unknown 10-24", "unknown 2-10", "unknown 0-2"},
		"eclipse-temurin_21-jre-noble": {"unknown 5-14", "ubuntu:24.04 0-5"},
		"ubuntu_resolute":              {"ubuntu:26.04 0-7"},
		"node_22-alpine":               {"unknown 2-9", "alpine:3.24.2 0-2"},
		"haproxy_latest":               {"unknown 1-13", "debian:trixie-20260918 0-1"},
		"nginx_latest":                 {"unknown 1-18", "debian:trixie-20260713 0-1"},
	} {
		l, err := ancestry.Resolve(t.Context(), realimages.Named(t, name), nil)
		require.NoError(t, err)
		assert.Equal(t, want, outline(l), name)
		for _, a := range l.Ancestors {
			assert.LessOrEqual(t, a.Confidence, ancestry.Inferred, "%s: %s", name, a)
		}
	}
}

// outline is a lineage in short: name and steps, youngest first.
func outline(l *ancestry.Lineage) []string {
	var out []string
	for _, a := range l.Ancestors {
		out = append(out, fmt.Sprintf("%s %d-%d", a, a.Steps.From, a.Steps.To))
	}
	return out
}
