package wire_test

import (
	"math"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/stemma-go/stemma/ancestry/catalogue/internal/wire"
)

func TestRoundTrip(t *testing.T) {
	var w wire.Writer
	w.Uint(0)
	w.Uint(math.MaxUint64)
	w.Int(-5)
	w.Fixed(0x0102030405, 5)
	w.Strings([]string{"", "a", "trixie"})
	r := wire.NewReader(string(w.Bytes))
	assert.EqualValues(t, 0, r.Uint())
	assert.EqualValues(t, uint64(math.MaxUint64), r.Uint())
	assert.EqualValues(t, -5, r.Int())
	assert.EqualValues(t, 0x0102030405, r.Fixed(5))
	assert.Equal(t, []string{"", "a", "trixie"}, r.Strings())
	assert.Zero(t, r.Len())
	assert.NoError(t, r.Err())
}

func TestBounds(t *testing.T) {
	for name, read := range map[string]func(*wire.Reader){
		"empty":                      func(r *wire.Reader) { r.Take(3); r.Uint() },
		"take beyond the end":        func(r *wire.Reader) { r.Take(4) },
		"negative take":              func(r *wire.Reader) { r.Take(-1) },
		"number not below the limit": func(r *wire.Reader) { r.Below(2) },
		"below nothing":              func(r *wire.Reader) { r.Below(0) },
		"count above the limit":      func(r *wire.Reader) { r.Count(0, 1) },
		"count that can't be":        func(r *wire.Reader) { r.Count(2, 100) },
		"string beyond the end":      func(r *wire.Reader) { _ = r.String(); _ = r.String() },
		"number of 65 bits":          func(r *wire.Reader) { *r = *wire.NewReader("\xff\xff\xff\xff\xff\xff\xff\xff\xff\x02"); r.Uint() },
		"number without end":         func(r *wire.Reader) { *r = *wire.NewReader("\xff\xff"); r.Uint() },
		"fixed beyond the end":       func(r *wire.Reader) { r.Fixed(8) },
	} {
		r := wire.NewReader("\x02\x02\x02")
		read(r)
		assert.ErrorIs(t, r.Err(), wire.ErrCorrupt, name)
		assert.Zero(t, r.Uint(), name)
		assert.Empty(t, r.String(), name)
	}
}
