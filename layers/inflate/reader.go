package inflate

import (
	"errors"
	"io"
	"sync"
)

// ErrTrailing is the end of a gzip stream that is followed by bytes that do not begin
// another gzip member. Everything before them was read and is sound.
var ErrTrailing = errors.New("bytes after the end of the compressed stream")

// errClosed is what a closed Reader returns.
var errClosed = errors.New("inflate: reader is closed")

// A Pool keeps the memory of closed Readers, 210 kB each, for new ones. The zero Pool is
// empty and ready for use, by several goroutines at once. A nil *Pool keeps nothing.
type Pool struct{ idle sync.Pool }

// NewReader reads the header of the first gzip member of r and returns a Reader of the
// whole stream. An empty r is io.EOF, one that ends in the header io.ErrUnexpectedEOF.
func (p *Pool) NewReader(r io.Reader) (*Reader, error) {
	var d *decoder
	if p != nil {
		d, _ = p.idle.Get().(*decoder)
	}
	if d == nil {
		d = new(decoder)
	}
	z := &Reader{d: d, pool: p}
	if err := d.reset(r); err != nil {
		z.Close()
		return nil, err
	}
	return z, nil
}

// NewReader is [Pool.NewReader] without a pool.
func NewReader(r io.Reader) (*Reader, error) { return (*Pool)(nil).NewReader(r) }

// A Reader reads a stream of gzip members, decompressed. It is not safe for concurrent use.
type Reader struct {
	d    *decoder // nil: closed
	pool *Pool
}

// Read implements io.Reader. It returns io.EOF after the last member, [ErrTrailing] if
// other bytes follow it, and what was decoded before any error.
func (z *Reader) Read(p []byte) (int, error) {
	if z.d == nil {
		return 0, errClosed
	}
	if len(p) == 0 {
		return 0, nil
	}
	out, err := z.d.next()
	if err != nil {
		return 0, err
	}
	n := copy(p, out)
	z.d.delivered(n)
	return n, nil
}

// WriteTo implements io.WriterTo. It writes as much as one Read could return at once,
// up to some 100 kB.
func (z *Reader) WriteTo(w io.Writer) (total int64, err error) {
	if z.d == nil {
		return 0, errClosed
	}
	for {
		out, err := z.d.next()
		if err == io.EOF {
			return total, nil
		}
		if err != nil {
			return total, err
		}
		n, err := w.Write(out)
		if n < 0 || n > len(out) {
			return total, errors.New("inflate: writer returned an impossible count")
		}
		total += int64(n)
		z.d.delivered(n)
		if err != nil {
			return total, err
		}
		if n < len(out) {
			return total, io.ErrShortWrite
		}
	}
}

// Close gives the Reader's memory back to its pool. It does not close the reader below,
// and says nothing about the stream: that is sound if Read returned io.EOF.
func (z *Reader) Close() error {
	if z.d != nil && z.pool != nil {
		z.d.src = nil
		z.pool.idle.Put(z.d)
	}
	z.d = nil
	return nil
}
