package data

// A filter says of a key that an index does not have it, or that it may: one key in
// sixteen that it does not have passes. nil lets every key pass.
type filter []uint64

// filterBits are how many bits a filter has for each key, and maxFiltered how many keys an
// index may have for which one is made: to read them all takes a millisecond.
const (
	filterBits  = 16
	maxFiltered = 1 << 15
)

// may reports whether the index may have a key. The first call reads the whole index, if
// it is small: after that, what a catalogue does not know costs next to nothing.
func (x *index) may(key uint64) bool {
	x.filterOnce.Do(func() { x.filter = x.newFilter() })
	if x.filter == nil {
		return true
	}
	i := key % uint64(64*len(x.filter))
	return x.filter[i/64]&(1<<(i%64)) != 0
}

// newFilter reads the keys of an index; nil if there are too many, or one of them can't be
// read: who looks for a key is then told of it.
func (x *index) newFilter() filter {
	if x.entries > maxFiltered {
		return nil
	}
	out := make(filter, 1+x.entries*filterBits/64)
	f := finder{x: x}
	for bucket := range uint64(len(x.table) - 1) {
		r, err := f.bucket(bucket)
		if err != nil {
			return nil
		}
		for at := bucket << (keyBits - x.bits); r.Len() > 0; {
			at += r.Uint()
			for range 2 * r.Count(2, len(x.c.meta.repos)) {
				r.Uint()
			}
			i := at % uint64(64*len(out))
			out[i/64] |= 1 << (i % 64)
		}
		if r.Err() != nil {
			return nil
		}
	}
	return out
}
