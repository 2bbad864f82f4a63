package catalogue_test

import (
	"testing"
	"time"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/stemma-go/stemma/ancestry"
	"github.com/stemma-go/stemma/testdata/realimages"
)

// onAlpine is an application on an Alpine root, each with a date.
func onAlpine(release string, root, app time.Time) *v1.ConfigFile {
	const buildkit = "buildkit.dockerfile.v0"
	return &v1.ConfigFile{
		OS: "linux", Architecture: "amd64",
		History: []v1.History{
			{Created: v1.Time{Time: root}, CreatedBy: "ADD alpine-minirootfs-" + release + "-x86_64.tar.gz / # buildkit", Comment: buildkit},
			{Created: v1.Time{Time: root}, CreatedBy: `CMD ["/bin/sh"]`, Comment: buildkit, EmptyLayer: true},
			{Created: v1.Time{Time: app}, CreatedBy: "COPY app /app # buildkit", Comment: buildkit},
		},
		RootFS: v1.RootFS{Type: "layers", DiffIDs: []v1.Hash{{Algorithm: "sha256", Hex: "00"}, {Algorithm: "sha256", Hex: "01"}}},
	}
}

// TestStandingUndated: without a date that can be the build's, a tag that names one
// release still says that it is superseded; and what nothing says is not known.
func TestStandingUndated(t *testing.T) {
	day := time.Date(2024, 12, 5, 23, 26, 40, 0, time.UTC)
	for name, tt := range map[string]struct {
		release string
		at      time.Time
		state   string
		on      string
	}{
		"epoch and a second": {"3.21.0", time.Unix(1, 0), ancestry.StateSuperseded, "2025-01-07"},
		"epoch":              {"3.21.0", time.Unix(0, 0), ancestry.StateSuperseded, "2025-01-07"},
		"zero":               {"3.21.0", time.Time{}, ancestry.StateSuperseded, "2025-01-07"},
		"one date for all":   {"3.21.0", day, ancestry.StateSuperseded, "2025-01-07"},
		"in 1980":            {"3.20.3", time.Date(1980, 1, 1, 0, 0, 1, 0, time.UTC), ancestry.StateSuperseded, "2025-01-07"},
		"still what it was":  {"3.21.7", time.Unix(0, 0), ancestry.StateCurrent, ""},
		"of 2020":            {"3.12.0", time.Unix(0, 0), ancestry.StateSuperseded, "2020-10-22"},
	} {
		t.Run(name, func(t *testing.T) {
			got := resolve(t, onAlpine(tt.release, tt.at, tt.at), ancestry.Hints{})
			require.Len(t, got, 2)
			s := got[1].Standing
			require.NotNil(t, s)
			assert.Equal(t, tt.state, s.State())
			if tt.on != "" && assert.NotNil(t, s.Superseded) {
				assert.Equal(t, tt.on, s.Superseded.On.Format(time.DateOnly))
			}
		})
	}
}

// TestStandingNotKnown: no published history whose dates are taken away is current, or
// not lagging, only because of that.
func TestStandingNotKnown(t *testing.T) {
	compared := 0
	for _, r := range realimages.All(t) {
		cfg, err := r.ConfigFile()
		require.NoError(t, err)
		hints := ancestry.Hints{Reference: r.Reference}
		dated := resolve(t, cfg, hints)
		for i := range cfg.History {
			cfg.History[i].Created.Time = time.Unix(0, 0)
		}
		undated := resolve(t, cfg, hints)
		for i := range min(len(dated), len(undated)) {
			was, is := dated[i].Standing, undated[i].Standing
			if was == nil || is == nil || dated[i].Repository != undated[i].Repository {
				continue
			}
			compared++
			if is.State() == ancestry.StateCurrent {
				assert.Contains(t, []string{ancestry.StateCurrent, ancestry.StateNewer}, was.State(), "%s %s", r.File, dated[i])
			}
			if is.Lagging == nil && is.NotKnown.Lagging == "" {
				assert.Nil(t, was.Lagging, "%s %s", r.File, dated[i])
			}
		}
	}
	assert.Positive(t, compared)
}

// TestStandingWrongDate: an image that is older than its base was not built on its date.
func TestStandingWrongDate(t *testing.T) {
	cfg := realConfig(t, "python_3.11.1")
	h := cfg.History
	for i := range h[len(h)-8:] {
		h[len(h)-8+i].Created.Time = h[0].Created.Add(-12 * time.Hour)
	}
	found := 0
	for _, a := range resolve(t, cfg, ancestry.Hints{Reference: "python:3.11.1"}) {
		if a.Standing != nil && a.Created.Before(h[0].Created.Time) {
			found++
			assert.Nil(t, a.Standing.Lagging)
			assert.Equal(t, "its build date is older than its base's", a.Standing.NotKnown.Lagging)
		}
	}
	assert.Positive(t, found)
}
