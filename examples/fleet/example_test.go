package main

import (
	"bytes"
	"fmt"
	"path/filepath"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/stemma-go/stemma/examples/fleet/internal/orchard"
)

// The example scans what it made, twice, and has something to tell by each command that it
// shows. It overwrites no database.
func TestExample(t *testing.T) {
	db := filepath.Join(t.TempDir(), "fleet.db")
	var out, errs bytes.Buffer
	code := run(t.Context(), []string{"example", "-db", db}, &env{stdout: &out, stderr: &errs})
	assert.Zero(t, code, "%s", errs.String())
	images, err := exampleImages()
	require.NoError(t, err)
	all, stale, onNode := map[*orchard.Image]bool{}, 0, 0
	for _, im := range images.References(2) {
		if all[im] {
			continue
		}
		all[im] = true
		if len(im.MovedBelow(2)) > 0 {
			stale++
		}
		if slices.ContainsFunc(im.Chain()[1:], func(b *orchard.Image) bool { return b.Repository == "base/node" }) {
			onNode++
		}
	}
	for _, says := range []string{
		"58 references looked at and 57 images read",
		"not an image: 1 image", "read in part: 1 image",
		"58 references looked at and 2 images read",
		"$ fleet tree", "fleet.localhost/base/debian:12", "─ fleet.localhost/platform/",
		"$ fleet stale", fmt.Sprintf("%d of %d images stand on what has moved on", stale, len(all)+1), // and the damaged one
		"$ fleet stands-on", fmt.Sprintf("%d of %d images stand on fleet.localhost/base/node", onNode, len(all)+1),
	} {
		assert.Contains(t, out.String(), says)
	}

	errs.Reset()
	assert.Equal(t, 1, run(t.Context(), []string{"example", "-db", db}, &env{stdout: &out, stderr: &errs}))
	assert.Contains(t, errs.String(), "is there already")
	assert.Equal(t, 2, run(t.Context(), []string{"example", "-db", "postgres://localhost/fleet"}, &env{stdout: &out, stderr: &errs}))
	assert.Equal(t, 2, run(t.Context(), []string{"example", "more"}, &env{stdout: &out, stderr: &errs}))
}
