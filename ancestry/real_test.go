package ancestry_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/stemma-go/stemma/ancestry"
	"github.com/stemma-go/stemma/testdata/realimages"
)

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
