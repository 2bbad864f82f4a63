package source

import (
	"encoding/json"
	"fmt"
	"sync"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/partial"
	"github.com/google/go-containerregistry/pkg/v1/types"
)

// image is the v1.Image behind every Image: bytes that were read when it was
// opened, and layers that are read where they lie.
type image struct {
	config    []byte
	layers    []*layer
	mediaType types.MediaType
	manifest  func() ([]byte, error)
}

var _ v1.Image = (*image)(nil)

// newImage makes the image of a config and its layers. Without a manifest one is
// made of the stored blobs when it is asked for.
func newImage(config []byte, layers []*layer, manifest []byte, mediaType types.MediaType) *image {
	i := &image{config: config, layers: layers, mediaType: mediaType}
	i.manifest = func() ([]byte, error) { return manifest, nil }
	if manifest == nil {
		i.manifest = sync.OnceValues(i.describe)
	}
	return i
}

// describe writes the manifest of an image that has none, which takes reading
// every layer once.
func (i *image) describe() ([]byte, error) {
	digest, err := i.ConfigName()
	if err != nil {
		return nil, err
	}
	m := v1.Manifest{
		SchemaVersion: 2,
		MediaType:     i.mediaType,
		Config:        v1.Descriptor{MediaType: types.DockerConfigJSON, Size: int64(len(i.config)), Digest: digest},
		Layers:        []v1.Descriptor{},
	}
	for n, l := range i.layers {
		d, err := l.sum()
		if err != nil {
			return nil, fmt.Errorf("layer %d: %w", n, err)
		}
		m.Layers = append(m.Layers, v1.Descriptor{MediaType: d.mediaType, Size: d.size, Digest: d.digest})
	}
	return json.Marshal(m)
}

func (i *image) Layers() ([]v1.Layer, error) {
	out := make([]v1.Layer, len(i.layers))
	for n, l := range i.layers {
		out[n] = l
	}
	return out, nil
}

func (i *image) LayerByDigest(h v1.Hash) (v1.Layer, error) {
	if name, err := i.ConfigName(); err == nil && name == h {
		return partial.ConfigLayer(i)
	}
	for _, l := range i.layers {
		if digest, err := l.Digest(); err == nil && digest == h {
			return l, nil
		}
	}
	return nil, fmt.Errorf("no layer has the digest %s", h)
}

func (i *image) LayerByDiffID(h v1.Hash) (v1.Layer, error) {
	for _, l := range i.layers {
		if diffID, err := l.DiffID(); err == nil && diffID == h {
			return l, nil
		}
	}
	return nil, fmt.Errorf("no layer has the diffID %s", h)
}

func (i *image) MediaType() (types.MediaType, error) { return i.mediaType, nil }
func (i *image) RawConfigFile() ([]byte, error)      { return i.config, nil }
func (i *image) RawManifest() ([]byte, error)        { return i.manifest() }
func (i *image) ConfigFile() (*v1.ConfigFile, error) { return partial.ConfigFile(i) }
func (i *image) ConfigName() (v1.Hash, error)        { return partial.ConfigName(i) }
func (i *image) Digest() (v1.Hash, error)            { return partial.Digest(i) }
func (i *image) Manifest() (*v1.Manifest, error)     { return partial.Manifest(i) }
func (i *image) Size() (int64, error)                { return partial.Size(i) }
