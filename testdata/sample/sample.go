package sample

import (
	"bytes"
	"embed"
	"encoding/json"
	"fmt"
	"io"
	"io/fs"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/partial"
	"github.com/google/go-containerregistry/pkg/v1/types"
)

//go:embed image stages.json
var files embed.FS

// Reference is the name of the sample image, as its builder tagged it.
const Reference = "example.org/shop/api:2.4.1"

// refName is the annotation that holds an image's name in an OCI index.
const refName = "org.opencontainers.image.ref.name"

// FS returns the OCI layout: oci-layout, index.json and blobs/sha256.
func FS() fs.FS {
	layout, err := fs.Sub(files, "image")
	if err != nil {
		panic(err) // the embedded tree is fixed when the package is compiled
	}
	return layout
}

// Open returns the sample image, the youngest of the chain.
func Open() (v1.Image, error) { return Stage(Reference) }

// Stages returns the references of the chain's images, the root first. The last is
// [Reference].
func Stages() ([]string, error) {
	index, err := stages()
	if err != nil {
		return nil, err
	}
	var names []string
	for _, m := range index.Manifests {
		names = append(names, m.Annotations[refName])
	}
	return names, nil
}

// Stage returns one image of the chain by its reference. Its layers are the first ones of
// the sample image.
func Stage(reference string) (v1.Image, error) {
	index, err := stages()
	if err != nil {
		return nil, err
	}
	for _, m := range index.Manifests {
		if m.Annotations[refName] == reference {
			return open(m)
		}
	}
	return nil, fmt.Errorf("sample: no stage %q", reference)
}

func stages() (*v1.IndexManifest, error) {
	data, err := files.ReadFile("stages.json")
	if err != nil {
		return nil, err
	}
	return v1.ParseIndexManifest(bytes.NewReader(data))
}

func open(desc v1.Descriptor) (v1.Image, error) {
	raw, err := blob(desc.Digest)
	if err != nil {
		return nil, err
	}
	var manifest v1.Manifest
	if err := json.Unmarshal(raw, &manifest); err != nil {
		return nil, fmt.Errorf("sample: manifest %s: %w", desc.Digest, err)
	}
	return partial.CompressedToImage(&image{desc: desc, raw: raw, manifest: &manifest})
}

func blob(digest v1.Hash) ([]byte, error) {
	return files.ReadFile("image/blobs/" + digest.Algorithm + "/" + digest.Hex)
}

// image is a partial.CompressedImageCore over the embedded blobs.
type image struct {
	desc     v1.Descriptor
	raw      []byte
	manifest *v1.Manifest
}

func (i *image) MediaType() (types.MediaType, error) { return i.desc.MediaType, nil }
func (i *image) RawManifest() ([]byte, error)        { return i.raw, nil }
func (i *image) RawConfigFile() ([]byte, error)      { return blob(i.manifest.Config.Digest) }

func (i *image) LayerByDigest(digest v1.Hash) (partial.CompressedLayer, error) {
	if digest == i.manifest.Config.Digest {
		return layer{i.manifest.Config}, nil
	}
	for _, desc := range i.manifest.Layers {
		if desc.Digest == digest {
			return layer{desc}, nil
		}
	}
	return nil, fmt.Errorf("sample: no blob %s", digest)
}

// layer is a partial.CompressedLayer over an embedded blob.
type layer struct{ desc v1.Descriptor }

func (l layer) Digest() (v1.Hash, error)            { return l.desc.Digest, nil }
func (l layer) Size() (int64, error)                { return l.desc.Size, nil }
func (l layer) MediaType() (types.MediaType, error) { return l.desc.MediaType, nil }
func (l layer) Descriptor() (*v1.Descriptor, error) { return &l.desc, nil }
func (l layer) Compressed() (io.ReadCloser, error) {
	data, err := blob(l.desc.Digest)
	return io.NopCloser(bytes.NewReader(data)), err
}
