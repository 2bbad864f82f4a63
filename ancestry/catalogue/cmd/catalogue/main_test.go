package main

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/stemma-go/stemma/ancestry/catalogue/internal/data"
)

func TestRun(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{
		"base/go/1.25/Dockerfile": "ARG FROM\nFROM $FROM\nRUN one\n",
		"base/go/1.26/Dockerfile": "FROM\n",
	} {
		require.NoError(t, os.MkdirAll(filepath.Dir(filepath.Join(dir, name)), 0o777))
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), []byte(text), 0o666))
	}
	file := filepath.Join(t.TempDir(), "own.stemma")
	now := time.Date(2026, 9, 1, 12, 0, 0, 0, time.UTC)
	var stdout, stderr bytes.Buffer
	require.NoError(t, run(t.Context(), []string{"-o", file, "-arg", "FROM=debian:trixie", "-prefix", "registry.example.com", dir}, now, &stdout, &stderr))
	assert.Regexp(t, `^1 recipes of 1 repositories, \d+ bytes\n$`, stdout.String())
	assert.Contains(t, stderr.String(), "base/go/1.26/Dockerfile")

	b, err := os.ReadFile(file)
	require.NoError(t, err)
	c, err := data.Open(bytes.NewReader(b), int64(len(b)))
	require.NoError(t, err)
	assert.Equal(t, "2026-09-01", c.Day().String())
	r, err := c.Repository("registry.example.com/base/go")
	require.NoError(t, err)
	require.NotNil(t, r)
	assert.Equal(t, "debian:trixie", r.Recipe(0).From)
	assert.Equal(t, []string{"1.25"}, r.Recipe(0).TagsOn(c.Day()))
}

// TestRunStopped: what was stopped writes nothing.
func TestRunStopped(t *testing.T) {
	dir := t.TempDir()
	require.NoError(t, os.MkdirAll(filepath.Join(dir, "base/go/1.25"), 0o777))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "base/go/1.25/Dockerfile"), []byte("FROM debian\nRUN one\n"), 0o666))
	for stop, want := range map[string]error{"": nil, "base/go/1.25/Dockerfile": context.Canceled} {
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		var stdout bytes.Buffer
		out := filepath.Join(t.TempDir(), "own.stemma")
		// The second directory can't be read, and says so when the first is done.
		err := run(ctx, []string{"-o", out, dir, filepath.Join(dir, "nothing")}, time.Now(), &stdout, writer(func() {
			if stop != "" {
				cancel()
			}
		}))
		assert.ErrorIs(t, err, want)
		if want != nil {
			assert.NoFileExists(t, out)
		} else {
			assert.FileExists(t, out)
		}
	}
}

type writer func()

func (w writer) Write(p []byte) (int, error) { w(); return len(p), nil }

func TestRunFails(t *testing.T) {
	for _, args := range [][]string{nil, {"-o", "x"}, {"-o", "x", "-arg", "novalue", "."}, {"-o", filepath.Join(t.TempDir(), "x"), t.TempDir()}, {"-o", "x", "/does/not/exist"}} {
		var stdout, stderr bytes.Buffer
		assert.Error(t, run(t.Context(), args, time.Now(), &stdout, &stderr), "%v", args)
		assert.NoFileExists(t, "x")
	}
}
