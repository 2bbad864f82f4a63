package layers

import (
	"bufio"
	"errors"
	"io"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
)

// errTrailing is the end of a compressed stream that is followed by bytes that
// belong to no stream. All before it is sound.
var errTrailing = errors.New("bytes after the end of the compressed stream")

// decompress returns the decompressed form of r.
func decompress(compression string, r io.Reader, idle decoders, lim Limits) (io.ReadCloser, error) {
	switch compression {
	case compressionGzip:
		return newMembers(r)
	case compressionZstd:
		d, err := idle.get(r, lim)
		if err != nil {
			return nil, err
		}
		return &frames{d: d, idle: idle}, nil
	}
	return io.NopCloser(r), nil
}

// decoders keeps zstd decoders for the next layer: each holds a window of some
// megabytes. nil keeps none.
type decoders chan *zstd.Decoder

func (c decoders) get(r io.Reader, lim Limits) (*zstd.Decoder, error) {
	select {
	case d := <-c:
		return d, d.Reset(r)
	default:
	}
	return zstd.NewReader(r, zstd.WithDecoderConcurrency(1), zstd.WithDecoderLowmem(true),
		zstd.WithDecoderMaxWindow(max(uint64(lim.Window), zstd.MinWindowSize)))
}

func (c decoders) put(d *zstd.Decoder) {
	if d.Reset(nil) == nil {
		select {
		case c <- d:
			return
		default:
		}
	}
	d.Close()
}

// close frees the decoders that are kept.
func (c decoders) close() {
	for {
		select {
		case d := <-c:
			d.Close()
		default:
			return
		}
	}
}

// members reads concatenated gzip members as one stream. It does by hand what
// gzip's multistream mode does, to tell garbage after the last member from a
// member that is broken.
type members struct {
	in *bufio.Reader
	gz *gzip.Reader
}

func newMembers(r io.Reader) (*members, error) {
	m := &members{in: bufio.NewReaderSize(r, 64<<10)}
	gz, err := gzip.NewReader(m.in)
	if err != nil {
		return nil, eofIsEarly(err)
	}
	gz.Multistream(false)
	m.gz = gz
	return m, nil
}

func (m *members) Read(b []byte) (int, error) {
	for {
		n, err := m.gz.Read(b)
		if n > 0 && err == io.EOF {
			return n, nil // and io.EOF again, next time
		}
		if err != io.EOF {
			return n, err
		}
		head, err := m.in.Peek(3)
		switch {
		case len(head) == 0:
			return 0, err
		case !isGzip(head):
			return 0, errTrailing
		}
		if err := m.gz.Reset(m.in); err != nil {
			return 0, eofIsEarly(err)
		}
		m.gz.Multistream(false)
	}
}

func (m *members) Close() error { return m.gz.Close() }

// frames reads zstd frames as one stream, skippable frames left out.
type frames struct {
	d    *zstd.Decoder
	idle decoders
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
