package layers

import (
	"context"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/layout"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// layersOf is an image with other layers.
type layersOf struct {
	v1.Image
	layers []v1.Layer
}

func (l layersOf) Layers() ([]v1.Layer, error) { return l.layers, nil }

func TestReadLies(t *testing.T) {
	img := reconfigured(t, stack(t, []string{"a=1"}, []string{"b=2"}), func(c *v1.ConfigFile) {
		c.RootFS.DiffIDs[1] = sum([]byte("false"))
	})
	x := read(t, img, nil)
	assert.True(t, x.Layers[0].Verified)
	assert.False(t, x.Layers[1].Verified)
	assert.False(t, x.Layers[1].Partial)
	require.Len(t, problemTexts(x), 1)
	assert.Regexp(t, "^layer 1: diffID is sha256:.*, the configuration claims sha256:", problemTexts(x)[0])
	assert.Equal(t, "a b", merged(x, 1))

	// A manifest lies about a blob: the blob on disk is another one.
	dir := t.TempDir()
	path, err := layout.Write(dir, empty.Index)
	require.NoError(t, err)
	img = stack(t, []string{"a=1"}, []string{"b=2"})
	require.NoError(t, path.AppendImage(img))
	m, err := img.Manifest()
	require.NoError(t, err)
	other := gz(t, archive(t, "c=3"))
	blob := filepath.Join(dir, "blobs", "sha256", m.Layers[0].Digest.Hex)
	require.NoError(t, os.WriteFile(blob, other, 0o600))
	id, err := img.Digest()
	require.NoError(t, err)
	onDisk, err := path.Image(id)
	require.NoError(t, err)
	x = read(t, onDisk, nil)
	assert.False(t, x.Layers[0].Verified)
	assert.Equal(t, sum(other), x.Layers[0].Digest)
	assert.True(t, x.Layers[1].Verified)
	require.Len(t, problemTexts(x), 2)
	assert.Contains(t, problemTexts(x)[1], "layer 0: digest is sha256:")
	assert.Equal(t, "b c", merged(x, 1))

	// And one that is not there.
	require.NoError(t, os.Remove(blob))
	x = read(t, onDisk, nil)
	assert.True(t, x.Layers[0].Partial)
	assert.Equal(t, "b", merged(x, 1))
	assert.Contains(t, problemTexts(x)[0], "layer 0: ")
}

func TestReadErrors(t *testing.T) {
	_, err := Read(context.Background(), noConfig{empty.Image}, nil)
	assert.ErrorIs(t, err, fs.ErrNotExist)

	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	x, err := Read(ctx, stack(t, []string{"a=1"}), nil)
	assert.ErrorIs(t, err, context.Canceled)
	assert.Nil(t, x)

	img := stack(t, []string{"a=1"}, []string{"b=2"})
	_, err = Read(context.Background(), img, &Options{Limits: Limits{Layers: 1}})
	assert.ErrorContains(t, err, "image of 2 layers, over the limit of 1")

	x = read(t, noLayers{img}, nil)
	assert.Len(t, x.Layers, 2)
	assert.Equal(t, "layers: file does not exist", problemTexts(x)[0])
	assert.True(t, x.Layers[1].Partial)
	assert.Equal(t, "", merged(x, 1))
}

type noConfig struct{ v1.Image }

func (noConfig) ConfigFile() (*v1.ConfigFile, error) { return nil, fs.ErrNotExist }

type noLayers struct{ v1.Image }

func (noLayers) Layers() ([]v1.Layer, error) { return nil, fs.ErrNotExist }

func TestReadNothing(t *testing.T) {
	x := read(t, empty.Image, nil)
	assert.Equal(t, None, x.Top())
	_, ok := x.Lookup(x.Top(), ".")
	assert.False(t, ok)
	list, err := fs.ReadDir(x.FS(x.Top()), ".")
	assert.NoError(t, err)
	assert.Empty(t, list)

	var zero Index
	assert.Empty(t, zero.Versions("a"))
	for range zero.Merged(0) {
		t.Fatal("an entry of nothing")
	}
}

func TestReadMoreLayersThanDiffIDs(t *testing.T) {
	img := reconfigured(t, stack(t, []string{"a=1"}, []string{"b=2"}), func(c *v1.ConfigFile) {
		c.RootFS.DiffIDs = c.RootFS.DiffIDs[:1]
	})
	x := read(t, img, nil)
	require.Len(t, x.Layers, 2)
	assert.True(t, x.Layers[0].Verified)
	assert.False(t, x.Layers[1].Verified)
	assert.Equal(t, "a b", merged(x, 1))
	assert.Contains(t, problemTexts(x), "the configuration names 1 layer, the image has 2")
	assert.Contains(t, problemTexts(x), "layer 1: the configuration claims no diffID")
}
