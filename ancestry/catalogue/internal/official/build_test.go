package official_test

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/stemma-go/stemma/ancestry/catalogue/internal/data"
	"github.com/stemma-go/stemma/ancestry/catalogue/internal/official"
	"github.com/stemma-go/stemma/ancestry/catalogue/internal/recipe"
)

// A repo is a git repository with a work tree, made by a test.
type repo struct {
	t   *testing.T
	dir string
}

func newRepo(t *testing.T, dir string) repo {
	if _, err := exec.LookPath("git"); err != nil {
		t.Skip("needs the git program")
	}
	require.NoError(t, os.MkdirAll(dir, 0o777))
	r := repo{t, dir}
	r.git("2020-01-01", "init", "-q", "-b", "main")
	return r
}

func (r repo) git(day string, args ...string) string {
	cmd := exec.Command("git", args...)
	cmd.Dir = r.dir
	date := day + "T12:00:00Z"
	cmd.Env = append(os.Environ(), "GIT_CONFIG_GLOBAL="+os.DevNull, "GIT_CONFIG_NOSYSTEM=1", "GIT_AUTHOR_DATE="+date, "GIT_COMMITTER_DATE="+date,
		"GIT_AUTHOR_NAME=a", "GIT_AUTHOR_EMAIL=a@example.com", "GIT_COMMITTER_NAME=a", "GIT_COMMITTER_EMAIL=a@example.com")
	out, err := cmd.CombinedOutput()
	require.NoError(r.t, err, "%s", out)
	return strings.TrimSpace(string(out))
}

// commit writes files and commits them; it returns the commit.
func (r repo) commit(day string, files map[string]string) string {
	for name, text := range files {
		file := filepath.Join(r.dir, name)
		require.NoError(r.t, os.MkdirAll(filepath.Dir(file), 0o777))
		require.NoError(r.t, os.WriteFile(file, []byte(text), 0o666))
	}
	r.git(day, "add", "-A")
	r.git(day, "commit", "-q", "-m", day)
	return r.git(day, "rev-parse", "HEAD")
}

func library(entries ...string) string {
	return "Maintainers: A\nGitRepo: https://github.com/example/lib.git\n\n" + strings.Join(entries, "\n")
}

// TestBuild makes a genealogy of two repositories in both layouts, with a merge, a
// renamed repository, a missing commit and an environment that is inherited.
func TestBuild(t *testing.T) {
	mirror := t.TempDir()
	lib := newRepo(t, filepath.Join(mirror, "example", "renamed"))
	one := lib.commit("2020-01-02", map[string]string{
		"1/Dockerfile":     "FROM debian:buster\nENV LIB_HOME=/opt/lib LIB_VERSION=1.0.1\nSHELL [\"/bin/bash\", \"-c\"]\nRUN make\n",
		"1/app/Dockerfile": "FROM lib:1.0\nRUN app\nENV DATA=$LIB_HOME/data\n",
	})
	two := lib.commit("2020-02-02", map[string]string{"1/Dockerfile": "FROM debian:buster\nENV LIB_HOME=/opt/lib LIB_VERSION=1.0.2\nSHELL [\"/bin/bash\", \"-c\"]\nRUN make\n"})

	home := newRepo(t, filepath.Join(mirror, "docker-library+official-images", "repo"))
	entry := func(tags, commit, dir string) string {
		return fmt.Sprintf("Tags: %s\nGitCommit: %s\nDirectory: %s\n", tags, commit, dir)
	}
	home.commit("2020-01-05", map[string]string{"library/lib": library(entry("1.0.1, 1.0, latest", one, "1"), entry("app", one, "1/app"), entry("win\nConstraints: nanoserver-1809", one, "w"))})
	// On a branch, merged weeks later: the day of the merge counts.
	home.git("2020-02-05", "checkout", "-q", "-b", "topic")
	home.commit("2020-02-05", map[string]string{"library/lib": library(entry("1.0.2, 1.0, latest", two, "1"), entry("app", one, "1/app"))})
	home.git("2020-02-05", "checkout", "-q", "main")
	home.git("2020-03-01", "merge", "-q", "--no-ff", "-m", "merge", "topic")
	gone := strings.Repeat("9", 40)
	home.commit("2020-04-01", map[string]string{"library/lib": library(entry("1.0.3, 1.0, latest", gone, "1"))})

	opts := official.Options{Mirror: mirror, Cache: filepath.Join(t.TempDir(), "cache")}
	var first []byte
	for range 2 { // the second time from the cache
		b, report, err := official.Build(t.Context(), opts)
		require.NoError(t, err)
		assert.Equal(t, 1, report.Images)
		assert.Equal(t, 3, report.Revisions)
		assert.Equal(t, 1, report.Windows)
		assert.Equal(t, 4, report.Origins)
		assert.Equal(t, 3, report.Read)
		assert.Equal(t, 1, report.Inherited)
		require.Len(t, report.Unread, 1)
		assert.Equal(t, official.ErrNoClone.Error(), report.Unread[0].Why)
		file, err := b.Encode()
		require.NoError(t, err)
		if first == nil {
			first = file
		}
		assert.True(t, bytes.Equal(first, file))
	}

	c, err := data.Open(bytes.NewReader(first), int64(len(first)))
	require.NoError(t, err)
	assert.Equal(t, "2020-04-01", c.Day().String())
	r, err := c.Repository("lib")
	require.NoError(t, err)
	require.Equal(t, 4, r.Len())
	assert.Equal(t, []string{"1.0", "1.0.1", "1.0.2", "1.0.3", "app", "latest"}, r.Tags())

	var days []string
	for _, p := range r.Timeline("latest") {
		x := r.Recipe(p.Recipe)
		days = append(days, fmt.Sprintf("%s %s..%s %v %v", x.Spans[0].Tags[0], p.From, p.To, x.Read, x.Templates))
	}
	assert.Equal(t, []string{
		"1.0.1 2020-01-05..2020-03-01 true [{LIB_VERSION}]",
		"1.0.2 2020-03-01..2020-04-01 true [{LIB_VERSION}]",
		"1.0.3 2020-04-01..ongoing false []",
	}, days)

	app := r.Timeline("app")
	require.Len(t, app, 1)
	assert.Equal(t, "lib:1.0", r.Recipe(app[0].Recipe).From)
	// The shell is the parent's, and in no line; its variable is in ENV.
	assert.Equal(t, []uint64{data.HashLine("RUN app"), data.HashLine("ENV DATA=/opt/lib/data")}, r.Reading(app[0].Recipe, recipe.BuildKit).Lines)
}

func TestBuildNeedsHome(t *testing.T) {
	_, _, err := official.Build(t.Context(), official.Options{Mirror: t.TempDir()})
	assert.ErrorContains(t, err, "no clone of docker-library/official-images")
}
