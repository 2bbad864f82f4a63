package inflate

import "encoding/binary"

// fast decodes literals and matches of a Huffman block until the output is full or less
// than fastIn bytes of input are left. In front of any other symbol, good or bad, it
// stops as well, and leaves it to symbol. At least fastIn bytes of input must be there.
//
// In the loop the bits of bitBuf above bitCnt are not 0 but already those that follow;
// only bits 0 to 5 of bitCnt count, so that an entry can be subtracted from it as it is.
// fill (written out: it would not be inlined) makes bitBuf hold 64 bits of the stream
// and bitCnt at least 56. Between two fills at most 48 are taken, those of a match, and
// another 11 looked at to load the next entry early; or 33 and 11 with literals.
//
// Of the input a round reads 8 bytes at inPos and once more 8, at most 7 bytes further on:
// less than fastIn. Of the output a round writes 3 literals, a match of 258 bytes, and up to 24 bytes more
// than that, which are less than the 512 from outLimit to the end.
func (d *decoder) fast() {
	inPos, outPos := d.inPos, d.outPos
	inLimit := d.inEnd - fastIn

	bitBuf := d.bitBuf | load(&d.in, inPos)<<(d.bitCnt&63)
	bitCnt := d.bitCnt
	inPos += ^bitCnt >> 3 & 7
	bitCnt |= 56
	e := uint64(d.lit[bitBuf&(1<<litBits-1)])
	for inPos <= inLimit && outPos < outLimit {
		if e&literal != 0 {
			put(&d.out, outPos, byte(e>>valueShift))
			outPos++
			bitBuf >>= e & countMask
			bitCnt -= e
			e = uint64(d.lit[bitBuf&(1<<litBits-1)])
			if e&literal != 0 {
				put(&d.out, outPos, byte(e>>valueShift))
				outPos++
				bitBuf >>= e & countMask
				bitCnt -= e
				e = uint64(d.lit[bitBuf&(1<<litBits-1)])
				if e&literal != 0 {
					put(&d.out, outPos, byte(e>>valueShift))
					outPos++
					bitBuf >>= e & countMask
					bitCnt -= e
					e = uint64(d.lit[bitBuf&(1<<litBits-1)])
					bitBuf |= load(&d.in, inPos) << (bitCnt & 63)
					inPos += ^bitCnt >> 3 & 7
					bitCnt |= 56
					continue
				}
			}
			bitBuf |= load(&d.in, inPos) << (bitCnt & 63)
			inPos += ^bitCnt >> 3 & 7
			bitCnt |= 56
		}

		start := bitCnt // to come back to, as long as inPos is the same
		if e&special != 0 {
			if e&stop != 0 {
				break
			}
			bitBuf >>= litBits
			bitCnt -= litBits
			e = uint64(d.lit[(e>>valueShift+bitBuf&(1<<(e>>codeShift&countMask)-1))&(litSize-1)])
			if e&literal != 0 {
				put(&d.out, outPos, byte(e>>valueShift))
				outPos++
				bitBuf >>= e & countMask
				bitCnt -= e
				bitBuf |= load(&d.in, inPos) << (bitCnt & 63)
				inPos += ^bitCnt >> 3 & 7
				bitCnt |= 56
				e = uint64(d.lit[bitBuf&(1<<litBits-1)])
				continue
			}
			if e&special != 0 {
				bitCnt = start
				break
			}
		}
		before := bitBuf
		bitBuf >>= e & countMask
		bitCnt -= e
		f := uint64(d.dist[bitBuf&(1<<distBits-1)])
		length := e>>valueShift + before&(1<<(e&countMask)-1)>>(e>>codeShift&countMask)

		if f&special != 0 {
			if f&stop == 0 {
				bitBuf >>= distBits
				bitCnt -= distBits
				f = uint64(d.dist[(f>>valueShift+bitBuf&(1<<(f>>codeShift&countMask)-1))&(distSize-1)])
			}
			if f&special != 0 {
				bitCnt = start
				break
			}
		}
		before = bitBuf
		bitBuf >>= f & countMask
		bitCnt -= f
		dist := f>>valueShift + before&(1<<(f&countMask)-1)>>(f>>codeShift&countMask)
		if dist > outPos {
			bitCnt = start
			break
		}
		e = uint64(d.lit[bitBuf&(1<<litBits-1)])
		bitBuf |= load(&d.in, inPos) << (bitCnt & 63)
		inPos += ^bitCnt >> 3 & 7
		bitCnt |= 56

		// Whatever a copy writes beyond end is overwritten by what comes next.
		src := outPos - dist
		end := outPos + length
		switch {
		case dist >= 8: // no 8 bytes overlap with those that they are copied to
			copy24(&d.out, outPos, src)
			for outPos += 24; outPos < end; outPos += 32 {
				copy16(&d.out, outPos, outPos-dist)
				copy16(&d.out, outPos+16, outPos+16-dist)
			}
		case dist == 1:
			v := uint64(d.out[src&(outSize-1)]) * 0x0101010101010101
			for ; outPos < end; outPos += 8 {
				store(&d.out, outPos, v)
			}
		default:
			// Of 8 bytes dist are right. Those are the ones that are copied next.
			for ; outPos < end; outPos += dist {
				copy8(&d.out, outPos, src)
				src += dist
			}
		}
		outPos = end
	}
	d.giveBack(inPos, bitCnt&63)
	d.outPos = outPos
}

// The functions below take positions of the arrays. Masking them changes none that is
// valid and spares the bounds checks; bce_test.go watches over that.

func load(p *[inSize + inSpan]byte, i uint64) uint64 {
	i &= inSize - 1
	return binary.LittleEndian.Uint64(p[i : i+8])
}

func put(p *[outSize + outSpan]byte, i uint64, v byte) { p[i&(outSize-1)] = v }

func store(p *[outSize + outSpan]byte, i uint64, v uint64) {
	i &= outSize - 1
	binary.LittleEndian.PutUint64(p[i:i+8], v)
}

func copy8(p *[outSize + outSpan]byte, to, from uint64) {
	to &= outSize - 1
	from &= outSize - 1
	binary.LittleEndian.PutUint64(p[to:to+8], binary.LittleEndian.Uint64(p[from:from+8]))
}

func copy16(p *[outSize + outSpan]byte, to, from uint64) {
	to &= outSize - 1
	from &= outSize - 1
	x, y := p[to:to+16], p[from:from+16]
	binary.LittleEndian.PutUint64(x, binary.LittleEndian.Uint64(y))
	binary.LittleEndian.PutUint64(x[8:], binary.LittleEndian.Uint64(y[8:]))
}

func copy24(p *[outSize + outSpan]byte, to, from uint64) {
	to &= outSize - 1
	from &= outSize - 1
	x, y := p[to:to+24], p[from:from+24]
	binary.LittleEndian.PutUint64(x, binary.LittleEndian.Uint64(y))
	binary.LittleEndian.PutUint64(x[8:], binary.LittleEndian.Uint64(y[8:]))
	binary.LittleEndian.PutUint64(x[16:], binary.LittleEndian.Uint64(y[16:]))
}
