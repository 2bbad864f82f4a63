package main

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/stemma-go/stemma/ancestry/catalogue/internal/data"
)

func TestRun(t *testing.T) {
	if _, err := exec.LookPath("git"); err != nil {
		t.Skip("needs the git program")
	}
	mirror := t.TempDir()
	dir := filepath.Join(mirror, "docker-library", "official-images")
	require.NoError(t, os.MkdirAll(filepath.Join(dir, "library"), 0o777))
	library := "GitRepo: https://github.com/example/lib.git\n\nTags: 1\nGitCommit: 1111111111111111111111111111111111111111\n"
	require.NoError(t, os.WriteFile(filepath.Join(dir, "library", "lib"), []byte(library), 0o666))
	for _, args := range [][]string{{"init", "-q"}, {"add", "-A"}, {"-c", "user.name=a", "-c", "user.email=a@example.com", "commit", "-q", "-m", "x"}} {
		cmd := exec.Command("git", args...)
		cmd.Dir = dir
		out, err := cmd.CombinedOutput()
		require.NoError(t, err, "%s", out)
	}
	file := filepath.Join(t.TempDir(), "out")
	var stdout, stderr bytes.Buffer
	require.NoError(t, run(t.Context(), []string{"-mirror", mirror, "-o", file}, &stdout, &stderr))
	assert.Empty(t, stderr.String(), "no bar where no terminal is")
	assert.Regexp(t, `(?m)^  not read +1$`, stdout.String())
	assert.Regexp(t, `(?m)^1 +github.com/example/lib +no clone of the repository +1{40}:/Dockerfile$`, stdout.String())

	stdout.Reset()
	require.NoError(t, run(t.Context(), []string{"-mirror", mirror, "-repos"}, &stdout, &stderr))
	assert.Equal(t, "     1 https://github.com/example/lib\n", stdout.String())

	b, err := os.ReadFile(file)
	require.NoError(t, err)
	c, err := data.Open(bytes.NewReader(b), int64(len(b)))
	require.NoError(t, err)
	assert.Equal(t, []string{"lib"}, c.Names())
}

func TestRunFails(t *testing.T) {
	for _, args := range [][]string{nil, {"-mirror", t.TempDir()}, {"-mirror", "/does/not/exist"}, {"-mirror", ".", "more"}, {"-nonsense"}} {
		var stdout, stderr bytes.Buffer
		assert.Error(t, run(t.Context(), args, &stdout, &stderr), "%v", args)
		assert.Empty(t, stdout.String())
	}
	assert.NoError(t, run(t.Context(), []string{"-h"}, &bytes.Buffer{}, &bytes.Buffer{}))
}

func TestPublishers(t *testing.T) {
	file := filepath.Join(t.TempDir(), "out")
	var stdout, stderr bytes.Buffer
	require.NoError(t, run(t.Context(), []string{"-publishers", t.TempDir(), "-since", "2025-12-01", "-o", file}, &stdout, &stderr))
	assert.Regexp(t, `(?m)^dotnet/versions +no clone of the repository: dotnet/versions$`, stdout.String())
	assert.NotContains(t, stdout.String(), "repo-info", "it has to be asked for")
	assert.FileExists(t, file)
	for _, args := range [][]string{{"-since", "yesterday"}, {"-only", "acme/none"}} {
		assert.Error(t, run(t.Context(), append([]string{"-publishers", t.TempDir()}, args...), &stdout, &stderr), "%v", args)
	}
}
