package inflate

import (
	"compress/flate"
	"errors"
	"io"
)

// keepBehind is how many bytes before inPos stay in the buffer: bits of them may be in
// bitBuf, and giveBack reads them again.
const keepBehind = 8

// more reads more input; there is at least one byte more if it returns nil. The end of
// the input is io.ErrUnexpectedEOF.
func (d *decoder) more() error {
	if d.srcErr == io.EOF {
		return io.ErrUnexpectedEOF
	}
	if d.srcErr != nil {
		return d.srcErr
	}
	if d.given != d.outPos {
		return errDeliver
	}
	from := d.inPos - min(d.inPos, keepBehind)
	copy(d.in[:], d.in[from:d.inEnd])
	d.inPos -= from
	d.inEnd -= from
	d.offset += int64(from)
	for range 100 {
		n, err := d.src.Read(d.in[d.inEnd:inSize])
		if n < 0 || uint64(n) > inSize-d.inEnd {
			n, err = 0, errors.New("inflate: reader returned an impossible count")
		}
		d.inEnd += uint64(n)
		d.srcErr = err
		if n > 0 {
			return nil
		}
		if err != nil {
			return d.more()
		}
	}
	d.srcErr = io.ErrNoProgress
	return d.srcErr
}

// need makes n bits, 48 at most, available in bitBuf. It takes no byte from the input
// that it does not need, so that in[inPos] is where an error is found.
func (d *decoder) need(n uint64) error {
	for d.bitCnt < n {
		if d.inPos == d.inEnd {
			if err := d.more(); err != nil {
				return err
			}
		}
		d.bitBuf |= uint64(d.in[d.inPos]) << d.bitCnt
		d.inPos++
		d.bitCnt += 8
	}
	return nil
}

// take removes and returns n bits that are available.
func (d *decoder) take(n uint64) uint64 {
	v := d.bitBuf & (1<<n - 1)
	d.bitBuf >>= n
	d.bitCnt -= n
	return v
}

// bits is need and take.
func (d *decoder) bits(n uint64) (uint64, error) {
	if err := d.need(n); err != nil {
		return 0, err
	}
	return d.take(n), nil
}

// giveBack sets the position to where bitCnt bits before in[inPos] are not used yet.
// Of them it keeps those of the byte that was begun and gives whole bytes back.
//
//go:noinline
func (d *decoder) giveBack(inPos, bitCnt uint64) {
	d.inPos = inPos - bitCnt>>3
	d.bitCnt = bitCnt & 7
	d.bitBuf = 0
	if d.bitCnt > 0 {
		d.bitBuf = uint64(d.in[d.inPos-1]) >> (8 - d.bitCnt)
	}
}

// align drops what is left of a byte that was begun and returns how many whole bytes it
// gave back.
func (d *decoder) align() uint64 {
	whole := d.bitCnt >> 3
	d.giveBack(d.inPos, whole<<3)
	return whole
}

// corrupt is the error of data that are not DEFLATE. Its offset is that of the first byte
// that was not looked at.
func (d *decoder) corrupt() error {
	return flate.CorruptInputError(d.offset + int64(d.inPos))
}
