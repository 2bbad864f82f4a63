package main

import (
	"bytes"
	"io"
	"log"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-containerregistry/pkg/registry"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/stemma-go/stemma/ancestry/catalogue/artifact"
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

	// It is published as it was written.
	srv := httptest.NewServer(registry.New(registry.Logger(log.New(io.Discard, "", 0))))
	defer srv.Close()
	ref := strings.TrimPrefix(srv.URL, "http://") + "/us/genealogy:" + artifact.FormatVersion
	stdout.Reset()
	require.NoError(t, run(t.Context(), []string{"-mirror", mirror, "-push", ref}, &stdout, &stderr))
	assert.Contains(t, stdout.String(), "pushed "+ref+"@sha256:")
	fetched, err := artifact.Fetch(t.Context(), ref, &artifact.Options{Dir: t.TempDir()})
	require.NoError(t, err)
	written, err := os.ReadFile(file)
	require.NoError(t, err)
	assert.Equal(t, written, fetched.File)

	// With parts, of what was made before too.
	part := filepath.Join(t.TempDir(), "acme+images.stemma")
	require.NoError(t, os.WriteFile(part, written, 0o666))
	for _, args := range [][]string{{"-mirror", mirror, "-push", ref, part}, {"-push", ref, file, part}} {
		require.NoError(t, run(t.Context(), args, &stdout, &stderr))
		fetched, err = artifact.Fetch(t.Context(), ref, &artifact.Options{Dir: t.TempDir()})
		require.NoError(t, err)
		assert.Equal(t, written, fetched.File)
		require.Len(t, fetched.Parts, 1)
		assert.Equal(t, "acme+images", fetched.Parts[0].Name)
		assert.Equal(t, written, fetched.Parts[0].File)
	}

	// What could not be read is not asked for again.
	cache := t.TempDir()
	for _, want := range []string{"https://github.com/example/lib " + strings.Repeat("1", 40) + "\n", ""} {
		stdout.Reset()
		require.NoError(t, run(t.Context(), []string{"-mirror", mirror, "-cache", cache, "-missing"}, &stdout, &stderr))
		assert.Equal(t, want, stdout.String())
		require.NoError(t, run(t.Context(), []string{"-mirror", mirror, "-cache", cache}, &stdout, &stderr))
	}

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
	for _, args := range [][]string{nil, {"-mirror", t.TempDir()}, {"-mirror", "/does/not/exist"}, {"-mirror", ".", "more"}, {"-mirror", ".", "main.go"}, {"-push", "localhost:1/x:2"}, {"-push", "localhost:1/x:2", "/does/not/exist"}, {"-mirror", ".", "-missing"}, {"-nonsense"}} {
		var stdout, stderr bytes.Buffer
		assert.Error(t, run(t.Context(), args, &stdout, &stderr), "%v", args)
		assert.Empty(t, stdout.String())
	}
	assert.NoError(t, run(t.Context(), []string{"-h"}, &bytes.Buffer{}, &bytes.Buffer{}))
}

func TestPublishers(t *testing.T) {
	if _, err := exec.LookPath("git"); err != nil {
		t.Skip("needs the git program")
	}
	mirror, out := t.TempDir(), t.TempDir()
	dir := filepath.Join(mirror, "microsoft", "playwright")
	require.NoError(t, os.MkdirAll(dir, 0o777))
	for _, args := range [][]string{{"init", "-q"}, {"-c", "user.name=a", "-c", "user.email=a@example.com", "commit", "-q", "--allow-empty", "-m", "x"}} {
		cmd := exec.Command("git", args...)
		cmd.Dir = dir
		text, err := cmd.CombinedOutput()
		require.NoError(t, err, "%s", text)
	}
	var stdout, stderr bytes.Buffer
	require.NoError(t, run(t.Context(), []string{"-publishers", mirror, "-since", "2025-12-01", "-o", out}, &stdout, &stderr))
	assert.Regexp(t, `(?m)^dotnet/versions +no clone of the repository: dotnet/versions$`, stdout.String())
	assert.NotContains(t, stdout.String(), "repo-info", "it has to be asked for")
	assert.FileExists(t, filepath.Join(out, "microsoft+playwright.stemma"))
	stdout.Reset()
	require.NoError(t, run(t.Context(), []string{"-publishers", mirror, "-repos"}, &stdout, &stderr))
	assert.Contains(t, stdout.String(), "https://github.com/dotnet/dotnet-docker\nhttps://github.com/dotnet/versions\n")
	stdout.Reset()
	require.NoError(t, run(t.Context(), []string{"-publishers", mirror, "-cache", t.TempDir(), "-missing"}, &stdout, &stderr))
	assert.Empty(t, stdout.String())
	for _, args := range [][]string{{"-since", "yesterday"}, {"-only", "acme/none"}} {
		assert.Error(t, run(t.Context(), append([]string{"-publishers", t.TempDir()}, args...), &stdout, &stderr), "%v", args)
	}
}
