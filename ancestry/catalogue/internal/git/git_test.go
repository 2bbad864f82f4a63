package git_test

import (
	"bufio"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/stemma-go/stemma/ancestry/catalogue/internal/git"
)

// newRepo makes a repository with one commit, and returns its git directory and the
// commit.
func newRepo(t *testing.T) (dir, commit string) {
	if _, err := exec.LookPath("git"); err != nil {
		t.Skip("needs the git program")
	}
	work := t.TempDir()
	run := func(args ...string) string {
		cmd := exec.Command("git", args...)
		cmd.Dir = work
		cmd.Env = append(os.Environ(), "GIT_CONFIG_GLOBAL="+os.DevNull, "GIT_CONFIG_NOSYSTEM=1")
		out, err := cmd.CombinedOutput()
		require.NoError(t, err, "%s", out)
		return strings.TrimSpace(string(out))
	}
	run("init", "-q")
	require.NoError(t, os.MkdirAll(filepath.Join(work, "a b"), 0o777))
	require.NoError(t, os.WriteFile(filepath.Join(work, "a b", "Dockerfile"), []byte("FROM x\n"), 0o666))
	require.NoError(t, os.Symlink("a b/Dockerfile", filepath.Join(work, "link")))
	require.NoError(t, os.Symlink("/etc/passwd", filepath.Join(work, "out")))
	require.NoError(t, os.Symlink("nowhere", filepath.Join(work, "dangling")))
	require.NoError(t, os.WriteFile(filepath.Join(work, "big"), make([]byte, git.MaxBlob+1), 0o666))
	run("add", "-A")
	run("-c", "user.name=a", "-c", "user.email=a@example.com", "commit", "-q", "-m", "x")
	run("tag", "v1")
	return filepath.Join(work, ".git"), run("rev-parse", "HEAD")
}

func TestBlob(t *testing.T) {
	dir, commit := newRepo(t)
	o, err := git.Open(t.Context(), dir)
	require.NoError(t, err)
	want, text, err := o.Blob(commit + ":a b/Dockerfile")
	require.NoError(t, err)
	assert.Equal(t, "FROM x\n", string(text))
	for _, name := range []string{commit + ":link", want} {
		hash, text, err := o.Blob(name)
		require.NoError(t, err, name)
		assert.Equal(t, want, hash, name)
		assert.Equal(t, "FROM x\n", string(text), name)
	}
	// Whatever has no content to be read leaves the process in step.
	for _, name := range []string{commit + ":none", commit + ":a b", commit + ":out", commit + ":dangling", commit + ":big", strings.Repeat("0", 40), "two\nlines", commit} {
		_, _, err := o.Blob(name)
		assert.ErrorIs(t, err, git.ErrMissing, name)
		_, text, err := o.Blob(want)
		require.NoError(t, err, name)
		assert.Equal(t, "FROM x\n", string(text), name)
	}
	assert.NoError(t, o.Close())
}

func TestHas(t *testing.T) {
	dir, commit := newRepo(t)
	has, err := git.Has(t.Context(), dir, []string{"none", commit, strings.Repeat("1", 40), "v1"})
	require.NoError(t, err)
	assert.Equal(t, map[string]string{commit: commit, "v1": commit}, has)
	_, err = git.Has(t.Context(), filepath.Join(dir, "nothing"), []string{commit})
	assert.Error(t, err)
}

func TestLines(t *testing.T) {
	dir, commit := newRepo(t)
	var lines []string
	require.NoError(t, git.Lines(t.Context(), dir, func(s string) error { lines = append(lines, s); return nil }, "rev-list", "HEAD"))
	assert.Equal(t, []string{commit}, lines)
	assert.ErrorIs(t, git.Lines(t.Context(), dir, func(string) error { return os.ErrClosed }, "rev-list", "HEAD"), os.ErrClosed)
	assert.Error(t, git.Lines(t.Context(), dir, func(string) error { return nil }, "rev-list", "nothing"))
	assert.ErrorIs(t, git.Lines(t.Context(), dir, func(string) error { return nil }, "cat-file", "blob", commit+":big"), bufio.ErrTooLong)
}

// TestForeignConfiguration: a repository's own configuration starts no program.
func TestForeignConfiguration(t *testing.T) {
	dir, commit := newRepo(t)
	run := func(stdin string, args ...string) string {
		cmd := exec.Command("git", append([]string{"--git-dir", dir}, args...)...)
		cmd.Stdin = strings.NewReader(stdin)
		cmd.Env = append(os.Environ(), "GIT_CONFIG_GLOBAL="+os.DevNull, "GIT_CONFIG_NOSYSTEM=1")
		out, err := cmd.CombinedOutput()
		require.NoError(t, err, "%s", out)
		return strings.TrimSpace(string(out))
	}
	head, message, ok := strings.Cut(run("", "cat-file", "commit", commit), "\n\n")
	require.True(t, ok)
	signed := run(head+"\ngpgsig -----BEGIN PGP SIGNATURE-----\n \n x\n -----END PGP SIGNATURE-----\n\n"+message+"\n", "hash-object", "-t", "commit", "-w", "--stdin")
	trace := filepath.Join(t.TempDir(), "started")
	program := filepath.Join(t.TempDir(), "program")
	require.NoError(t, os.WriteFile(program, []byte("#!/bin/sh\ntouch '"+trace+"'\n"), 0o777))
	run("", "config", "log.showSignature", "true")
	run("", "config", "gpg.program", program)
	run("", "log", "--format=%H", signed)
	require.FileExists(t, trace)
	require.NoError(t, os.Remove(trace))
	var lines []string
	require.NoError(t, git.Lines(t.Context(), dir, func(s string) error { lines = append(lines, s); return nil }, "log", "--format=%H", signed))
	assert.Equal(t, []string{signed}, lines)
	assert.NoFileExists(t, trace)
}
