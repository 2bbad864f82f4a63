package data

import (
	"fmt"
	"sync"

	"github.com/stemma-go/stemma/ancestry/catalogue/internal/wire"
)

// An index leads from keys to the repositories that have them. It is divided into
// 2^bits buckets by the upper bits of the key; the table of their offsets is kept,
// a bucket is read when it is asked for.
type index struct {
	c            *Catalogue
	offset       int64
	size         int
	bits         int
	entries      int
	table        []uint32 // 2^bits+1 offsets, relative to the end of the table
	bucketOrigin int64

	filterOnce sync.Once
	filter     filter
}

// A posting says that so many recipes of a repository have a key.
type posting struct{ repo, recipes int }

func (x *index) open() error {
	const width = 4
	n := 1<<x.bits + 1
	if n*width > x.size {
		return fmt.Errorf("%w: index of %d bytes", wire.ErrCorrupt, x.size)
	}
	raw := make([]byte, n*width)
	if err := x.c.readAt(raw, x.c.base+x.offset); err != nil {
		return err
	}
	x.table = make([]uint32, n)
	r := wire.NewReader(string(raw))
	rest := uint64(x.size - n*width)
	for i := range x.table {
		v := r.Fixed(width)
		if v > rest || i > 0 && v < uint64(x.table[i-1]) {
			return fmt.Errorf("%w: index table", wire.ErrCorrupt)
		}
		x.table[i] = uint32(v)
	}
	x.bucketOrigin = x.c.base + x.offset + int64(n*width)
	return nil
}

// maxBucket bounds a bucket; real ones have some hundred bytes.
const maxBucket = 1 << 20

// A finder looks up keys; it keeps its buffer between look-ups.
type finder struct {
	x   *index
	buf []byte
}

// find returns the postings of a key, none if the index does not have it.
func (f *finder) find(key uint64) ([]posting, error) {
	x := f.x
	bucket := key >> (keyBits - x.bits)
	if bucket >= uint64(len(x.table)-1) || !x.may(key) {
		return nil, nil // no hash is as long, or it has none like it
	}
	r, err := f.bucket(bucket)
	if err != nil {
		return nil, err
	}
	for at := bucket << (keyBits - x.bits); r.Len() > 0; {
		at += r.Uint()
		n := r.Count(2, len(x.c.meta.repos))
		if at > key {
			break
		}
		if at == key {
			return x.postings(r, n)
		}
		for range 2 * n {
			r.Uint()
		}
	}
	return nil, r.Err()
}

// bucket reads a bucket; an empty one has nothing to read.
func (f *finder) bucket(i uint64) (*wire.Reader, error) {
	x := f.x
	from, to := x.table[i], x.table[i+1]
	if to-from > maxBucket {
		return nil, fmt.Errorf("%w: bucket of %d bytes", wire.ErrCorrupt, to-from)
	}
	if cap(f.buf) < int(to-from) {
		f.buf = make([]byte, to-from)
	}
	b := f.buf[:to-from]
	if from < to {
		if err := x.c.readAt(b, x.bucketOrigin+int64(from)); err != nil {
			return nil, err
		}
	}
	return wire.NewReader(string(b)), nil
}

func (x *index) postings(r *wire.Reader, n int) ([]posting, error) {
	list := make([]posting, n)
	repo := -1
	for i := range list {
		repo += 1 + r.Below(len(x.c.meta.repos)-repo-1)
		list[i] = posting{repo, r.Count(0, 1<<24)}
	}
	if err := r.Err(); err != nil {
		return nil, err
	}
	return list, nil
}
