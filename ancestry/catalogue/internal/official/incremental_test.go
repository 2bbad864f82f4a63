package official_test

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/stemma-go/stemma/ancestry/catalogue/internal/official"
)

// encode builds a genealogy, and returns its file.
func encode(t *testing.T, mirror, cache string) ([]byte, *official.Report) {
	t.Helper()
	b, r, err := official.Build(t.Context(), official.Options{Mirror: mirror, Cache: cache})
	require.NoError(t, err)
	file, err := b.Encode()
	require.NoError(t, err)
	return file, r
}

// With the cache of an earlier run, official-images and the new commits alone give what all
// clones give: byte for byte.
func TestIncrementalIsWhole(t *testing.T) {
	whole, small, cache := t.TempDir(), t.TempDir(), t.TempDir()
	lib := newRepo(t, filepath.Join(whole, "example", "lib"))
	home := newRepo(t, filepath.Join(whole, "docker-library", "official-images"))
	dockerfile := func(version string) string {
		return "FROM debian:buster\nENV LIB_HOME=/opt/lib LIB_VERSION=" + version + "\nWORKDIR /srv\nRUN make\n"
	}
	one := lib.commit("2020-01-02", map[string]string{
		"1/Dockerfile": dockerfile("1.0.1"), "1/app/Dockerfile": "FROM lib:1.0\nRUN app\nENV DATA=$LIB_HOME/data\nWORKDIR here\n", "bad/Dockerfile": "FROM\n",
	})
	lib.git("2020-01-02", "tag", "v1")
	entry := func(tags, commit, dir string) string {
		return "Tags: " + tags + "\nGitCommit: " + commit + "\nDirectory: " + dir + "\n"
	}
	gone := strings.Repeat("9", 40)
	old := []string{entry("1.0.1, 1.0, latest", one, "1"), entry("app", one, "1/app"), entry("tagged", "v1", "1"), entry("none", "v1", "nowhere"),
		entry("bad", one, "bad"), entry("gone", gone, "1"), entry("lost", one, "nowhere")}
	home.commit("2020-01-05", map[string]string{"library/lib": library(old...), "library/debian": library(entry("buster", gone, "buster"))})
	_, report := encode(t, whole, cache)
	assert.Zero(t, report.Known)
	assert.Equal(t, 1, report.Inherited)

	// A new version, with a new child; the old child stays.
	two := lib.commit("2020-02-02", map[string]string{"1/Dockerfile": dockerfile("1.0.2"), "1/more/Dockerfile": "FROM lib:1.0\nENV MORE=$LIB_HOME/more\n"})
	home.commit("2020-02-05", map[string]string{"library/lib": library(append(old[1:], entry("1.0.2, 1.0, latest", two, "1"), entry("more", two, "1/more"))...)})
	want, report := encode(t, whole, "")
	assert.Zero(t, report.Known)
	assert.Equal(t, 2, report.Inherited)

	mirror := newRepo(t, filepath.Join(small, "docker-library", "official-images"))
	mirror.git("2020-03-01", "fetch", "-q", home.dir, "main:copy")
	mirror.git("2020-03-01", "checkout", "-q", "copy")
	missing, err := official.Missing(t.Context(), small, cache)
	require.NoError(t, err)
	assert.Equal(t, []official.Commit{{URL: "https://github.com/example/lib", Commit: two}}, missing)
	shallow := newRepo(t, filepath.Join(small, "example", "lib"))
	shallow.git("2020-03-01", "fetch", "-q", "--depth", "1", "file://"+lib.dir, two)
	require.NoError(t, os.RemoveAll(lib.dir))
	got, report := encode(t, small, cache)
	assert.True(t, bytes.Equal(want, got))
	assert.Equal(t, 4, report.Known, "one/1, one/1/app, one/bad, and v1/1, whose tag no clone has")
	assert.Equal(t, 2, report.Inherited)
	missing, err = official.Missing(t.Context(), small, cache)
	require.NoError(t, err)
	assert.Empty(t, missing)

	// Without any clone of it, it is the same: all is known.
	require.NoError(t, os.RemoveAll(shallow.dir))
	got, _ = encode(t, small, cache)
	assert.True(t, bytes.Equal(want, got))
}
