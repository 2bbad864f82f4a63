package inflate

import (
	"bytes"
	"encoding/binary"
	"hash/crc32"
	"math/rand/v2"
	"testing"

	"github.com/klauspost/compress/gzip"
	"github.com/stretchr/testify/require"
)

// mixed returns n bytes of noise, runs, text and copies of what came before.
func mixed(r *rand.Rand, n int) []byte {
	b := make([]byte, 0, n+800)
	for len(b) < n {
		switch r.IntN(5) {
		case 0:
			for range r.IntN(300) {
				b = append(b, byte(r.IntN(256)))
			}
		case 1:
			b = append(b, bytes.Repeat([]byte{byte(r.IntN(256))}, r.IntN(800))...)
		case 2:
			for range r.IntN(300) {
				b = append(b, "etaoin shrdlu"[r.IntN(13)])
			}
		default:
			if len(b) > 0 {
				dist := 1 + r.IntN(min(len(b), 1<<(1+r.IntN(15))))
				for range r.IntN(400) {
					b = append(b, b[len(b)-dist])
				}
			}
		}
	}
	return b[:n]
}

// zipped compresses raw at a level from -3 to 9, with a header that has all fields.
func zipped(tb testing.TB, raw []byte, level int) []byte {
	var b bytes.Buffer
	w, err := gzip.NewWriterLevel(&b, level)
	require.NoError(tb, err)
	w.Name, w.Comment, w.Extra = "näme", "c", []byte{1, 2, 3}
	_, err = w.Write(raw)
	require.NoError(tb, err)
	require.NoError(tb, w.Close())
	return b.Bytes()
}

// member makes a gzip member of DEFLATE data that stand for raw.
func member(deflate, raw []byte) []byte {
	g := append([]byte{0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255}, deflate...)
	g = binary.LittleEndian.AppendUint32(g, crc32.ChecksumIEEE(raw))
	return binary.LittleEndian.AppendUint32(g, uint32(len(raw)))
}

// A bitWriter writes DEFLATE data.
type bitWriter struct {
	b []byte
	v uint64
	n uint
}

func (w *bitWriter) put(v uint64, n uint) {
	w.v |= v << w.n
	for w.n += n; w.n >= 8; w.n -= 8 {
		w.b = append(w.b, byte(w.v))
		w.v >>= 8
	}
}

// bytes returns what was written, filled up with zeros.
func (w *bitWriter) bytes() []byte { w.put(0, 7); return w.b }

// randomLens returns the code lengths of a complete code of n out of size symbols, often a
// very uneven one, of at most 15 bits. The symbol must is among them.
func randomLens(r *rand.Rand, n, size, must int) []uint8 {
	lens := make([]uint8, size)
	if n == 1 {
		lens[max(must, 0)] = 1
		return lens
	}
	leaves := []uint8{1, 1}
	uneven := r.IntN(3)
	for len(leaves) < n {
		i := r.IntN(len(leaves))
		if uneven > 0 && r.IntN(4) <= uneven {
			i = len(leaves) - 1
		}
		if leaves[i] == 15 {
			i = bytes.IndexFunc(leaves, func(c rune) bool { return c < 15 })
		}
		if i < 0 {
			break
		}
		leaves[i]++
		leaves = append(leaves, leaves[i])
	}
	r.Shuffle(len(leaves), func(i, j int) { leaves[i], leaves[j] = leaves[j], leaves[i] })
	symbols := r.Perm(size)
	for i, n := range leaves {
		lens[symbols[i]] = n
	}
	if must >= 0 && lens[must] == 0 {
		lens[must], lens[symbols[0]] = lens[symbols[0]], 0
	}
	return lens
}

// codesOf returns the canonical codes, the first bit lowest.
func codesOf(lens []uint8) []uint64 {
	codes := make([]uint64, len(lens))
	next := uint64(0)
	for n := uint8(1); n <= 15; n++ {
		next <<= 1
		for i := range lens {
			if lens[i] == n {
				for b := range n {
					codes[i] |= next >> b & 1 << (n - 1 - b)
				}
				next++
			}
		}
	}
	return codes
}

// randomDeflate writes dynamic blocks with random codes of random symbols, and others
// between them; now and then a distance reaches too far back.
func randomDeflate(r *rand.Rand, symbols int) []byte {
	var w bitWriter
	out := 0
	for blocks := 1 + r.IntN(3); blocks > 0; blocks-- {
		switch r.IntN(4) {
		case 0: // a stored block before
			n := r.IntN(20)
			w.stored(bytes.Repeat([]byte{7}, n))
			out += n
		case 1: // an empty fixed one
			w.put(0b010, 3)
			w.put(0, 7)
		}
		lits, dists := 257+r.IntN(30), 1+r.IntN(30)
		litLens := randomLens(r, 2+r.IntN(lits-1), lits, endOfBlock)
		distLens := randomLens(r, 1+r.IntN(dists), dists, -1)
		final := uint64(0)
		if blocks == 1 {
			final = 1
		}
		w.put(final, 1)
		w.put(2, 2)
		w.header(lits, dists, litLens, distLens)
		out = w.symbols(r, symbols, out, litLens, distLens)
	}
	return w.bytes()
}

// header writes the counts and code lengths of a dynamic block, the lengths by a code in
// which all have 4 bits.
func (w *bitWriter) header(lits, dists int, litLens, distLens []uint8) {
	w.put(uint64(lits-257), 5)
	w.put(uint64(dists-1), 5)
	w.put(lenCodes-4, 4)
	lens := make([]uint8, lenCodes)
	for i := range 16 {
		lens[i] = 4
	}
	for _, i := range lenCodeOrder {
		w.put(uint64(lens[i]), 3)
	}
	codes := codesOf(lens)
	for _, n := range append(bytes.Clone(litLens), distLens...) {
		w.put(codes[n], 4)
	}
}

// symbols writes some symbols and the end of the block; out bytes came before.
func (w *bitWriter) symbols(r *rand.Rand, n, out int, litLens, distLens []uint8) int {
	litCodes, distCodes := codesOf(litLens), codesOf(distLens)
	lits, dists := used(litLens, endOfBlock), used(distLens, -1)
	for range n {
		s := lits[r.IntN(len(lits))]
		e := litEntries[s]
		if e&literal != 0 {
			w.put(litCodes[s], uint(litLens[s]))
			out++
			continue
		}
		d := dists[r.IntN(len(dists))]
		f := distEntries[d]
		distExtra := r.IntN(1 << (f & countMask))
		if int(f>>valueShift)+distExtra > out {
			distExtra = 0
			if int(f>>valueShift) > out && r.IntN(1000) > 0 {
				continue
			}
		}
		w.put(litCodes[s], uint(litLens[s]))
		lenExtra := r.IntN(1 << (e & countMask))
		w.put(uint64(lenExtra), uint(e&countMask))
		w.put(distCodes[d], uint(distLens[d]))
		w.put(uint64(distExtra), uint(f&countMask))
		out += int(e>>valueShift) + lenExtra
	}
	w.put(litCodes[endOfBlock], uint(litLens[endOfBlock]))
	return out
}

// used returns the symbols that have a code, without one.
func used(lens []uint8, without int) (symbols []int) {
	for i, n := range lens {
		if n != 0 && i != without {
			symbols = append(symbols, i)
		}
	}
	return symbols
}
