package report

import (
	"encoding/binary"
	"os"
	"testing"

	"github.com/stretchr/testify/assert"
)

// header is the beginning of an ELF file of 64 bits with the given program headers.
func header(order binary.AppendByteOrder, kind uint16, segments ...uint32) []byte {
	data := byte(1)
	if order == binary.AppendByteOrder(binary.BigEndian) {
		data = 2
	}
	b := append([]byte("\x7fELF\x02"), data, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0)
	b = order.AppendUint16(b, kind)
	b = append(b, make([]byte, 14)...)
	b = order.AppendUint64(b, 64)
	b = append(b, make([]byte, 14)...)
	b = order.AppendUint16(b, 56)
	b = order.AppendUint16(b, uint16(len(segments)))
	b = append(b, make([]byte, 6)...)
	for _, s := range segments {
		b = append(order.AppendUint32(b, s), make([]byte, 52)...)
	}
	return b
}

func TestIsStatic(t *testing.T) {
	const load, dynamic, interp, phdr = 1, 2, 3, 6
	for name, tt := range map[string]struct {
		head []byte
		want bool
	}{
		"static":             {header(binary.LittleEndian, 2, load, load), true},
		"static, PHDR first": {header(binary.LittleEndian, 2, phdr, 4, load), true},
		"static PIE":         {header(binary.LittleEndian, 3, load, dynamic), true},
		"big endian":         {header(binary.BigEndian, 2, load), true},
		"dynamic":            {header(binary.LittleEndian, 3, phdr, interp, load), false},
		"an object":          {header(binary.LittleEndian, 1, load), false},
		"no segments":        {header(binary.LittleEndian, 2), false},
		"cut off":            {header(binary.LittleEndian, 2, phdr, load)[:70], false},
		"a script":           {[]byte("#!/bin/sh\n"), false},
		"empty":              {nil, false},
	} {
		assert.Equal(t, tt.want, isStatic(tt.head), name)
	}
	far := header(binary.LittleEndian, 2, load)
	binary.LittleEndian.PutUint64(far[32:], ^uint64(0))
	assert.False(t, isStatic(far))
}

func FuzzIsStatic(f *testing.F) {
	f.Add(header(binary.LittleEndian, 2, 6, 1))
	if b, err := os.ReadFile(os.Args[0]); err == nil {
		f.Add(b[:512])
	}
	f.Fuzz(func(_ *testing.T, head []byte) { isStatic(head) })
}
