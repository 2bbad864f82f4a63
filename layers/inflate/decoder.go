package inflate

import (
	"errors"
	"hash/crc32"
	"io"
)

const (
	windowSize = 32 << 10 // how far back a distance may reach

	// Sizes of the buffers, powers of two: a position is masked with size - 1, which
	// changes no valid one and shows the compiler that it is within the array.
	inSize  = 1 << 16
	outSize = 1 << 17

	// The fast loop runs while fastIn bytes of input are there, and reads no further.
	fastIn = 16
	// Decoding pauses when the output reaches outLimit. The symbol before may write
	// beyond it: see fast.
	outLimit = outSize - 512

	// A masked position may be the first of that many bytes.
	inSpan  = 8
	outSpan = 24
)

// A phase says what comes next in the stream.
type phase uint8

const (
	atMember  phase = iota // a gzip member, or the end
	atBlock                // a block of DEFLATE data
	inStored               // bytes of a stored block
	inSymbols              // symbols of a Huffman block
	atTrailer              // the checksum and length of a member
)

// A decoder decodes one stream.
//
// out[:outPos] is decoded; of that, out[:given] is delivered and out[:summed] is in the
// checksum. It begins with up to windowSize bytes of history. in[inPos:inEnd] is input
// that no one has looked at. The bitCnt lowest bits of bitBuf are those that come before
// in[inPos]; all others are 0.
//
//	given <= summed <= outPos < outSize, inPos <= inEnd <= inSize, bitCnt < 56
type decoder struct {
	bitBuf        uint64
	bitCnt        uint64
	inPos, inEnd  uint64
	outPos        uint64
	given, summed uint64

	lit  [litSize]uint32 // table of literals and lengths
	dist [distSize]uint32
	out  [outSize + outSpan]byte
	in   [inSize + inSpan]byte

	src     io.Reader
	srcErr  error // what ended src
	offset  int64 // offset of in[0] into the member's DEFLATE data, for errors
	phase   phase
	members int   // how many have begun
	err     error // what ended the stream

	crc, size uint32 // of the member so far

	final        bool   // the block is the member's last
	fixed        bool   // lit and dist are the fixed code's
	stored       uint64 // bytes left of a stored block
	minLit       uint64 // bits that are always there for a literal or length
	minDist      uint64 // and for a distance
	lens         [maxLit + maxDist]uint8
	lenCodeTable [lenCodeSize]uint32
}

// errDeliver interrupts decoding: more input is needed, but there is output that was
// not delivered yet. Nothing is lost; decoding goes on where it was.
var errDeliver = errors.New("inflate: output to be delivered")

// reset begins a new stream and reads its first header.
func (d *decoder) reset(src io.Reader) error {
	d.src, d.srcErr, d.err = src, nil, nil
	d.bitBuf, d.bitCnt, d.inPos, d.inEnd = 0, 0, 0, 0
	d.outPos, d.given, d.summed = 0, 0, 0
	d.phase, d.members = atMember, 0
	return d.member()
}

// next returns decoded bytes, at least one, that were not delivered yet.
func (d *decoder) next() ([]byte, error) {
	for d.given == d.outPos {
		if d.err != nil {
			return nil, d.err
		}
		d.decode()
	}
	return d.out[d.given:d.outPos], nil
}

// delivered notes that n bytes of those that next returned are out of the house.
func (d *decoder) delivered(n int) { d.given += uint64(n) }

// decode decodes until the output is full, input has to be waited for, or the stream
// ends. All that was decoded before must have been delivered.
func (d *decoder) decode() {
	if d.outPos >= outLimit {
		copy(d.out[:windowSize], d.out[d.outPos-windowSize:d.outPos])
		d.outPos, d.given, d.summed = windowSize, windowSize, windowSize
	}
	var err error
	for err == nil && d.outPos < outLimit {
		err = d.step()
	}
	d.sum()
	if err != errDeliver {
		d.err = err
	}
}

// step does what comes next.
func (d *decoder) step() error {
	switch d.phase {
	case inSymbols:
		if d.inEnd-d.inPos >= fastIn {
			d.fast()
			if d.outPos >= outLimit {
				return nil
			}
		}
		return d.symbol()
	case inStored:
		return d.copyStored()
	}
	// Headers are read in one go. What was decoded goes first, unless the header is
	// here for sure.
	if d.given != d.outPos && (d.phase == atMember || d.inEnd-d.inPos < blockHeaderSize) {
		return errDeliver
	}
	switch d.phase {
	case atBlock:
		return d.block()
	case atTrailer:
		return d.trailer()
	}
	return d.member()
}

// sum adds the new output to the checksum.
func (d *decoder) sum() {
	p := d.out[d.summed:d.outPos]
	d.crc = crc32.Update(d.crc, crc32.IEEETable, p)
	d.size += uint32(len(p))
	d.summed = d.outPos
}
