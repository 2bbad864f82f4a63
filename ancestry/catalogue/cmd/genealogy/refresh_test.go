package main

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestMain runs the program itself where refresh.sh calls it.
func TestMain(m *testing.M) {
	if os.Getenv("STEMMA_TEST_GENEALOGY") != "" {
		main()
		return
	}
	os.Exit(m.Run())
}

// A hub is a directory of repositories in place of github.com.
type hub struct {
	t   *testing.T
	dir string
}

func (h hub) git(repo string, args ...string) string {
	h.t.Helper()
	cmd := exec.Command("git", append([]string{"-c", "user.name=a", "-c", "user.email=a@example.com", "-c", "uploadpack.allowAnySHA1InWant=true", "-C", filepath.Join(h.dir, repo)}, args...)...)
	cmd.Env = append(os.Environ(), "GIT_CONFIG_GLOBAL="+os.DevNull, "GIT_CONFIG_NOSYSTEM=1")
	out, err := cmd.CombinedOutput()
	require.NoError(h.t, err, "%s", out)
	return strings.TrimSpace(string(out))
}

func (h hub) commit(repo, file, text string) string {
	h.t.Helper()
	path := filepath.Join(h.dir, repo, file)
	require.NoError(h.t, os.MkdirAll(filepath.Dir(path), 0o777))
	require.NoError(h.t, os.WriteFile(path, []byte(text), 0o666))
	h.git(repo, "init", "-q")
	h.git(repo, "config", "uploadpack.allowAnySHA1InWant", "true")
	h.git(repo, "add", "-A")
	h.git(repo, "commit", "-q", "-m", "x")
	return h.git(repo, "rev-parse", "HEAD")
}

// env is the environment of a script that takes the hub for github.com.
func (h hub) env(most string) []string {
	return append(os.Environ(), "STEMMA_TEST_GENEALOGY=1", "GENEALOGY="+os.Args[0], "MOST="+most,
		"GIT_CONFIG_GLOBAL="+os.DevNull, "GIT_CONFIG_NOSYSTEM=1", "GIT_CONFIG_COUNT=1", "GIT_CONFIG_KEY_0=url.file://"+h.dir+"/.insteadOf", "GIT_CONFIG_VALUE_0=https://github.com/")
}

// refresh runs the script, and returns the file.
func (h hub) refresh(mirror, cache, most string) []byte {
	h.t.Helper()
	file := filepath.Join(h.t.TempDir(), "out")
	cmd := exec.Command("./refresh.sh", mirror, cache, file)
	cmd.Env = h.env(most)
	out, err := cmd.CombinedOutput()
	require.NoError(h.t, err, "%s", out)
	assert.NotContains(h.t, string(out), "not fetched")
	b, err := os.ReadFile(file)
	require.NoError(h.t, err)
	return b
}

// The script that the workflow runs: whole the first time, what changed the next time, and
// the same either way.
func TestRefresh(t *testing.T) {
	if _, err := exec.LookPath("git"); err != nil {
		t.Skip("needs the git program")
	}
	h := hub{t, t.TempDir()}
	const home = "docker-library/official-images"
	entry := func(tag, commit string) string { return "\nTags: " + tag + "\nGitCommit: " + commit + "\n" }
	for _, repo := range []string{home, "example/lib"} {
		require.NoError(t, os.MkdirAll(filepath.Join(h.dir, repo), 0o777))
	}
	one := h.commit("example/lib", "Dockerfile", "FROM debian\nRUN one\n")
	library := "GitRepo: https://github.com/example/lib\n" + entry("1", one)
	h.commit(home, "library/lib", library)
	mirror, cache := t.TempDir(), t.TempDir()
	h.refresh(mirror, cache, "0")
	assert.FileExists(t, filepath.Join(mirror, "example/lib.git/HEAD"))

	two := h.commit("example/lib", "Dockerfile", "FROM debian\nRUN two\n")
	h.commit(home, "library/lib", library+entry("2", two))
	want := h.refresh(t.TempDir(), t.TempDir(), "0")
	require.NoError(t, os.RemoveAll(filepath.Join(mirror, "example")))
	got := h.refresh(mirror, cache, "10")
	assert.True(t, bytes.Equal(want, got))
	assert.FileExists(t, filepath.Join(mirror, "example/lib.git/shallow"), "one commit was fetched")
	got = h.refresh(mirror, cache, "-1") // whole, where there were single commits
	assert.True(t, bytes.Equal(want, got))
	assert.NoFileExists(t, filepath.Join(mirror, "example/lib.git/shallow"))
}

// TestRefreshPublishers: the same for the other publishers.
func TestRefreshPublishers(t *testing.T) {
	if _, err := exec.LookPath("git"); err != nil {
		t.Skip("needs the git program")
	}
	h := hub{t, t.TempDir()}
	refresh := func(mirror, cache string) []byte {
		out := t.TempDir()
		cmd := exec.Command("./publishers.sh", mirror, cache, out)
		cmd.Env = h.env("0")
		text, err := cmd.CombinedOutput()
		require.NoError(t, err, "%s", text)
		assert.Contains(t, string(text), "not cloned: https://github.com/dotnet/versions")
		assert.NotContains(t, string(text), "not fetched")
		files, err := filepath.Glob(filepath.Join(out, "*"))
		require.NoError(t, err)
		require.Len(t, files, 1)
		b, err := os.ReadFile(files[0])
		require.NoError(t, err)
		return b
	}
	const repo, file = "microsoft/playwright", "utils/docker/Dockerfile.noble"
	require.NoError(t, os.MkdirAll(filepath.Join(h.dir, repo), 0o777))
	h.commit(repo, file, "FROM ubuntu:noble\nRUN one\n")
	mirror, cache := t.TempDir(), t.TempDir()
	first := refresh(mirror, cache)
	h.commit(repo, file, "FROM ubuntu:noble\nRUN two\n")
	want := refresh(t.TempDir(), t.TempDir())
	assert.False(t, bytes.Equal(first, want))
	assert.True(t, bytes.Equal(want, refresh(mirror, cache)))
}
