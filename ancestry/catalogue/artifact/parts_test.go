package artifact_test

import (
	"context"
	"encoding/json"
	"net/http"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/types"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/stemma-go/stemma/ancestry/catalogue/artifact"
	"github.com/stemma-go/stemma/layers/source"
)

// parts are two further catalogues, of the given days.
func parts(t *testing.T, a, b string) []artifact.Part {
	t.Helper()
	return []artifact.Part{{Name: "vendor+b", File: fileOf(t, b)}, {Name: "vendor+a", File: fileOf(t, a)}}
}

// TestParts: an artifact with parts is fetched and kept whole; a newer one costs the files that
// changed; one that is damaged is fetched again.
func TestParts(t *testing.T) {
	s, dir := newServer(t), t.TempDir()
	push := func(main, a, b string) {
		_, err := artifact.PushAll(t.Context(), s.ref(), fileOf(t, main), parts(t, a, b), nil)
		require.NoError(t, err)
		s.set(nil)
	}
	fetch := func(change func(*artifact.Options)) *artifact.Fetched {
		o := once(dir)
		if change != nil {
			change(o)
		}
		f, err := artifact.Fetch(t.Context(), s.ref(), o)
		require.NoError(t, err)
		require.NoError(t, f.NotUpdated)
		require.NoError(t, f.NotKept)
		return f
	}
	says := func(f *artifact.Fetched) []string {
		out := []string{f.Day.Format(time.DateOnly)}
		for _, p := range f.Parts {
			out = append(out, p.Name+" "+p.Catalogue.Day().Format(time.DateOnly))
		}
		return out
	}
	push("2026-08-03", "2026-08-01", "2026-08-02")
	want := []string{"2026-08-03", "vendor+a 2026-08-01", "vendor+b 2026-08-02"}
	assert.Equal(t, want, says(fetch(nil)))
	assert.Equal(t, 3, s.asked("GET /v2/acme/bases/blobs/"))
	s.set(nil)
	assert.Equal(t, want, says(fetch(nil)))
	assert.Zero(t, s.asked("blobs/"))
	assert.Equal(t, want, says(fetch(func(o *artifact.Options) { o.Offline = true })))

	push("2026-08-03", "2026-08-01", "2026-08-09")
	want[2] = "vendor+b 2026-08-09"
	assert.Equal(t, want, says(fetch(nil)))
	assert.Equal(t, 1, s.asked("GET /v2/acme/bases/blobs/"), "the others are kept")
	assert.Len(t, files(t, dir, "sha256-"), 3, "the older file is gone")

	for _, name := range files(t, dir, "sha256-") {
		require.NoError(t, os.WriteFile(name, []byte("damaged"), 0o600))
		_, err := artifact.Fetch(t.Context(), s.ref(), &artifact.Options{Dir: dir, Offline: true})
		assert.Error(t, err)
		s.set(nil)
		assert.Equal(t, want, says(fetch(nil)))
		assert.Equal(t, 1, s.asked("GET /v2/acme/bases/blobs/"), "what is damaged")
	}

	f, err := artifact.Fetch(t.Context(), s.ref(), &artifact.Options{Dir: t.TempDir(), MaxSize: int64(2*len(fetch(nil).File) + 1), Registry: source.Options{Attempts: 1}})
	assert.Error(t, err, "all files count: %v", f)
}

// TestPartsAreChecked: what is no part, or is none of its name, refuses the artifact.
func TestPartsAreChecked(t *testing.T) {
	s := newServer(t)
	for _, bad := range [][]artifact.Part{
		{{Name: "a/b", File: fileOf(t, "2026-08-01")}}, {{Name: "", File: fileOf(t, "2026-08-01")}}, {{Name: "catalogue", File: fileOf(t, "2026-08-01")}},
		{{Name: "a", File: fileOf(t, "2026-08-01")}, {Name: "a", File: fileOf(t, "2026-08-02")}}, {{Name: "a", File: []byte("no catalogue")}},
	} {
		_, err := artifact.PushAll(t.Context(), s.ref(), fileOf(t, "2026-08-03"), bad, nil)
		assert.Error(t, err)
	}
	_, err := artifact.PushAll(t.Context(), s.ref(), fileOf(t, "2026-08-03"), parts(t, "2026-08-01", "2026-08-02"), nil)
	require.NoError(t, err)
	m := manifestOf(t, s)
	assert.Equal(t, "vendor+a.stemma", m.Layers[1].Annotations["org.opencontainers.image.title"])
	assert.Equal(t, "2026-08-01T00:00:00Z", m.Layers[1].Annotations["org.opencontainers.image.created"])
	for name, change := range map[string]func(m *v1.Manifest){
		"a name that leads outside": func(m *v1.Manifest) { m.Layers[1].Annotations["org.opencontainers.image.title"] = "../x.stemma" },
		"another day": func(m *v1.Manifest) {
			m.Layers[1].Annotations["org.opencontainers.image.created"] = "2026-08-30T00:00:00Z"
		},
		"too many": func(m *v1.Manifest) {
			for len(m.Layers) < 400 {
				m.Layers = append(m.Layers, m.Layers[1])
			}
		},
	} {
		var changed v1.Manifest
		text, err := json.Marshal(m)
		require.NoError(t, err)
		require.NoError(t, json.Unmarshal(text, &changed))
		change(&changed)
		text, err = json.Marshal(changed)
		require.NoError(t, err)
		s.set(func(_ *server, w http.ResponseWriter, r *http.Request) bool {
			if !strings.Contains(r.URL.Path, "/manifests/") {
				return false
			}
			w.Header().Set("Content-Type", string(types.OCIManifestSchema1))
			_, _ = w.Write(text)
			return true
		})
		_, err = artifact.Fetch(t.Context(), s.ref(), once(t.TempDir()))
		assert.Error(t, err, name)
	}
}

// What an older program kept has no parts, though the artifact has some: they are fetched, even
// where a copy that is complete would not be asked for again.
func TestPartsAfterOlderProgram(t *testing.T) {
	s := newServer(t)
	h, err := artifact.PushAll(t.Context(), s.ref(), fileOf(t, "2026-08-03"), parts(t, "2026-08-01", "2026-08-02"), nil)
	require.NoError(t, err)
	for name, ref := range map[string]string{"tag": s.ref(), "pinned": s.host + "/acme/bases@" + h.String()} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			fetch := func(offline bool) int {
				o := once(dir)
				o.Fresh, o.Offline = time.Hour, offline
				f, err := artifact.Fetch(t.Context(), ref, o)
				require.NoError(t, err)
				return len(f.Parts)
			}
			require.Equal(t, 2, fetch(false))
			records := files(t, dir, "*.json")
			require.Len(t, records, 1)
			b, err := os.ReadFile(records[0])
			require.NoError(t, err)
			var record map[string]any
			require.NoError(t, json.Unmarshal(b, &record))
			delete(record, "parts") // as that program wrote it
			b, err = json.Marshal(record)
			require.NoError(t, err)
			require.NoError(t, os.WriteFile(records[0], b, 0o600))
			assert.Zero(t, fetch(true), "the main one is better than nothing")
			assert.Equal(t, 2, fetch(false))
			s.set(nil)
			assert.Equal(t, 2, fetch(false))
			assert.Zero(t, s.asked(""))
		})
	}
}

// A part that is older than the one that is kept does not take its place.
func TestOlderPart(t *testing.T) {
	s, dir := newServer(t), t.TempDir()
	for _, day := range []string{"2026-08-02", "2026-08-01"} {
		_, err := artifact.PushAll(t.Context(), s.ref(), fileOf(t, "2026-08-03"), parts(t, day, "2026-08-02"), nil)
		require.NoError(t, err)
		f, err := artifact.Fetch(t.Context(), s.ref(), once(dir))
		require.NoError(t, err)
		assert.Equal(t, "2026-08-02", f.Parts[0].Catalogue.Day().Format(time.DateOnly))
		if day == "2026-08-01" {
			assert.ErrorContains(t, f.NotUpdated, "vendor+a of 2026-08-01, which is older")
		}
	}
}

// Whoever reads what is kept while another process replaces parts of it gets the one or the
// other.
func TestPartsReplacedMeanwhile(t *testing.T) {
	s, dir := newServer(t), t.TempDir()
	update := func(day string) {
		_, err := artifact.PushAll(t.Context(), s.ref(), fileOf(t, "2026-08-03"), parts(t, day, "2026-08-01"), nil)
		require.NoError(t, err)
		_, err = artifact.Fetch(t.Context(), s.ref(), once(dir))
		require.NoError(t, err)
	}
	update("2025-01-01")
	ctx, stop := context.WithCancel(t.Context())
	var reading sync.WaitGroup
	reading.Go(func() {
		for ctx.Err() == nil {
			f, err := artifact.Fetch(t.Context(), s.ref(), &artifact.Options{Dir: dir, Offline: true})
			if assert.NoError(t, err) {
				assert.Len(t, f.Parts, 2)
			}
		}
	})
	for i := range 25 {
		update(time.Date(2025, 1, 2+i, 0, 0, 0, 0, time.UTC).Format(time.DateOnly))
	}
	stop()
	reading.Wait()
}
