package inflate

import (
	"bytes"
	"compress/flate"
	"io"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// Streams of all levels, of one member and of several, long ones too.
func TestStreams(t *testing.T) {
	var c comparer
	r := rand.New(rand.NewPCG(1, 1))
	for i := range 150 {
		raw := mixed(r, r.IntN(1<<r.IntN(20)+1))
		data := zipped(t, raw, r.IntN(13)-3)
		if i%3 == 0 {
			more := mixed(r, r.IntN(100_000))
			data = append(data, zipped(t, more, 6)...)
			raw = append(raw, more...)
		}
		got := c.compare(t, data)
		require.NoError(t, got.err)
		require.True(t, bytes.Equal(raw, got.out))

		z, err := c.pool.NewReader(bytes.NewReader(data))
		require.NoError(t, err)
		var b bytes.Buffer
		n, err := z.WriteTo(&b)
		require.NoError(t, err)
		require.EqualValues(t, len(raw), n)
		require.True(t, bytes.Equal(raw, b.Bytes()))
		require.NoError(t, z.Close())
	}
}

// Codes that no encoder makes: very uneven ones, of few symbols and of all.
func TestRandomCodes(t *testing.T) {
	var c comparer
	r := rand.New(rand.NewPCG(2, 2))
	good := 0
	for i := range 600 {
		deflate := randomDeflate(r, r.IntN(20_000))
		if i%3 == 0 { // a short one, damaged
			deflate = randomDeflate(r, r.IntN(50))
			deflate[r.IntN(len(deflate))] ^= 1 << r.IntN(8)
		}
		raw, err := io.ReadAll(io.LimitReader(flate.NewReader(bytes.NewReader(deflate)), maxOut))
		if err == nil {
			good++
		}
		c.compare(t, member(deflate, raw))
	}
	assert.Greater(t, good, 250, "most of the streams are sound")
}

// Several errors at once in long streams, behind which the decoder goes on for a while.
func TestDamaged(t *testing.T) {
	var c comparer
	r := rand.New(rand.NewPCG(3, 3))
	broken := 0
	for range 500 {
		data := zipped(t, mixed(r, 1+r.IntN(100_000)), r.IntN(13)-3)
		for range 1 + r.IntN(3) {
			at := r.IntN(len(data))
			switch r.IntN(3) {
			case 0:
				data[at] ^= 1 << r.IntN(8)
			case 1:
				data[at] = byte(r.IntN(256))
			case 2:
				data = append(data[:at:at], data[at+r.IntN(min(len(data)-at, 100)):]...)
			}
		}
		if c.compare(t, data).err != nil {
			broken++
		}
	}
	assert.Greater(t, broken, 250, "most of the streams are broken")
}
