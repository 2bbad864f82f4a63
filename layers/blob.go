package layers

import (
	"bytes"
	"fmt"
	"io"

	v1 "github.com/google/go-containerregistry/pkg/v1"
)

// Stored is what a v1.Layer may implement so that [Read] gets at its blob
// without any work on the way.
type Stored interface {
	// Stored opens the blob as it is stored, compressed or not, and returns the
	// digest that the manifest claims for it, or the zero hash if there is none.
	Stored() (io.ReadCloser, v1.Hash, error)
}

// A blob is an opened layer.
type blob struct {
	io.ReadCloser
	claimed v1.Hash // digest claimed by the manifest, zero if there is none
	derived bool    // the bytes are not those of a stored blob but its decompressed form
}

// openBlob opens the stored form of a layer. See [Read] for the rule.
func openBlob(l v1.Layer) (blob, error) {
	if s, ok := l.(Stored); ok {
		rc, claimed, err := s.Stored()
		return blob{rc, claimed, false}, err
	}
	rc, err := l.Compressed()
	if err != nil {
		return blob{}, notDistributable(l, err)
	}
	if _, ok := rc.(*io.PipeReader); ok {
		if err := rc.Close(); err != nil {
			return blob{}, err
		}
		rc, err = l.Uncompressed()
		return blob{rc, v1.Hash{}, true}, err
	}
	claimed, err := l.Digest()
	if err != nil {
		rc.Close()
		return blob{}, fmt.Errorf("digest: %w", err)
	}
	return blob{rc, claimed, false}, nil
}

// derives reports whether a layer makes its compressed form up as it is read, by
// the same rule as openBlob.
func derives(l v1.Layer) bool {
	rc, err := l.Compressed()
	if err != nil {
		return false
	}
	defer rc.Close()
	_, ok := rc.(*io.PipeReader)
	return ok
}

// notDistributable adds to err why a blob may be missing.
func notDistributable(l v1.Layer, err error) error {
	if mt, e := l.MediaType(); e == nil && mt.IsLayer() && !mt.IsDistributable() {
		return fmt.Errorf("foreign layer without a blob (%s): %w", mt, err)
	}
	return err
}

// The values of Layer.Compression.
const (
	compressionNone = "none"
	compressionGzip = "gzip"
	compressionZstd = "zstd"
)

// sniff tells from a blob's first bytes how it is compressed. ok is false if they
// are neither those of gzip, of zstd, nor of a tar archive.
func sniff(head []byte) (compression string, ok bool) {
	switch {
	case len(head) == 0:
		return compressionNone, true
	case isGzip(head):
		return compressionGzip, true
	case bytes.HasPrefix(head, []byte{0x28, 0xb5, 0x2f, 0xfd}):
		return compressionZstd, true
	case len(head) >= 4 && head[0]&0xf0 == 0x50 && bytes.Equal(head[1:4], []byte{0x2a, 0x4d, 0x18}):
		return compressionZstd, true // a skippable frame first
	}
	return compressionNone, isTar(head)
}

func isGzip(head []byte) bool {
	return bytes.HasPrefix(head, []byte{0x1f, 0x8b, 0x08})
}

// isTar reports whether head starts with a tar header whose checksum is right,
// or with the zeros that end an archive.
func isTar(head []byte) bool {
	const size, sumAt, sumLen = 512, 148, 8
	if len(head) < size {
		return false
	}
	var unsigned, signed, want int64
	for i, c := range head[:size] {
		if i >= sumAt && i < sumAt+sumLen {
			c = ' '
		}
		unsigned += int64(c)
		signed += int64(int8(c))
	}
	if unsigned == sumLen*' ' {
		return bytes.Count(head[:size], []byte{0}) == size
	}
	for _, c := range head[sumAt : sumAt+sumLen] {
		if c >= '0' && c <= '7' {
			want = want<<3 | int64(c-'0')
		}
	}
	return want == unsigned || want == signed
}
