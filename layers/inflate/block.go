package inflate

const (
	maxLit    = 286 // codes for literals and lengths in a dynamic block
	maxDist   = 30  // codes for distances
	maxRepeat = 7   // extra bits of a code length code

	// blockHeaderSize is the most bytes of a block's header: its first three bits, three
	// counts, the lengths of the code length code, and every length by itself with the
	// longest code, and extra bits.
	blockHeaderSize = (3 + 14 + 3*lenCodes + (maxLit+maxDist)*(lenCodeBits+maxRepeat) + 7) / 8
)

// lenCodeOrder is the order in which the lengths of the code length code are stored
// (RFC 1951, section 3.2.7).
var lenCodeOrder = [lenCodes]uint8{16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15}

// block reads a block's header.
func (d *decoder) block() error {
	head, err := d.bits(3)
	if err != nil {
		return err
	}
	d.final = head&1 != 0
	switch head >> 1 {
	case 0:
		return d.storedBlock()
	case 1:
		d.fixedBlock()
		return nil
	case 2:
		return d.dynamicBlock()
	}
	return d.corrupt()
}

// endBlock is called after the last symbol or byte of a block.
func (d *decoder) endBlock() {
	d.phase = atBlock
	if d.final {
		d.phase = atTrailer
	}
}

func (d *decoder) storedBlock() error {
	// klauspost's package counts these bytes once more, so its offsets do.
	d.offset += int64(d.align())
	v, err := d.bits(32)
	if err != nil {
		return err
	}
	if uint16(v) != ^uint16(v>>16) {
		return d.corrupt()
	}
	d.stored = v & 0xffff
	d.phase = inStored
	return nil
}

// copyStored copies bytes of a stored block. bitCnt is 0 here.
func (d *decoder) copyStored() error {
	if d.stored > 0 && d.inPos == d.inEnd {
		if err := d.more(); err != nil {
			return err
		}
	}
	n := min(d.stored, d.inEnd-d.inPos, outLimit-d.outPos)
	copy(d.out[d.outPos:d.outPos+n], d.in[d.inPos:d.inPos+n])
	d.inPos += n
	d.outPos += n
	d.stored -= n
	if d.stored == 0 {
		d.endBlock()
	}
	return nil
}

// fixedBlock makes the tables of the fixed code (RFC 1951, section 3.2.6).
func (d *decoder) fixedBlock() {
	d.phase = inSymbols
	if d.fixed {
		return
	}
	var lens [288]uint8
	for i := range lens {
		switch {
		case i < 144:
			lens[i] = 8
		case i < 256:
			lens[i] = 9
		case i < 280:
			lens[i] = 7
		default:
			lens[i] = 8
		}
	}
	d.minLit, _ = buildTable(d.lit[:], lens[:], litEntries[:], litBits)
	for i := range 32 {
		lens[i] = 5
	}
	d.minDist, _ = buildTable(d.dist[:], lens[:32], distEntries[:], distBits)
	d.fixed = true
}

// dynamicBlock reads the codes of a dynamic block (RFC 1951, section 3.2.7).
func (d *decoder) dynamicBlock() error {
	d.fixed = false
	counts, err := d.bits(14)
	if err != nil {
		return err
	}
	lits, dists, lenLens := counts&31+257, counts>>5&31+1, counts>>10+4
	if lits > maxLit || dists > maxDist {
		return d.corrupt()
	}
	var lens [lenCodes]uint8
	for _, i := range lenCodeOrder[:lenLens] {
		n, err := d.bits(3)
		if err != nil {
			return err
		}
		lens[i] = uint8(n)
	}
	minLen, ok := buildTable(d.lenCodeTable[:], lens[:], lenCodeEntries[:], lenCodeBits)
	if !ok {
		return d.corrupt()
	}
	if err := d.codeLengths(d.lens[:lits+dists], minLen); err != nil {
		return err
	}
	d.minLit, ok = buildTable(d.lit[:], d.lens[:lits], litEntries[:], litBits)
	if !ok {
		return d.corrupt()
	}
	d.minDist, ok = buildTable(d.dist[:], d.lens[lits:lits+dists], distEntries[:], distBits)
	if !ok {
		return d.corrupt()
	}
	// The code that ends the block is still to come, and after it another block, of 10
	// bits at least.
	d.minLit = max(d.minLit, uint64(d.lens[endOfBlock]))
	if !d.final {
		d.minLit += 10
	}
	d.phase = inSymbols
	return nil
}

// codeLengths reads the code lengths of a dynamic block. Repeats may run from those of
// the literals into those of the distances.
func (d *decoder) codeLengths(lens []uint8, minLen uint64) error {
	for i := d.fastLengths(lens); i < len(lens); {
		e, n, err := d.code(d.lenCodeTable[:], lenCodeBits, minLen, 0)
		if err != nil {
			return err
		}
		if e&special != 0 {
			return d.corrupt()
		}
		d.take(n)
		symbol := e >> valueShift
		if symbol < 16 {
			lens[i] = uint8(symbol)
			i++
			continue
		}
		if symbol == repeatLast && i == 0 {
			return d.corrupt()
		}
		extra, repeat := repeats(symbol)
		more, err := d.bits(extra)
		if err != nil {
			return err
		}
		repeat += more
		if uint64(i)+repeat > uint64(len(lens)) {
			return d.corrupt()
		}
		i = repeatLength(lens, i, symbol, repeat)
	}
	return nil
}

// repeatLast is the symbol that repeats the length before; 17 and 18 repeat 0.
const repeatLast = 16

// repeats returns how many extra bits a symbol of 16 or more has, and how often it
// repeats at least.
func repeats(symbol uint64) (extra, least uint64) {
	switch symbol {
	case repeatLast:
		return 2, 3
	case 17:
		return 3, 3
	}
	return maxRepeat, 11
}

// repeatLength writes what a symbol of 16 or more repeats, and returns where it ends.
func repeatLength(lens []uint8, i int, symbol, repeat uint64) int {
	value := uint8(0)
	if symbol == repeatLast {
		value = lens[i-1]
	}
	for range repeat {
		lens[i] = value
		i++
	}
	return i
}

// fastLengths is codeLengths while there is input to spare. It stops in front of what is
// wrong, and returns how many lengths it has read.
func (d *decoder) fastLengths(lens []uint8) (i int) {
	inPos, bitBuf, bitCnt := d.inPos, d.bitBuf, d.bitCnt
	for i < len(lens) && inPos+fastIn <= d.inEnd {
		bitBuf |= load(&d.in, inPos) << (bitCnt & 63)
		inPos += ^bitCnt >> 3 & 7
		bitCnt |= 56
		e := uint64(d.lenCodeTable[bitBuf&(lenCodeSize-1)])
		if e&special != 0 {
			break
		}
		n, symbol := e&countMask, e>>valueShift
		if symbol < 16 {
			lens[i] = uint8(symbol)
			i++
			bitBuf >>= n
			bitCnt -= n
			continue
		}
		extra, repeat := repeats(symbol)
		repeat += bitBuf >> n & (1<<extra - 1)
		if symbol == repeatLast && i == 0 || uint64(i)+repeat > uint64(len(lens)) {
			break
		}
		bitBuf >>= n + extra
		bitCnt -= n + extra
		i = repeatLength(lens, i, symbol, repeat)
	}
	d.giveBack(inPos, bitCnt)
	return i
}
