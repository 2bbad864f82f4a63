package inflate

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"
)

// A match at the end of the output writes beyond it, into room that must be there. Here
// the longest one begins at, before and behind every place where the fast loop may stop.
func TestMatchAtOutputLimit(t *testing.T) {
	var c comparer
	r := rand.New(rand.NewPCG(8, 8))
	noise := make([]byte, outLimit+3)
	for i := range noise {
		noise[i] = byte(r.Uint32())
	}
	for _, dist := range []int{1, 2, 3, 5, 7, 8, 9, 15, 16, 23, 24, 258, 4096, windowSize} {
		for start := outLimit - 3; start <= outLimit+3; start++ {
			raw := bytes.Clone(noise[:start])
			var w bitWriter
			// Stored blocks, but for the last bytes, which the loop is to decode.
			stored := start - 100
			for at := 0; at < stored; {
				n := min(stored-at, 0xffff)
				w.stored(raw[at : at+n])
				at += n
			}
			w.put(0b011, 3)
			for _, c := range raw[stored:] {
				w.fixedLiteral(c)
			}
			for range 3 {
				w.fixedMatch(dist)
				for range 258 {
					raw = append(raw, raw[len(raw)-dist])
				}
			}
			for range 50 { // keep the loop going
				w.fixedLiteral('x')
				raw = append(raw, 'x')
			}
			w.put(0, 7)
			data := append(member(w.bytes(), raw), zipped(t, noise[:100], 6)...)
			got, _ := c.ours(bytes.NewReader(data), nil)
			require.NoError(t, got.err)
			require.True(t, bytes.Equal(append(raw, noise[:100]...), got.out), fmt.Sprint(dist, start))
		}
	}
}

// A round of the fast loop takes the most input with codes of 15 bits and all extra
// bits. Wherever the input ends then, the loop stops in time.
func TestLongestSymbolsAtInputLimit(t *testing.T) {
	var c comparer
	lits := make([]uint8, maxLit)
	for i := range 13 {
		lits[i] = uint8(i + 1)
	}
	lits[100], lits[endOfBlock], lits[284], lits[285] = 14, 15, 15, 0
	dists := make([]uint8, maxDist)
	for i := range 14 {
		dists[i] = uint8(i + 1)
	}
	dists[28], dists[29] = 15, 15
	litCodes, distCodes := codesOf(lits), codesOf(dists)

	var w bitWriter
	var raw []byte
	for range 3 {
		block := bytes.Repeat([]byte("0123456789abcdef"), 700)
		w.stored(block)
		raw = append(raw, block...)
	}
	w.put(1, 1)
	w.put(2, 2)
	w.header(maxLit, maxDist, lits, dists)
	for i := range 12_000 { // some 72 kB, more than an input buffer
		for range i % 3 {
			w.put(litCodes[10], 11)
			raw = append(raw, 10)
		}
		extra := i % 31
		w.put(litCodes[284], 15)
		w.put(uint64(extra), 5)
		w.put(distCodes[29], 15)
		w.put(uint64(i%8192), 13)
		for range 227 + extra {
			raw = append(raw, raw[len(raw)-24577-i%8192])
		}
	}
	w.put(litCodes[endOfBlock], 15)
	data := member(w.bytes(), raw)
	for _, piece := range []int{16, 17, 19, 23, 41, 1000, inSize - 1, inSize} {
		got, _ := c.ours(&pieces{bytes.NewReader(data), piece}, nil)
		require.NoError(t, got.err)
		require.Equal(t, len(raw), len(got.out))
		require.True(t, bytes.Equal(raw, got.out))
	}
}

func (w *bitWriter) stored(b []byte) {
	w.put(0, 3)
	w.put(0, (8-w.n)%8)
	w.put(uint64(len(b)), 16)
	w.put(^uint64(len(b))&0xffff, 16)
	w.b = append(w.b, b...)
}

var fixedCodes = codesOf(func() []uint8 {
	lens := bytes.Repeat([]byte{8}, 288)
	for i := 144; i < 256; i++ {
		lens[i] = 9
	}
	for i := 256; i < 280; i++ {
		lens[i] = 7
	}
	return lens
}())

func (w *bitWriter) fixedLiteral(c byte) {
	if c < 144 {
		w.put(fixedCodes[c], 8)
	} else {
		w.put(fixedCodes[c], 9)
	}
}

// fixedMatch writes a match of 258 bytes.
func (w *bitWriter) fixedMatch(dist int) {
	w.put(fixedCodes[285], 8)
	for i := maxDist - 1; ; i-- {
		e := distEntries[i]
		if base := int(e >> valueShift); base <= dist {
			w.put(codesOf(bytes.Repeat([]byte{5}, 32))[i], 5)
			w.put(uint64(dist-base), uint(e&countMask))
			return
		}
	}
}
