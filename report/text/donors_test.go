package text_test

import (
	"bytes"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/stemma-go/stemma/report/internal/sbom/sbomtest"
	"github.com/stemma-go/stemma/report/text"
)

// What was copied in stands below the ancestor that copied it.
func TestDonors(t *testing.T) {
	var b bytes.Buffer
	require.NoError(t, text.Write(&b, sbomtest.Donors(t), &text.Options{Verbose: true, Width: 160}))
	out := b.String()
	own, base, ok := strings.Cut(out, "python:3.8.16-bullseye")
	require.True(t, ok, out)
	assert.Contains(t, own, "copied in: node 20.19.5 from node, inferred, by step 9: usr/local/bin/node")
	assert.Contains(t, own, "for, inferred: node 20.19.5, where images of node have it (layer 7: usr/local/bin/node)")
	assert.Contains(t, base, "copied in: files of stage build, which is built on golang:1.26, recorded")

	b.Reset()
	require.NoError(t, text.Write(&b, sbomtest.Hostile(t, sbomtest.Evil), &text.Options{Verbose: true, Width: 160}))
	assert.Contains(t, b.String(), "copied in:")
	assert.NotContains(t, b.String(), "\u202e")
	assert.NotContains(t, b.String(), "\x1b")
}
