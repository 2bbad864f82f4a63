package layers

import (
	"errors"
	"io"

	"github.com/klauspost/compress/zstd"

	"github.com/stemma-go/stemma/layers/internal/inflate"
)

// errTrailing is the end of a compressed stream that is followed by bytes that
// belong to no stream. All before it is sound.
var errTrailing = inflate.ErrTrailing

// decompress returns the decompressed form of r.
func decompress(compression string, r io.Reader, idle *decoders, lim Limits) (io.ReadCloser, error) {
	switch compression {
	case compressionGzip:
		z, err := idle.gzipPool().NewReader(r)
		if err != nil {
			return nil, eofIsEarly(err)
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

// frames reads zstd frames as one stream, skippable frames left out.
type frames struct {
	d    *zstd.Decoder
	idle *decoders
	some bool
	done bool // a decoder that failed is not used again
}

func (f *frames) Read(b []byte) (int, error) {
	n, err := f.d.Read(b)
	f.some = f.some || n > 0
	f.done = err == io.EOF
	if f.some && errors.Is(err, zstd.ErrMagicMismatch) {
		err = errTrailing
	}
	return n, err
}

func (f *frames) Close() error {
	if f.done {
		f.idle.put(f.d)
	} else {
		f.d.Close()
	}
	return nil
}

func eofIsEarly(err error) error {
	if err == io.EOF {
		return io.ErrUnexpectedEOF
	}
	return err
}
