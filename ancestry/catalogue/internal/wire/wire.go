// Package wire has the primitives of the catalogue's file format: unsigned
// varints, fixed-width little-endian numbers, and strings with their length before
// them. A Reader never reads outside its bytes, and never believes a count that the
// bytes that are left can't hold.
package wire

import (
	"encoding/binary"
	"errors"
)

// ErrCorrupt is the error of every read outside the bytes, or of a number outside
// what the format allows.
var ErrCorrupt = errors.New("corrupt catalogue")

// A Writer appends to a byte slice.
type Writer struct{ Bytes []byte }

// Uint appends an unsigned varint.
func (w *Writer) Uint(v uint64) { w.Bytes = binary.AppendUvarint(w.Bytes, v) }

// Int appends a signed number, zigzag-coded.
func (w *Writer) Int(v int64) { w.Bytes = binary.AppendVarint(w.Bytes, v) }

// Fixed appends the low n bytes of v, little-endian.
func (w *Writer) Fixed(v uint64, n int) {
	for range n {
		w.Bytes = append(w.Bytes, byte(v))
		v >>= 8
	}
}

// String appends a string's length and the string.
func (w *Writer) String(s string) {
	w.Uint(uint64(len(s)))
	w.Bytes = append(w.Bytes, s...)
}

// Strings appends a list of strings.
func (w *Writer) Strings(list []string) {
	w.Uint(uint64(len(list)))
	for _, s := range list {
		w.String(s)
	}
}

// Append appends what other writers wrote.
func (w *Writer) Append(others ...*Writer) {
	for _, o := range others {
		w.Bytes = append(w.Bytes, o.Bytes...)
	}
}

// A Reader reads what a Writer wrote. After an error, which stays, it returns
// zeroes. What it returns is part of the text that it reads, not a copy.
type Reader struct {
	text string
	at   int
	err  error
}

// NewReader reads from text.
func NewReader(text string) *Reader { return &Reader{text: text} }

// Err returns the first error.
func (r *Reader) Err() error { return r.err }

// Len returns the number of bytes left.
func (r *Reader) Len() int { return len(r.text) - r.at }

// Fail makes the reader fail.
func (r *Reader) Fail() {
	r.err = ErrCorrupt
	r.at = len(r.text)
}

// Uint reads an unsigned varint.
func (r *Reader) Uint() uint64 {
	var v uint64
	for i, shift := r.at, 0; i < len(r.text) && shift < 64; i, shift = i+1, shift+7 {
		b := r.text[i]
		if b < 0x80 {
			if shift == 63 && b > 1 {
				break
			}
			r.at = i + 1
			return v | uint64(b)<<shift
		}
		v |= uint64(b&0x7f) << shift
	}
	r.Fail()
	return 0
}

// Int reads a signed number.
func (r *Reader) Int() int64 {
	v := r.Uint()
	return int64(v>>1) ^ -int64(v&1)
}

// Below reads a number smaller than limit.
func (r *Reader) Below(limit int) int {
	v := r.Uint()
	if v >= uint64(max(limit, 0)) {
		r.Fail()
		return 0
	}
	return int(v)
}

// Count reads a number of items, each of which takes at least size bytes of what
// is left; size may be 0, the count is then at most limit.
func (r *Reader) Count(size, limit int) int {
	v := r.Uint()
	if v > uint64(max(limit, 0)) || size > 0 && v > uint64(r.Len()/size) {
		r.Fail()
		return 0
	}
	return int(v)
}

// Fixed reads a number of n bytes.
func (r *Reader) Fixed(n int) uint64 {
	b := r.Take(n)
	var v uint64
	for i := len(b) - 1; i >= 0; i-- {
		v = v<<8 | uint64(b[i])
	}
	return v
}

// Take returns the next n bytes.
func (r *Reader) Take(n int) string {
	if n < 0 || n > r.Len() {
		r.Fail()
		return ""
	}
	r.at += n
	return r.text[r.at-n : r.at]
}

// String reads a string.
func (r *Reader) String() string { return r.Take(r.Count(1, r.Len())) }

// Strings reads a list of strings.
func (r *Reader) Strings() []string {
	list := make([]string, r.Count(1, r.Len()))
	for i := range list {
		list[i] = r.String()
	}
	return list
}

// Constants of the file format; package catalog's doc describes it.
const (
	Magic      = "stemma\x1a\x01" // the last byte is the version
	LineSize   = 6                // bytes of a line's hash
	ShapeSize  = 5                // bytes of a shape's hash and of an index key
	CommitSize = 4                // bytes of a commit that are kept
	DiffIDSize = 32
	// MaxBlock bounds a repository's block, decompressed: read, it may take sixteen
	// times as much memory. The largest of the genealogy has less than a megabyte.
	MaxBlock = 32 << 20
)

// The indices of a file, in order.
const (
	IndexRecipes   = iota // sequences of line hashes
	IndexSequences        // sequences of shape hashes
	IndexShapes           // single shapes
	IndexLayers           // sequences of diffIDs
	Indices
)

// NoLine is the code, in an instruction's pattern, of a dialect that has no line
// for it.
const NoLine = 4
