package source

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"sync"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/partial"
	"github.com/google/go-containerregistry/pkg/v1/types"
	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
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

// StoredLayer is what each layer of an [Image] is besides a [v1.Layer]. It lets a
// reader tell what the image holds from what go-containerregistry's interface
// has to make up where the image holds less.
type StoredLayer interface {
	v1.Layer

	// Stored opens the layer's blob as the image holds it: compressed with
	// gzip, zstd or not at all, which its first bytes tell. The hash is the
	// digest that the image's manifest claims for these bytes; it is zero if
	// there is no manifest, as in a docker-archive. Nothing has compared
	// the two. The error says which blob is missing or cut short.
	Stored() (io.ReadCloser, v1.Hash, error)
}

// layer is one layer, known by its index: the same blob may occur twice.
type layer struct {
	index   int
	diffIDs []v1.Hash      // of all layers, as the config claims
	desc    *v1.Descriptor // nil: no manifest describes the blob
	source  func() (blob, error)
	sum     func() (described, error)
}

// described is what a stored blob turns out to be.
type described struct {
	digest    v1.Hash
	size      int64
	mediaType types.MediaType
}

var _ StoredLayer = (*layer)(nil)

func newLayer(index int, diffIDs []v1.Hash, desc *v1.Descriptor, source func() (blob, error)) *layer {
	l := &layer{index: index, diffIDs: diffIDs, desc: desc, source: source}
	l.sum = sync.OnceValues(l.describe)
	return l
}

func (l *layer) Stored() (io.ReadCloser, v1.Hash, error) {
	if l.desc == nil {
		b, err := l.source()
		return b.ReadCloser, v1.Hash{}, err
	}
	rc, err := openDescribed(*l.desc, l.source)
	return rc, l.desc.Digest, err
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

// DiffID is the config's claim.
func (l *layer) DiffID() (v1.Hash, error) {
	if l.index >= len(l.diffIDs) {
		return v1.Hash{}, fmt.Errorf("the config names %d layers, there is no diffID for layer %d", len(l.diffIDs), l.index)
	}
	return l.diffIDs[l.index], nil
}

func (l *layer) Digest() (v1.Hash, error) {
	if l.desc != nil {
		return l.desc.Digest, nil
	}
	d, err := l.sum()
	return d.digest, err
}

// Size is the stored blob's.
func (l *layer) Size() (int64, error) {
	if l.desc != nil {
		return l.desc.Size, nil
	}
	b, err := l.source()
	if err != nil {
		return 0, err
	}
	return b.size, b.Close()
}

func (l *layer) MediaType() (types.MediaType, error) {
	if l.desc != nil {
		return l.desc.MediaType, nil
	}
	b, err := l.source()
	if err != nil {
		return "", err
	}
	defer b.Close()
	head := make([]byte, 6)
	n, err := io.ReadFull(b, head)
	if err != nil && err != io.EOF && !errors.Is(err, io.ErrUnexpectedEOF) {
		return "", err
	}
	return layerType(head[:n]), nil
}

// describe makes the descriptor that no manifest gives.
func (l *layer) describe() (described, error) {
	mediaType, err := l.MediaType()
	if err != nil {
		return described{}, err
	}
	b, err := l.source()
	if err != nil {
		return described{}, err
	}
	defer b.Close()
	digest, size, err := v1.SHA256(b)
	return described{digest: digest, size: size, mediaType: mediaType}, err
}

// Described returns what the manifest says of the layer's blob, without opening
// that; false if no manifest describes it.
func (l *layer) Described() (v1.Descriptor, bool) {
	if l.desc == nil {
		return v1.Descriptor{}, false
	}
	return *l.desc, true
}

// maxZstdWindow bounds what one zstd stream may ask of memory: the window of
// zstd --long, 16 times that of the highest level without it.
const maxZstdWindow = 128 << 20

// compression tells how data that begins with head is compressed, by its magic
// bytes: gzip, zstd, xz, bzip2, or "" for not at all that is known.
func compression(head []byte) string {
	switch {
	case bytes.HasPrefix(head, []byte{0x1f, 0x8b, 0x08}):
		return "gzip"
	case bytes.HasPrefix(head, []byte{0x28, 0xb5, 0x2f, 0xfd}),
		// A skippable frame, with which pzstd begins.
		len(head) >= 4 && head[0]&0xf0 == 0x50 && bytes.Equal(head[1:4], []byte{0x2a, 0x4d, 0x18}):
		return "zstd"
	case bytes.HasPrefix(head, []byte("\xfd7zXZ\x00")):
		return "xz"
	case len(head) >= 6 && bytes.HasPrefix(head, []byte("BZh")) && bytes.Equal(head[4:6], []byte("1A")):
		// More than its first letters, with which the name of a tar's member may begin.
		return "bzip2"
	}
	return ""
}

// packedKind is compression for a whole file.
func packedKind(r io.ReaderAt) string {
	head := make([]byte, 6)
	n, _ := r.ReadAt(head, 0)
	return compression(head[:n])
}

func unpackHint(kind string) string {
	switch kind {
	case "gzip":
		return "gunzip FILE"
	case "zstd":
		return "zstd -d FILE"
	case "xz":
		return "unxz FILE"
	}
	return "bunzip2 FILE"
}

// layerType is the media type of a layer that nothing gives one to.
func layerType(head []byte) types.MediaType {
	switch compression(head) {
	case "gzip":
		return types.DockerLayer
	case "zstd":
		return types.OCILayerZStd
	}
	return types.DockerUncompressedLayer
}

// decompress gives the tar in rc, compressed with gzip, zstd or not at all, and
// closes rc with it.
func decompress(rc io.ReadCloser) (io.ReadCloser, error) {
	buffered := bufio.NewReaderSize(rc, 64<<10)
	head, err := buffered.Peek(6)
	if err != nil && err != io.EOF {
		rc.Close()
		return nil, err
	}
	switch how := compression(head); how {
	case "xz", "bzip2":
		rc.Close()
		return nil, fmt.Errorf("compressed with %s, which is not supported", how)
	case "gzip":
		zr, err := gzip.NewReader(buffered)
		if err != nil {
			rc.Close()
			return nil, err
		}
		return &unpacked{Reader: zr, close: func() { zr.Close() }, under: rc}, nil
	case "zstd":
		zr, err := zstd.NewReader(buffered, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxWindow(maxZstdWindow))
		if err != nil {
			rc.Close()
			return nil, err
		}
		return &unpacked{Reader: zr, close: zr.Close, under: rc}, nil
	}
	return &unpacked{Reader: buffered, close: func() {}, under: rc}, nil
}

type unpacked struct {
	io.Reader
	close func()
	under io.Closer
}

func (u *unpacked) Close() error {
	u.close()
	return u.under.Close()
}
