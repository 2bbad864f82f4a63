package main

import (
	"archive/tar"
	"bytes"
	"crypto/sha256"
	"io"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

type entry struct {
	name, content string
	modified      time.Time
}

func archive(t *testing.T, entries ...entry) *bytes.Buffer {
	t.Helper()
	var buf bytes.Buffer
	w := tar.NewWriter(&buf)
	for _, e := range entries {
		require.NoError(t, w.WriteHeader(&tar.Header{
			Name: e.name, Size: int64(len(e.content)), Mode: 0o644, ModTime: e.modified, Typeflag: tar.TypeReg,
		}))
		_, err := io.WriteString(w, e.content)
		require.NoError(t, err)
	}
	require.NoError(t, w.Close())
	return &buf
}

func entries(t *testing.T, r io.Reader) map[string]entry {
	t.Helper()
	found := map[string]entry{}
	for in := tar.NewReader(r); ; {
		header, err := in.Next()
		if err == io.EOF {
			return found
		}
		require.NoError(t, err)
		content, err := io.ReadAll(in)
		require.NoError(t, err)
		found[header.Name] = entry{header.Name, string(content), header.ModTime.UTC()}
	}
}

func TestWriteLayer(t *testing.T) {
	start := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	old := start.AddDate(-9, 0, 0)
	year := 365 * 24 * time.Hour
	d := &dates{started: start, offset: []time.Duration{-2 * year, -year}, seen: map[string]moved{}}

	var first, second bytes.Buffer
	require.NoError(t, writeLayer(&first, archive(t,
		entry{"./var/lib/dpkg/status", "Package: a\n", old},
		entry{"usr/bin/one", "some program text", old},
		entry{"usr/bin/two", "some program text", start},
		entry{"usr/bin/six", "other program txt", start},
		entry{"short", "abc", start},
	), d, 0))
	require.NoError(t, writeLayer(&second, archive(t,
		entry{"usr/bin/two", "some program text", start},
		entry{"usr/bin/new", "some program text", start},
	), d, 1))

	below := entries(t, &first)
	assert.Equal(t, "Package: a\n", below["./var/lib/dpkg/status"].content)
	sum := sha256.Sum256([]byte("some program text"))
	assert.Equal(t, string(sum[:8])+string(make([]byte, 9)), below["usr/bin/one"].content)
	assert.Equal(t, below["usr/bin/one"].content, below["usr/bin/two"].content)
	assert.NotEqual(t, below["usr/bin/one"].content, below["usr/bin/six"].content)
	assert.Len(t, below["short"].content, 3)

	above := entries(t, &second)
	assert.Equal(t, old, below["usr/bin/one"].modified, "genuine dates stay")
	assert.Equal(t, start.Add(-2*year), below["usr/bin/two"].modified)
	assert.Equal(t, start.Add(-2*year), above["usr/bin/two"].modified, "a copied-up file keeps its date")
	assert.Equal(t, start.Add(-year), above["usr/bin/new"].modified)
}

func TestKeep(t *testing.T) {
	for name, want := range map[string]bool{
		"var/lib/dpkg/status":                              true,
		"var/lib/dpkg/status-old":                          false,
		"var/lib/dpkg/info/libc6:amd64.list":               true,
		"var/lib/dpkg/info/libc6:amd64.postinst":           false,
		"srv/app/node_modules/a/package.json":              true,
		"usr/lib/python3/dist-packages/p.dist-info/WHEEL":  false,
		"usr/lib/python3/dist-packages/p.dist-info/RECORD": true,
		"etc/shadow": false,
	} {
		assert.Equal(t, want, keep(name), name)
	}
}
