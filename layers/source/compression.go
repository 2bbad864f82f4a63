package source

import (
	"bufio"
	"bytes"
	"fmt"
	"io"

	"github.com/google/go-containerregistry/pkg/v1/types"
	"github.com/klauspost/compress/zstd"

	"github.com/stemma-go/stemma/layers/internal/inflate"
)

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
		zr, err := inflate.NewReader(buffered)
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
