package layers

import (
	"bytes"
	"errors"
	"fmt"
	"io"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/klauspost/compress/zstd"
	"github.com/stemma-go/stemma/layers/inflate"
	"github.com/stemma-go/stemma/layers/internal/detect"
)

// Stored is what a v1.Layer may implement to give [Read] its blob without any work
// on the way.
type Stored interface {
	// Stored opens the blob as it is stored, compressed or not, and returns the
	// digest that the manifest claims for it, or the zero hash if there is none.
	Stored() (io.ReadCloser, v1.Hash, error)
}

// A blob is an opened layer.
type blob struct {
	io.ReadCloser
	claimed v1.Hash // digest claimed by the manifest, zero if there is none
	plain   bool    // the bytes are the archive itself, not those of a stored blob
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

// compressesOnRead reports whether a layer has no stored form, and compresses its
// archive while it is read. The rule is that of openBlob.
func compressesOnRead(l v1.Layer) bool {
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
	compressionGzip = detect.Gzip
	compressionZstd = detect.Zstd
)

// sniff tells from a blob's first bytes how it is compressed. ok is false if the
// bytes are those of neither gzip, zstd nor a tar archive.
func sniff(head []byte) (compression string, ok bool) {
	if c := detect.Compression(head); c == compressionGzip || c == compressionZstd {
		return c, true
	}
	return compressionNone, len(head) == 0 || isTar(head)
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

// errTrailing says that a compressed stream is followed by bytes that belong to no
// stream. All that came before them is sound.
var errTrailing = inflate.ErrTrailing

// decompress returns the decompressed form of r. Decoders come from idle.
func decompress(compression string, r io.Reader, idle *decoders, lim Limits) (io.ReadCloser, error) {
	switch compression {
	case compressionGzip:
		z, err := idle.gzipPool().NewReader(r)
		if err != nil {
			return nil, unexpectedEOF(err)
		}
		return z, nil
	case compressionZstd:
		d, err := idle.get(r, lim)
		if err != nil {
			return nil, err
		}
		return &frames{d: d, idle: idle}, nil
	}
	return io.NopCloser(r), nil
}

// decoders keeps decoders for the next layer: one for gzip holds some 200 kB, one for
// zstd a window of some megabytes. nil keeps none.
type decoders struct {
	gzip inflate.Pool
	zstd chan *zstd.Decoder
}

func newDecoders(n int) *decoders { return &decoders{zstd: make(chan *zstd.Decoder, n)} }

func (c *decoders) gzipPool() *inflate.Pool {
	if c == nil {
		return nil
	}
	return &c.gzip
}

func (c *decoders) get(r io.Reader, lim Limits) (*zstd.Decoder, error) {
	if c != nil {
		select {
		case d := <-c.zstd:
			return d, d.Reset(r)
		default:
		}
	}
	return zstd.NewReader(r, zstd.WithDecoderConcurrency(1), zstd.WithDecoderLowmem(true),
		zstd.WithDecoderMaxWindow(max(uint64(lim.Window), zstd.MinWindowSize)))
}

func (c *decoders) put(d *zstd.Decoder) {
	if c != nil && d.Reset(nil) == nil {
		select {
		case c.zstd <- d:
			return
		default:
		}
	}
	d.Close()
}

// close frees the zstd decoders that are kept.
func (c *decoders) close() {
	for {
		select {
		case d := <-c.zstd:
			d.Close()
		default:
			return
		}
	}
}

// frames reads zstd frames as one stream, without skippable frames.
type frames struct {
	d     *zstd.Decoder
	idle  *decoders
	began bool // bytes have come
	ended bool // regularly: a decoder that failed is not used again
}

func (f *frames) Read(b []byte) (int, error) {
	n, err := f.d.Read(b)
	f.began = f.began || n > 0
	f.ended = err == io.EOF
	if f.began && errors.Is(err, zstd.ErrMagicMismatch) {
		err = errTrailing
	}
	return n, err
}

func (f *frames) Close() error {
	if f.ended {
		f.idle.put(f.d)
	} else {
		f.d.Close()
	}
	return nil
}

// unexpectedEOF makes of io.EOF, where more should come, io.ErrUnexpectedEOF.
func unexpectedEOF(err error) error {
	if err == io.EOF {
		return io.ErrUnexpectedEOF
	}
	return err
}
