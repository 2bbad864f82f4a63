package inflate

import "math/bits"

// An entry of a decode table is a uint32:
//
//	bits 0-5    how many bits to take: the code and the extra bits after it
//	bit  6      stop: the end of the block, or no code at all; only with special
//	bit  7      special: neither a literal nor a length or distance
//	bits 8-13   how many bits the code itself has
//	bit  14     literal
//	bits 16-31  the literal, or the base of the length or distance
//
// A table has two levels. The first is indexed by as many bits of the stream as its name
// says. Where a code is longer, the entry there is special without stop, a link: bits
// 16-31 are where a table of the second level begins, bits 8-13 the number of bits to index
// it with. Its entries count the bits of a code from the second level on.
const (
	countMask  = 63
	stop       = 1 << 6
	special    = 1 << 7
	codeShift  = 8
	literal    = 1 << 14
	valueShift = 16

	endEntry = special | stop
	badCode  = 1 // the value that tells no code from the end of the block
	badEntry = special | stop | badCode<<valueShift
)

// Sizes of the tables, powers of two, so that an index can be masked. They are enough: a
// table of the second level with 2^k entries holds a code k bits longer than the first
// level, so k+1 codes at least. For literals and lengths k is 4 at most, and 288 symbols
// make 57 such groups: 2048 + 57*16 entries. For distances k is 7, and 32 symbols make 4:
// 256 + 4*128.
const (
	litBits, litSize         = 11, 1 << 12
	distBits, distSize       = 8, 1 << 10
	lenCodeBits, lenCodeSize = 7, 1 << 7

	endOfBlock = 256
	lenCodes   = 19
	maxBits    = 15 // of a code
)

// The entries of the symbols, without the bits of their codes (RFC 1951, sections 3.2.5
// and 3.2.7).
var (
	litEntries     = makeLitEntries()
	distEntries    = makeDistEntries()
	lenCodeEntries = makeLenCodeEntries()
)

func makeLitEntries() (entries [288]uint32) {
	for i := range endOfBlock {
		entries[i] = uint32(i)<<valueShift | literal
	}
	entries[endOfBlock] = endEntry
	base := uint32(3)
	for i := 257; i < 285; i++ {
		extra := uint32(max(i-261, 0) / 4)
		entries[i] = base<<valueShift | extra
		base += 1 << extra
	}
	entries[285] = 258 << valueShift
	entries[286], entries[287] = badEntry, badEntry // only the fixed code has them
	return entries
}

func makeDistEntries() (entries [32]uint32) {
	base := uint32(1)
	for i := range maxDist {
		extra := uint32(max(i-2, 0) / 2)
		entries[i] = base<<valueShift | extra
		base += 1 << extra
	}
	entries[30], entries[31] = badEntry, badEntry // only the fixed code has them
	return entries
}

func makeLenCodeEntries() (entries [lenCodes]uint32) {
	for i := range entries {
		entries[i] = uint32(i) << valueShift
	}
	return entries
}

// buildTable makes the decode table of the canonical code (RFC 1951, section 3.2.2) in which
// symbol i has lens[i] bits, 0 for none, and stands for entries[i]. The first level of the
// table has tableBits bits. It returns the length of the shortest code.
//
// The code is not ok unless every sequence of bits has a meaning. There are two exceptions:
// a single code of one bit, and no code at all. There all other bits mean badEntry.
func buildTable(table []uint32, lens []uint8, entries []uint32, tableBits uint) (minBits uint64, ok bool) {
	var count [maxBits + 1]int
	for _, n := range lens {
		count[n]++
	}
	used := len(lens) - count[0]
	if used == 0 {
		fill(table[:1<<tableBits], badEntry)
		return 0, true
	}
	// Each code of n bits has the meanings of 2^-n of all sequences.
	left := 1
	for n := 1; n <= maxBits; n++ {
		left = left<<1 - count[n]
		if left < 0 {
			return 0, false
		}
	}
	if left > 0 {
		if used != 1 || count[1] != 1 {
			return 0, false
		}
		fill(table[:1<<tableBits], badEntry)
		for symbol, n := range lens {
			for i := 0; n != 0 && i < 1<<tableBits; i += 2 {
				table[i] = withCode(entries[symbol], 1)
			}
		}
		return 1, true
	}
	b := tableBuilder{table: table, entries: entries, tableBits: tableBits, count: count}
	b.sort(lens)
	return b.build(), true
}

func fill(table []uint32, e uint32) {
	for i := range table {
		table[i] = e
	}
}

// withCode adds to an entry the n bits of its code.
func withCode(e uint32, n uint) uint32 { return e + uint32(n)<<codeShift + uint32(n) }

// A tableBuilder makes the table of a complete code. It goes through the codes in their
// order, the shortest first.
type tableBuilder struct {
	table     []uint32
	entries   []uint32
	tableBits uint
	count     [maxBits + 1]int // codes of each length

	sorted [288]uint16 // symbols in the order of their codes
	done   int         // how many of them are in the table
	code   uint        // the next one's code, its first bit lowest
}

func (b *tableBuilder) sort(lens []uint8) {
	var at [maxBits + 1]int
	for n := 1; n < maxBits; n++ {
		at[n+1] = at[n] + b.count[n]
	}
	for symbol, n := range lens {
		if n != 0 {
			b.sorted[at[n]] = uint16(symbol)
			at[n]++
		}
	}
}

// next returns the entry of the next code.
func (b *tableBuilder) next() uint32 {
	e := b.entries[b.sorted[b.done]]
	b.done++
	return e
}

// advance adds one to a code of n bits, whose highest bit is the lowest of code: the ones
// at that end become 0 and the 0 before them 1. It reports whether there was a 0.
func (b *tableBuilder) advance(n uint) bool {
	zeros := b.code ^ (1<<n - 1)
	if zeros == 0 {
		return false
	}
	bit := uint(1) << (bits.Len(zeros) - 1)
	b.code = b.code&(bit-1) | bit
	return true
}

// build fills the table and returns the length of the shortest code. The last code is all
// ones, so it ends when there is no next one.
func (b *tableBuilder) build() (minBits uint64) {
	n := uint(1)
	for b.count[n] == 0 {
		n++
	}
	minBits = uint64(n)
	// The first level: write each code once into a table just large enough for its
	// length, and double that when the length grows.
	for size := uint(1) << n; n <= b.tableBits; n++ {
		for range b.count[n] {
			b.table[b.code] = withCode(b.next(), n)
			if !b.advance(n) {
				for ; size < 1<<b.tableBits; size <<= 1 {
					copy(b.table[size:2*size], b.table[:size])
				}
				return minBits
			}
		}
		if n < b.tableBits {
			copy(b.table[size:2*size], b.table[:size])
			size <<= 1
		}
	}
	b.secondLevel(n)
	return minBits
}

// secondLevel fills the tables of the codes of n and more bits, n > tableBits. Codes with
// the same first tableBits bits follow each other, and each such group has a table.
func (b *tableBuilder) secondLevel(n uint) {
	mask := uint(1)<<b.tableBits - 1
	group := ^uint(0)
	start, end := uint(0), uint(1)<<b.tableBits
	for ; ; n++ {
		for left := b.count[n]; left > 0; left-- {
			if b.code&mask != group {
				group = b.code & mask
				indexBits := b.groupBits(n, left)
				start, end = end, end+1<<indexBits
				b.table[group] = special | uint32(start)<<valueShift | uint32(indexBits)<<codeShift
			}
			e := withCode(b.next(), n-b.tableBits)
			for i := start + b.code>>b.tableBits; i < end; i += 1 << (n - b.tableBits) {
				b.table[i] = e
			}
			if !b.advance(n) {
				return
			}
		}
	}
}

// groupBits returns how many bits index the table of a group that begins with a code of n
// bits, of which there are left, itself included: those of its longest code. The group is
// full when its codes have the meanings of all sequences.
func (b *tableBuilder) groupBits(n uint, left int) uint {
	indexBits := n - b.tableBits
	for room := 1<<indexBits - left; room > 0; indexBits++ {
		n++
		room = room<<1 - b.count[n]
	}
	return indexBits
}
