package sample_test

import (
	"archive/tar"
	"bytes"
	"debug/buildinfo"
	"io"
	"io/fs"
	"path"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-containerregistry/pkg/v1/validate"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/stemma-go/stemma/testdata/sample"
)

// Every digest, diffID and size is that of the bytes, for the image and for each of its
// ancestors.
func TestDigestsAreTrue(t *testing.T) {
	references, err := sample.Stages()
	require.NoError(t, err)
	require.GreaterOrEqual(t, len(references), 4)
	require.Equal(t, sample.Reference, references[len(references)-1])

	youngest, err := sample.Open()
	require.NoError(t, err)
	require.NoError(t, validate.Image(youngest))
	config, err := youngest.ConfigFile()
	require.NoError(t, err)

	parent := ""
	for _, reference := range references {
		image, err := sample.Stage(reference)
		require.NoError(t, err)
		require.NoError(t, validate.Image(image, validate.Fast), reference)
		own, err := image.ConfigFile()
		require.NoError(t, err)
		n := len(own.RootFS.DiffIDs)
		assert.Equal(t, config.RootFS.DiffIDs[:n], own.RootFS.DiffIDs, reference)
		assert.Equal(t, config.History[:len(own.History)], own.History, reference)

		manifest, err := image.Manifest()
		require.NoError(t, err)
		if base := manifest.Annotations["org.opencontainers.image.base.digest"]; base != "" {
			assert.Equal(t, parent, base, "%s: its base is the stage below", reference)
		}
		digest, err := image.Digest()
		require.NoError(t, err)
		parent = digest.String()
	}
}

// The layout's index names the sample alone, and every blob there is used.
func TestLayoutIsWhole(t *testing.T) {
	used := map[string]bool{}
	references, err := sample.Stages()
	require.NoError(t, err)
	for _, reference := range references {
		image, err := sample.Stage(reference)
		require.NoError(t, err)
		digest, err := image.Digest()
		require.NoError(t, err)
		manifest, err := image.Manifest()
		require.NoError(t, err)
		used[digest.Hex], used[manifest.Config.Digest.Hex] = true, true
		for _, l := range manifest.Layers {
			used[l.Digest.Hex] = true
		}
	}
	blobs, err := fs.ReadDir(sample.FS(), "blobs/sha256")
	require.NoError(t, err)
	for _, blob := range blobs {
		assert.True(t, used[blob.Name()], "blob %s belongs to no stage", blob.Name())
	}
	assert.Len(t, blobs, len(used))
}

// The stages were built a year or so apart, each by its builder.
func TestBuildDatesAreYearsApart(t *testing.T) {
	references, err := sample.Stages()
	require.NoError(t, err)
	var before time.Time
	for _, reference := range references {
		image, err := sample.Stage(reference)
		require.NoError(t, err)
		config, err := image.ConfigFile()
		require.NoError(t, err)
		if !before.IsZero() {
			assert.Greater(t, config.Created.Sub(before), 300*24*time.Hour, reference)
		}
		before = config.Created.Time
		for i, h := range config.History {
			assert.False(t, h.Created.After(before.Add(time.Second)), "%s: history %d", reference, i)
		}
	}
}

// Contents that are not kept are zero but for eight bytes, and the files where a builder
// leaves something of its own machine are empty.
func TestContentsAreZeroed(t *testing.T) {
	image, err := sample.Open()
	require.NoError(t, err)
	layers, err := image.Layers()
	require.NoError(t, err)
	seen := map[string]bool{}
	for i, layer := range layers {
		r, err := layer.Uncompressed()
		require.NoError(t, err)
		for archive := tar.NewReader(r); ; {
			header, err := archive.Next()
			if err == io.EOF {
				break
			}
			require.NoError(t, err, "layer %d", i)
			name := path.Clean(header.Name)
			switch name {
			case "etc/shadow", "etc/apt/mirrors/debian.list", "usr/bin/git":
				content, err := io.ReadAll(archive)
				require.NoError(t, err)
				seen[name] = true
				assert.Empty(t, bytes.Trim(content[min(8, len(content)):], "\x00"), "layer %d: %s", i, name)
			case "etc/resolv.conf", "etc/hosts", "etc/hostname":
				assert.Zero(t, header.Size, "layer %d: %s", i, name)
			case "usr/local/bin/hello":
				content, err := io.ReadAll(archive)
				require.NoError(t, err)
				info, err := buildinfo.Read(bytes.NewReader(content))
				require.NoError(t, err)
				seen[name] = true
				assert.Equal(t, "github.com/cespare/xxhash/v2", info.Deps[0].Path)
			}
			if list, ok := strings.CutPrefix(name, "var/lib/apt/lists/"); ok && strings.Contains(list, "_dists_") {
				list = strings.TrimPrefix(list, ".wh.")
				assert.True(t, strings.HasPrefix(list, "_etc_apt_mirrors_"), "%s names a mirror", list)
			}
		}
		require.NoError(t, r.Close())
	}
	assert.Len(t, seen, 4)
}

// All of testdata stays within its budget.
func TestBudget(t *testing.T) {
	const budget = 6 << 20
	var total int64
	err := filepath.WalkDir("..", func(_ string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		info, err := d.Info()
		if err == nil {
			total += info.Size()
		}
		return err
	})
	require.NoError(t, err)
	assert.LessOrEqual(t, total, int64(budget))
}
