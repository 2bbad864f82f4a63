package inflate

import (
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"
)

// The tables agree with the codes, for every sequence of bits.
func TestTables(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 7))
	for range 100 {
		lits := 257 + r.IntN(30)
		checkTable(t, randomLens(r, 2+r.IntN(lits-1), lits, endOfBlock), litEntries[:], litBits, litSize)
		checkTable(t, randomLens(r, 1+r.IntN(30), 30, -1), distEntries[:], distBits, distSize)
	}
	checkTable(t, make([]uint8, 30), distEntries[:], distBits, distSize)
}

// The largest table of 286 symbols: 56 groups of five codes have second levels of 16 entries
// each. And one of distances: two groups of eight have 128 each.
func TestLargestTables(t *testing.T) {
	lens := []uint8{1, 2, 3, 4, 5, 8}
	for range 56 {
		lens = append(lens, 12, 13, 14, 15, 15)
	}
	checkTable(t, lens, litEntries[:], litBits, 1<<litBits+56*16)

	lens = []uint8{1, 2, 3, 4, 5, 6, 7}
	for range 2 {
		lens = append(lens, 9, 10, 11, 12, 13, 14, 15, 15)
	}
	checkTable(t, lens, distEntries[:], distBits, 1<<distBits+2*128)
}

func TestBadCodes(t *testing.T) {
	for name, lens := range map[string][]uint8{
		"too many":      {1, 1, 1},
		"too few":       {1, 2},
		"one of 2 bits": {2},
		"too many long": {1, 2, 3, 15, 15, 15, 3},
	} {
		_, ok := buildTable(make([]uint32, distSize), lens, distEntries[:], distBits)
		require.False(t, ok, name)
	}
}

func checkTable(t *testing.T, lens []uint8, entries []uint32, tableBits uint, size int) {
	t.Helper()
	table := make([]uint32, size)
	_, ok := buildTable(table, lens, entries, tableBits)
	require.True(t, ok, "%v", lens)
	codes := codesOf(lens)
	for sequence := range uint32(1 << maxBits) {
		want, wantBits := uint32(badEntry), uint32(0)
		for symbol, n := range lens {
			if n > 0 && uint64(sequence&(1<<n-1)) == codes[symbol] {
				want, wantBits = entries[symbol], uint32(n)
			}
		}
		e, before := table[sequence&(1<<tableBits-1)], uint32(0)
		if e&(special|stop) == special {
			before = uint32(tableBits)
			e = table[e>>valueShift+sequence>>tableBits&(1<<(e>>codeShift&countMask)-1)]
		}
		n := e >> codeShift & countMask
		if got := e - n<<codeShift - n; got != want || before+n != wantBits {
			t.Fatalf("%v: %015b means %#x of %d bits, not %#x of %d", lens, sequence, want, wantBits, got, before+n)
		}
	}
}
