package layers

import (
	"context"
	"io"
)

const (
	// scratch is the size up to which wanted files are read into memory of the
	// walker's own, which it uses again.
	scratch = 8 << 20
	// growth is the factor by which memory is taken as bytes come: a header that
	// lies about a size costs that much more than what is there.
	growth = 8
)

// large is the memory for wanted files over scratch: one for all layers that are read
// together, so that only one such file is in memory at a time, and used again, since
// every other way leaves the garbage collector a heap of them.
type large chan []byte

func newLarge() large {
	l := make(large, 1)
	l <- nil
	return l
}

// memory returns what to read a file into, how large it may become, and what gives it
// back. It waits for its turn; the error is ctx's.
func (w *walker) memory(ctx context.Context, size int64, keep bool) (b []byte, most int64, back func([]byte), err error) {
	switch {
	case keep:
		return make([]byte, 0, min(size, scratch/growth)), size, func([]byte) {}, nil
	case size <= scratch:
		return w.file, scratch, func(b []byte) { w.file = b }, nil
	}
	select {
	case b := <-w.large:
		if int64(cap(b)) < size {
			b = w.file // to start with: the one that is too small goes before another comes
		}
		return b, size, w.giveLarge, nil
	case <-ctx.Done():
		return nil, 0, nil, ctx.Err()
	}
}

func (w *walker) giveLarge(b []byte) {
	if cap(b) <= scratch {
		b = nil // the file broke off in the walker's own memory
	}
	w.large <- b
}

// whole reads all bytes of a file, of which head is read already, into b, or into
// more memory where that is too small. It returns what it has read with an error, too.
func (w *walker) whole(b, head []byte, size, most int64) ([]byte, error) {
	b = append(b[:0], head...)
	for int64(len(b)) < size {
		if len(b) == cap(b) {
			more := make([]byte, len(b), min(most, max(growth*int64(cap(b)), scratch/growth)))
			copy(more, b)
			b = more
		}
		n, err := io.ReadFull(w.tr, b[len(b):min(size, int64(cap(b)))])
		b = b[:len(b)+n]
		if err != nil {
			return b, eofIsEarly(err)
		}
	}
	return b, w.atEnd()
}
