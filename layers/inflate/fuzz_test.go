package inflate

import (
	"bytes"
	"compress/flate"
	"io"
	"math/rand/v2"
	"testing"
)

// FuzzStream takes its input for a gzip stream, and for DEFLATE data, with a right trailer
// and with another member behind it, so that the fast loop gets at the end of the data.
func FuzzStream(f *testing.F) {
	for name, data := range seeds(f, "") {
		f.Add(data[:min(len(data), 3000)])
		if name[0] == 's' {
			f.Add(data[10 : len(data)-8])
		}
	}
	r := rand.New(rand.NewPCG(9, 9))
	for i := range 10 {
		f.Add(randomDeflate(r, 100*i))
	}
	var c comparer
	padding := zipped(f, mixed(r, 200), 0)
	f.Fuzz(func(t *testing.T, data []byte) {
		c.compare(t, data)
		raw, _ := io.ReadAll(io.LimitReader(flate.NewReader(bytes.NewReader(data)), maxOut))
		c.compare(t, append(member(data, raw), padding...))
	})
}

// FuzzDamaged makes a stream of random codes from seed and changes it: each two bytes of
// edits are how far on and what is added to the byte there.
func FuzzDamaged(f *testing.F) {
	f.Add(uint64(1), uint16(100), []byte{})
	f.Add(uint64(2), uint16(1000), []byte{200, 1})
	f.Add(uint64(3), uint16(3000), []byte{10, 1, 255, 0, 255, 0, 255, 128})
	var c comparer
	f.Fuzz(func(t *testing.T, seed uint64, symbols uint16, edits []byte) {
		data := randomDeflate(rand.New(rand.NewPCG(seed, 10)), int(symbols%5000))
		at := 0
		for len(edits) >= 2 {
			at = (at + int(edits[0])) % len(data)
			data[at] += edits[1]
			edits = edits[2:]
		}
		raw, _ := io.ReadAll(io.LimitReader(flate.NewReader(bytes.NewReader(data)), maxOut))
		c.compare(t, member(data, raw))
	})
}
