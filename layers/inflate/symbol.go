package inflate

// code looks up the code that begins at bits after the next bit, and returns its entry
// and how many bits it has. It leaves the bits where they are. As long as it has fewer
// bits than the code, it takes those that are not there for zeros: a code that is
// found so is no longer than the one that is really there.
func (d *decoder) code(table []uint32, tableBits, minBits, at uint64) (e, n uint64, err error) {
	for n = minBits; ; {
		if err := d.need(at + n); err != nil {
			return 0, 0, err
		}
		bits := d.bitBuf >> at
		e = uint64(table[bits&(1<<tableBits-1)])
		n = e >> codeShift & countMask
		if e&(special|stop) == special {
			bits >>= tableBits
			e = uint64(table[e>>valueShift+bits&(1<<n-1)])
			n = tableBits + e>>codeShift&countMask
		}
		if at+n <= d.bitCnt {
			return e, n, nil
		}
	}
}

// symbol decodes one symbol of a Huffman block. If it returns an error, errDeliver for
// one, the symbol is still to come.
func (d *decoder) symbol() error {
	e, at, err := d.code(d.lit[:], litBits, d.minLit, 0)
	switch {
	case err != nil:
		return err
	case e&literal != 0:
		d.take(at)
		d.out[d.outPos] = byte(e >> valueShift)
		d.outPos++
		return nil
	case e&special != 0:
		if e>>valueShift == badCode {
			return d.corrupt()
		}
		d.take(at)
		d.endBlock()
		return nil
	}
	length, at, err := d.value(e, at)
	if err != nil {
		return err
	}
	e, n, err := d.code(d.dist[:], distBits, d.minDist, at)
	if err != nil {
		return err
	}
	if e&special != 0 {
		return d.corrupt()
	}
	dist, at, err := d.value(e, at+n)
	if err != nil {
		return err
	}
	if dist > d.outPos {
		return d.corrupt()
	}
	d.take(at)
	for range length {
		d.out[d.outPos] = d.out[d.outPos-dist]
		d.outPos++
	}
	return nil
}

// value adds to the base of e the extra bits that begin at bits after the next bit, and
// returns where they end.
func (d *decoder) value(e, at uint64) (value, end uint64, err error) {
	extra := e&countMask - e>>codeShift&countMask
	if err := d.need(at + extra); err != nil {
		return 0, 0, err
	}
	return e>>valueShift + d.bitBuf>>at&(1<<extra-1), at + extra, nil
}
