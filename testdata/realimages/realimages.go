// Package realimages reads the published histories of Docker Official Images that
// may lie beside a checkout, in ../shared/real-images of the module. It is for tests:
// what Docker's builders really leave, from 2023 and 2026.
package realimages

import (
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/stretchr/testify/require"
)

// folder holds one file an image, seen from the module's root.
const folder = "../shared/real-images"

// An Image is what was published of an image of linux/amd64. It is an
// ancestry.ConfigFiler.
type Image struct {
	File      string   `json:"-"`     // the file's name, without its ending: python_3.11.1
	Reference string   `json:"image"` // as it is pulled: python:3.11.1
	Command   []string `json:"default_command"`
	History   []Entry  `json:"history"`
	Layers    []Layer  `json:"layers"` // bottom first
}

// An Entry is one of the history's.
type Entry struct {
	Created time.Time `json:"created"` // to the second
	// Instruction is the entry as published: without the shell, "#(nop)" and build
	// arguments that the configuration holds.
	Instruction string `json:"instruction"`
	CreatedBy   string `json:"created_by"`
	EmptyLayer  bool   `json:"empty_layer"`
}

// A Layer is known by the digest of its blob; its diffID is not published.
type Layer struct {
	Digest v1.Hash `json:"digest"`
}

// bare is an entry that begins with an instruction of a Dockerfile, and not with a
// shell: BuildKit's.
var bare = regexp.MustCompile(`^[A-Z]+ `)

// ConfigFile puts the configuration together. Two things in it are made up: the
// comment of BuildKit's entries, and the diffIDs, for which the digests of the blobs
// stand: they are the same for the same layer.
func (i Image) ConfigFile() (*v1.ConfigFile, error) {
	cfg := &v1.ConfigFile{OS: "linux", Architecture: "amd64", Config: v1.Config{Cmd: i.Command}}
	for _, e := range i.History {
		h := v1.History{Created: v1.Time{Time: e.Created}, CreatedBy: e.CreatedBy, EmptyLayer: e.EmptyLayer}
		if bare.MatchString(e.CreatedBy) {
			h.Comment = "buildkit.dockerfile.v0"
		}
		cfg.History = append(cfg.History, h)
	}
	for _, l := range i.Layers {
		cfg.RootFS.DiffIDs = append(cfg.RootFS.DiffIDs, l.Digest)
	}
	return cfg, nil
}

// All returns every image, by file. Where the checkout has none beside it, tb is
// skipped.
func All(tb testing.TB) []Image {
	tb.Helper()
	all := Found(tb)
	if len(all) == 0 {
		tb.Skip("no published histories beside the module: " + folder)
	}
	return all
}

// Found returns what [All] does, and nothing where there is nothing: for a fuzz
// target, which has other seeds.
func Found(tb testing.TB) []Image {
	tb.Helper()
	files, err := filepath.Glob(filepath.Join(moduleRoot(tb), folder, "*.json"))
	require.NoError(tb, err)
	var all []Image
	for _, file := range files {
		all = append(all, read(tb, file))
	}
	return all
}

// Named returns the image of a file. Where the checkout has no images beside it, tb
// is skipped.
func Named(tb testing.TB, file string) Image {
	tb.Helper()
	all := All(tb)
	i := slices.IndexFunc(all, func(i Image) bool { return i.File == file })
	require.GreaterOrEqual(tb, i, 0, "no published history of %s", file)
	return all[i]
}

func read(tb testing.TB, path string) Image {
	tb.Helper()
	text, err := os.ReadFile(path)
	require.NoError(tb, err)
	i := Image{File: strings.TrimSuffix(filepath.Base(path), ".json")}
	require.NoError(tb, json.Unmarshal(text, &i), path)
	require.NotEmpty(tb, i.History, path)
	return i
}

// moduleRoot is the directory of go.mod: tests run in the one of their package,
// somewhere below.
func moduleRoot(tb testing.TB) string {
	tb.Helper()
	dir, err := os.Getwd()
	require.NoError(tb, err)
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return dir
		}
		above := filepath.Dir(dir)
		require.NotEqual(tb, above, dir, "no go.mod above")
		dir = above
	}
}
