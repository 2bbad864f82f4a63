package source

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"sync"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/partial"
	"github.com/google/go-containerregistry/pkg/v1/types"
	"github.com/klauspost/compress/zstd"

	"github.com/stemma-go/stemma/layers"
	"github.com/stemma-go/stemma/layers/inflate"
	"github.com/stemma-go/stemma/layers/internal/detect"
)

// image is the v1.Image in every Image: a config and a manifest that were read when
// it was opened, and layers that are read where they are.
type image struct {
	config    []byte
	layers    []*layer
	mediaType types.MediaType
	manifest  func() ([]byte, error)
}

var _ v1.Image = (*image)(nil)

// newImage makes the image of a config and its layers. If manifest is nil, one is made
// when it is asked for: see describe.
func newImage(config []byte, layers []*layer, manifest []byte, mediaType types.MediaType) *image {
	i := &image{config: config, layers: layers, mediaType: mediaType}
	i.manifest = func() ([]byte, error) { return manifest, nil }
	if manifest == nil {
		i.manifest = sync.OnceValues(i.describe)
	}
	return i
}

// describe makes a manifest for an image that has none. To do so it reads every layer
// once.
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
		d, err := l.describe()
		if err != nil {
			return nil, fmt.Errorf("layer %d: %w", n, err)
		}
		m.Layers = append(m.Layers, d)
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

// layer is one layer of an image.
type layer struct {
	index    int            // the same blob may occur twice
	diffIDs  []v1.Hash      // of all layers, as the config claims
	desc     *v1.Descriptor // what the manifest says of the blob; nil if there is none
	open     func() (blob, error)
	describe func() (v1.Descriptor, error) // reads the blob, once
}

var (
	_ v1.Layer         = (*layer)(nil)
	_ layers.Stored    = (*layer)(nil)
	_ layers.Described = (*layer)(nil)
	_ layers.Begun     = (*layer)(nil)
)

func newLayer(index int, diffIDs []v1.Hash, desc *v1.Descriptor, open func() (blob, error)) *layer {
	l := &layer{index: index, diffIDs: diffIDs, desc: desc, open: open}
	l.describe = sync.OnceValues(l.describeBlob)
	return l
}

// Stored opens the layer's blob as the image holds it, and returns the digest that
// the manifest claims. Nothing has compared the two. The error says which blob is
// missing or cut short.
func (l *layer) Stored() (io.ReadCloser, v1.Hash, error) {
	if l.desc == nil {
		b, err := l.open()
		return b.ReadCloser, v1.Hash{}, err
	}
	rc, err := openDescribed(*l.desc, l.open)
	return rc, l.desc.Digest, err
}

// Beginning is Stored for a reader that reads most bytes, and perhaps far fewer. A
// registry is asked for the first 512 KiB; if more is read, for the rest of most.
func (l *layer) Beginning(most int64) (io.ReadCloser, v1.Hash, error) {
	rc, claimed, err := l.Stored()
	if b, ok := rc.(*sized); ok {
		if s, ok := b.ReadCloser.(*stream); ok {
			s.readBeginning(most)
		}
	}
	return rc, claimed, err
}

// Compressed is the stored blob, which need not be compressed.
func (l *layer) Compressed() (io.ReadCloser, error) {
	rc, _, err := l.Stored()
	return rc, err
}

func (l *layer) Uncompressed() (io.ReadCloser, error) {
	rc, err := l.Compressed()
	if err != nil {
		return nil, err
	}
	return decompress(rc)
}

// DiffID is what the config claims.
func (l *layer) DiffID() (v1.Hash, error) {
	if l.index >= len(l.diffIDs) {
		return v1.Hash{}, fmt.Errorf("the config names %s, there is no diffID for layer %d", plural(len(l.diffIDs), "layer"), l.index)
	}
	return l.diffIDs[l.index], nil
}

func (l *layer) Digest() (v1.Hash, error) {
	if l.desc != nil {
		return l.desc.Digest, nil
	}
	d, err := l.describe()
	return d.Digest, err
}

// Size is that of the stored blob.
func (l *layer) Size() (int64, error) {
	if l.desc != nil {
		return l.desc.Size, nil
	}
	b, err := l.open()
	if err != nil {
		return 0, err
	}
	return b.size, b.Close()
}

func (l *layer) MediaType() (types.MediaType, error) {
	if l.desc != nil {
		return l.desc.MediaType, nil
	}
	b, err := l.open()
	if err != nil {
		return "", err
	}
	defer b.Close()
	head := make([]byte, detect.HeadSize)
	n, err := io.ReadFull(b, head)
	if err != nil && err != io.EOF && !errors.Is(err, io.ErrUnexpectedEOF) {
		return "", err
	}
	return layerType(head[:n]), nil
}

// describeBlob makes a descriptor for a blob that no manifest describes.
func (l *layer) describeBlob() (v1.Descriptor, error) {
	mediaType, err := l.MediaType()
	if err != nil {
		return v1.Descriptor{}, err
	}
	b, err := l.open()
	if err != nil {
		return v1.Descriptor{}, err
	}
	defer b.Close()
	digest, size, err := v1.SHA256(b)
	return v1.Descriptor{MediaType: mediaType, Size: size, Digest: digest}, err
}

// Described returns what the manifest says of the layer's blob, without opening the
// blob. It returns false if there is no manifest.
func (l *layer) Described() (v1.Descriptor, bool) {
	if l.desc == nil {
		return v1.Descriptor{}, false
	}
	return *l.desc, true
}

// maxZstdWindow bounds the memory that one zstd stream may ask for. It is the window of
// zstd --long, 16 times that of the highest level without it.
const maxZstdWindow = 128 << 20

// fileCompression tells how a file is compressed.
func fileCompression(r io.ReaderAt) string {
	head := make([]byte, detect.HeadSize)
	n, _ := r.ReadAt(head, 0)
	return detect.Compression(head[:n])
}

func unpackHint(kind string) string {
	switch kind {
	case detect.Gzip:
		return "gunzip FILE"
	case detect.Zstd:
		return "zstd -d FILE"
	case detect.XZ:
		return "unxz FILE"
	}
	return "bunzip2 FILE"
}

// layerType is the media type for a layer that no manifest describes.
func layerType(head []byte) types.MediaType {
	switch detect.Compression(head) {
	case detect.Gzip:
		return types.DockerLayer
	case detect.Zstd:
		return types.OCILayerZStd
	}
	return types.DockerUncompressedLayer
}

// decompress returns the archive in rc, which is compressed with gzip, zstd or not at
// all. Closing it closes rc, and so does an error.
func decompress(rc io.ReadCloser) (io.ReadCloser, error) {
	buffered := bufio.NewReaderSize(rc, 64<<10)
	d, err := newDecompressor(buffered)
	if err != nil {
		rc.Close()
		return nil, err
	}
	return &decompressed{ReadCloser: d, under: rc}, nil
}

func newDecompressor(r *bufio.Reader) (io.ReadCloser, error) {
	head, err := r.Peek(detect.HeadSize)
	if err != nil && err != io.EOF {
		return nil, err
	}
	switch how := detect.Compression(head); how {
	case detect.XZ, detect.Bzip2:
		return nil, fmt.Errorf("compressed with %s, which is not supported", how)
	case detect.Gzip:
		return inflate.NewReader(r)
	case detect.Zstd:
		d, err := zstd.NewReader(r, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxWindow(maxZstdWindow))
		if err != nil {
			return nil, err
		}
		return d.IOReadCloser(), nil
	}
	return io.NopCloser(r), nil
}

// decompressed is the decompressed form of under.
type decompressed struct {
	io.ReadCloser
	under io.Closer
}

func (d *decompressed) Close() error {
	_ = d.ReadCloser.Close() // what was wrong with the stream, Read has returned
	return d.under.Close()
}
