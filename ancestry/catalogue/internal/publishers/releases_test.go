package publishers

import (
	"bytes"
	"fmt"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/stemma-go/stemma/ancestry"
	"github.com/stemma-go/stemma/ancestry/catalogue"
	"github.com/stemma-go/stemma/ancestry/catalogue/internal/data"
	"github.com/stemma-go/stemma/ancestry/genealogy"
)

// releasedFile is a Dockerfile whose build arguments differ from build to build.
const releasedFile = `FROM debian:bookworm-slim
ARG BUILD_DATE
ARG VERSION
LABEL build="acme ${VERSION} of ${BUILD_DATE}"
RUN install --everything --that=the-application --needs=from-somewhere-1.1 --and=more
COPY root/ /
`

var releasedRow = Publisher{Repository: "acme/base", Files: []File{{
	Path: "Dockerfile", Release: `(?P<line>\d+)-(?P<version>[\w.]+)`, Name: "acme/base", Tags: []string{"${line}-${version}", "${line}"},
	Args: map[string]string{"VERSION": "${version}"}, Varies: []string{"BUILD_DATE"},
}}}

// releases makes a clone with three releases of two lines, a tag of another kind, and a
// revision that was not released.
func releases(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	days := []string{"2025-03-01", "2025-04-01", "2025-05-01", "2025-06-01"}
	tags := []string{"1-aaaa", "2-bbbb", "1-cccc", "nightly"}
	var commits []commit
	for i, d := range days {
		commits = append(commits, commit{d, map[string]string{"Dockerfile": releasedFile, "NEWS": tags[i]}})
	}
	hashes := repository(t, dir, "acme/base", commits...)
	for i, tag := range tags {
		out, err := exec.Command("git", "-C", filepath.Join(dir, "acme/base"), "tag", tag, hashes[i]).CombinedOutput()
		require.NoError(t, err, "%s", out)
	}
	return dir
}

// released is the history of an image on Debian that was built of releasedFile.
func released(day, version string, more ...v1.History) *configFile {
	at, _ := time.Parse(time.DateOnly, day)
	date := at.Format(time.RFC3339)
	args := fmt.Sprintf("|2 BUILD_DATE=%s VERSION=%s ", date, version)
	h := slices.Clone(roots["debian:bookworm-slim"])
	for _, by := range []string{"ARG BUILD_DATE=" + date, "ARG VERSION=" + version, "LABEL build=acme " + version + " of " + date} {
		h = append(h, v1.History{CreatedBy: by, EmptyLayer: true})
	}
	h = append(h,
		v1.History{CreatedBy: "RUN " + args + "/bin/sh -c install --everything --that=the-application --needs=from-somewhere-1.1 --and=more # buildkit"},
		v1.History{CreatedBy: "COPY root/ / # buildkit"},
	)
	for i := range h[1:] {
		h[i+1].Created, h[i+1].Comment = v1.Time{Time: at}, "buildkit.dockerfile.v0"
	}
	return config(append(h, more...))
}

// TestReleases: an image is named by the release of which it was built, though a label has
// the day of the build.
func TestReleases(t *testing.T) {
	file, reports := madeOf(t, Options{Mirror: releases(t)}, releasedRow)
	assert.Equal(t, 3, reports[0].Recipes)
	assert.Equal(t, "2025-06-01", reports[0].Last.Format(time.DateOnly))
	d, err := data.Open(bytes.NewReader(file), int64(len(file)))
	require.NoError(t, err)
	r, err := d.Repository("acme/base")
	require.NoError(t, err)
	var spans []string
	for id := range r.Len() {
		spans = append(spans, fmt.Sprint(r.Recipe(id).Spans))
	}
	assert.ElementsMatch(t, []string{
		"[{[1-aaaa 1] 2025-03-01 2025-05-01}]", "[{[2-bbbb 2] 2025-04-01 ongoing}]", "[{[1-cccc 1] 2025-05-01 ongoing}]",
	}, spans)

	c, err := catalogue.Open(bytes.NewReader(file), int64(len(file)))
	require.NoError(t, err)
	first := func(img ancestry.ConfigFiler) string { return names(t, img, c, ancestry.Hints{})[0] }
	assert.Equal(t, "acme/base:1-aaaa recognised", first(released("2025-03-01", "aaaa")))
	assert.Equal(t, "acme/base:2-bbbb recognised", first(released("2025-05-01", "bbbb")))
	assert.Equal(t, "acme/base:1-cccc recognised", first(released("2025-05-01", "cccc")))
	assert.Equal(t, " unknown", first(released("2025-05-01", "mine")), "of no release")
	own := v1.History{CreatedBy: "RUN /bin/sh -c make # buildkit", Comment: "buildkit.dockerfile.v0", Created: v1.Time{Time: time.Date(2025, 5, 2, 0, 0, 0, 0, time.UTC)}}
	assert.Equal(t, []string{" unknown", "acme/base:1-cccc recognised"}, names(t, released("2025-05-01", "cccc", own), c, ancestry.Hints{})[:2])

	// What is younger than the catalogue, and alike, has no tag that could be told.
	young := released("2025-08-01", "dddd")
	for i := range young.History {
		young.History[i].CreatedBy = strings.Replace(young.History[i].CreatedBy, "from-somewhere-1.1", "from-somewhere-7.7", 1)
	}
	g, err := genealogy.Open()
	require.NoError(t, err)
	got := names(t, young, catalogue.Join(c, g), ancestry.Hints{})
	assert.Equal(t, " unknown", got[0])
	assert.Contains(t, got[1], "debian")

	_, reports = madeOf(t, Options{Mirror: releases(t), Until: time.Date(2025, 4, 15, 0, 0, 0, 0, time.UTC)}, releasedRow)
	assert.Equal(t, 2, reports[0].Recipes)
	_, reports = madeOf(t, Options{Mirror: releases(t)}, Publisher{Repository: "acme/base", Files: []File{{
		Path: "Dockerfile", Release: `1-[\w.]+`, Name: "acme/base", Args: map[string]string{"VERSION": "${version}"},
	}}})
	assert.Equal(t, 2, reports[0].Unread)
	assert.Contains(t, reports[0].Example, "build argument VERSION")
}
