package inflate

import (
	"bytes"
	"compress/gzip"
	"hash/crc32"
	"io"
)

// The first bytes of a gzip member and the bits of its fourth (RFC 1952, section 2.3).
const (
	magic1, magic2, methodDeflate = 0x1f, 0x8b, 8

	flagHeaderCRC = 1 << 1
	flagExtra     = 1 << 2
	flagName      = 1 << 3
	flagComment   = 1 << 4
	flagReserved  = 7 << 5

	// maxText is the most bytes of a name or comment, with the zero that ends it, as
	// in compress/gzip.
	maxText = 512
)

// member reads the header of the next member. The error is io.EOF if there is none, and
// ErrTrailing if what follows the last one is something else.
func (d *decoder) member() error {
	var err error
	for d.inEnd-d.inPos < 3 && err == nil {
		err = d.more()
	}
	head := d.in[d.inPos:min(d.inPos+3, d.inEnd)]
	switch {
	case len(head) == 0 && d.srcErr == io.EOF:
		return io.EOF
	case len(head) == 0:
		return err
	case d.members > 0 && !bytes.Equal(head, []byte{magic1, magic2, methodDeflate}):
		return ErrTrailing
	}
	d.members++
	if err := d.header(); err != nil {
		return err
	}
	d.outPos, d.given, d.summed = 0, 0, 0 // no history
	d.crc, d.size = 0, 0
	d.offset = -int64(d.inPos)
	d.phase = atBlock
	return nil
}

// A headerReader reads the bytes of a member's header one by one, and sums them.
type headerReader struct {
	d   *decoder
	crc uint32
	err error // the first one; from then on all bytes are 0
}

func (h *headerReader) byte() byte {
	if h.err != nil {
		return 0
	}
	v, err := h.d.bits(8)
	if err != nil {
		h.err = err
		return 0
	}
	b := [1]byte{byte(v)}
	h.crc = crc32.Update(h.crc, crc32.IEEETable, b[:])
	return b[0]
}

func (h *headerReader) uint16() uint16 {
	low := h.byte()
	return uint16(low) | uint16(h.byte())<<8
}

// text passes over a text that ends with a zero.
func (h *headerReader) text() {
	for range maxText {
		if h.byte() == 0 { // or there was an error
			return
		}
	}
	h.err = gzip.ErrHeader
}

// header reads a member's header.
func (d *decoder) header() error {
	h := headerReader{d: d}
	var fixed [10]byte
	for i := range fixed {
		fixed[i] = h.byte()
	}
	if h.err == nil && [3]byte(fixed[:3]) != [3]byte{magic1, magic2, methodDeflate} {
		return gzip.ErrHeader
	}
	flags := fixed[3]
	if flags&flagExtra != 0 {
		for n := h.uint16(); n > 0 && h.err == nil; n-- {
			h.byte()
		}
	}
	if flags&flagName != 0 {
		h.text()
	}
	if flags&flagComment != 0 {
		h.text()
	}
	if want := uint16(h.crc); flags&flagHeaderCRC != 0 && h.uint16() != want && h.err == nil {
		return gzip.ErrHeader
	}
	if h.err == nil && flags&flagReserved != 0 {
		return gzip.ErrHeader
	}
	return h.err
}

// trailer reads a member's trailer and compares it with what was decoded.
func (d *decoder) trailer() error {
	d.sum()
	d.align()
	crc, err := d.bits(32)
	if err != nil {
		return err
	}
	size, err := d.bits(32)
	if err != nil {
		return err
	}
	if uint32(crc) != d.crc || uint32(size) != d.size {
		return gzip.ErrChecksum
	}
	d.phase = atMember
	return nil
}
