//go:build tagged

package ask

import (
	"bytes"
	"io"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/stemma-go/stemma/examples/fleet/export"
	"github.com/stemma-go/stemma/examples/fleet/internal/orchard"
	"github.com/stemma-go/stemma/examples/fleet/store"
)

// The questions of many images in rows, and how long each answer takes; the size of the files
// that are exported. The figures are in the log. STEMMA_FLEET names a file to keep the database
// in, for the next time: then there are a hundred thousand images, whose figures LIMITS.md
// quotes.
func TestTaggedLargeFleet(t *testing.T) {
	n, path := 100_000, os.Getenv("STEMMA_FLEET")
	if path == "" {
		n, path = 20_000, filepath.Join(t.TempDir(), "fleet.db")
	}
	_, missing := os.Stat(path)
	s, err := store.Open(t.Context(), path)
	require.NoError(t, err)
	defer s.Close()
	if missing != nil {
		fill(t, s, n)
	}
	base, most := "", 0
	forest, err := s.Forest(t.Context(), false)
	require.NoError(t, err)
	for _, node := range forest {
		if node.Images > most {
			base, most = node.Name, node.Images
		}
	}
	for _, q := range []struct {
		name string
		say  func(w io.Writer, o Options) error
	}{
		{"stands-on " + base, func(w io.Writer, o Options) error { return StandsOn(t.Context(), s, w, base, o) }},
		{"stale", func(w io.Writer, o Options) error { return Stale(t.Context(), s, w, o) }},
		{"tree", func(w io.Writer, o Options) error { return Tree(t.Context(), s, w, o) }},
		{"picture", func(w io.Writer, o Options) error { return ExportPicture(t.Context(), s, w, "html", time.Now()) }},
	} {
		for form, o := range map[string]Options{"screen": {Env: env}, "JSON": {JSON: true}} {
			var b bytes.Buffer
			start := time.Now()
			require.NoError(t, q.say(&b, o))
			t.Logf("%s, %s: %.2f s, %d bytes", q.name, form, time.Since(start).Seconds(), b.Len())
			if form == "screen" && q.name != "picture" {
				assert.LessOrEqual(t, bytes.Count(b.Bytes(), []byte("\n")), 50)
				t.Logf("\n%s", b.String())
			}
		}
	}
	for _, f := range export.Formats() {
		var b bytes.Buffer
		start := time.Now()
		require.NoError(t, ExportTables(t.Context(), s, &b, f.Name, t.TempDir(), nil, Options{Env: env}))
		t.Logf("export as %s: %.1f s\n%s", f.Name, time.Since(start).Seconds(), b.String())
	}
}

func fill(t *testing.T, s *store.Store, n int) {
	const batch = 500
	tx, err := s.Begin(t.Context())
	require.NoError(t, err)
	i := 0
	for sheet := range orchard.Paper(n, 1) {
		require.NoError(t, s.Add(t.Context(), tx, sheet.Ref))
		_, err = s.See(t.Context(), tx, sheet.Ref, sheet.Image.Digest, sheet.Seen)
		require.NoError(t, err)
		require.NoError(t, s.SaveFacts(t.Context(), tx, sheet.Image, sheet.Facts))
		if i++; i%batch == 0 {
			require.NoError(t, tx.Commit())
			tx, err = s.Begin(t.Context())
			require.NoError(t, err)
		}
	}
	require.NoError(t, tx.Commit())
}
