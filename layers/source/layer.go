package source

import (
	"errors"
	"fmt"
	"io"
	"sync"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/types"
)

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
