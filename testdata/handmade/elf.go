package handmade

import (
	"bytes"
	"debug/elf"
	"encoding/binary"
	"maps"
	"slices"
)

// ELF is a small ELF file for x86-64 with dynamic linking: what tells its loader what it needs, and no code.
type ELF struct {
	Interpreter string
	Needed      []string
	RunPath     string
	Versions    map[string][]string // needed of libraries
	Defines     []string            // as a library
	Machine     elf.Machine         // EM_X86_64 if zero
}

// Bytes returns the file.
func (f ELF) Bytes() []byte {
	var text bytes.Buffer // the strings
	text.WriteByte(0)
	str := func(s string) uint32 {
		at := text.Len()
		text.WriteString(s + "\x00")
		return uint32(at)
	}
	le := binary.LittleEndian
	var dynamic []byte
	tag := func(t elf.DynTag, v uint64) { dynamic = le.AppendUint64(le.AppendUint64(dynamic, uint64(t)), v) }
	for _, n := range f.Needed {
		tag(elf.DT_NEEDED, uint64(str(n)))
	}
	if f.RunPath != "" {
		tag(elf.DT_RUNPATH, uint64(str(f.RunPath)))
	}
	tag(elf.DT_NULL, 0)
	sections := []struct {
		kind elf.SectionType
		data []byte
	}{{elf.SHT_NULL, nil}, {elf.SHT_STRTAB, nil}, {elf.SHT_DYNAMIC, dynamic}, {elf.SHT_GNU_VERNEED, f.verneed(str)}, {elf.SHT_GNU_VERDEF, f.verdef(str)}}
	sections[1].data = text.Bytes()
	interp := []byte(f.Interpreter + "\x00")

	const head, prog, sect = 64, 56, 64
	at := uint64(head + prog + len(interp))
	var body, table bytes.Buffer
	for _, s := range sections {
		h := elf.Section64{Type: uint32(s.kind), Off: at, Size: uint64(len(s.data)), Link: 1}
		put(&table, h)
		body.Write(s.data)
		at += uint64(len(s.data))
	}
	h := elf.Header64{
		Type: uint16(elf.ET_DYN), Machine: uint16(elf.EM_X86_64), Version: 1, Phoff: head, Shoff: at,
		Ehsize: head, Phentsize: prog, Phnum: 1, Shentsize: sect, Shnum: uint16(len(sections)), Shstrndx: 1,
	}
	if f.Machine != 0 {
		h.Machine = uint16(f.Machine)
	}
	copy(h.Ident[:], elf.ELFMAG+"\x02\x01\x01") // 64 bits, little-endian, version 1
	p := elf.Prog64{Type: uint32(elf.PT_INTERP), Off: head + prog, Filesz: uint64(len(interp))}
	if f.Interpreter == "" {
		p.Type = uint32(elf.PT_NULL)
	}
	var out bytes.Buffer
	put(&out, h, p)
	return slices.Concat(out.Bytes(), interp, body.Bytes(), table.Bytes())
}

func (f ELF) verneed(str func(string) uint32) []byte {
	var b bytes.Buffer
	libs := slices.Sorted(maps.Keys(f.Versions))
	for i, lib := range libs {
		versions := f.Versions[lib]
		next := uint32(16 + 16*len(versions))
		if i == len(libs)-1 {
			next = 0
		}
		put(&b, uint16(1), uint16(len(versions)), str(lib), uint32(16), next)
		for j, v := range versions {
			next := uint32(16)
			if j == len(versions)-1 {
				next = 0
			}
			put(&b, uint32(0), uint16(0), uint16(j+2), str(v), next)
		}
	}
	return b.Bytes()
}

func (f ELF) verdef(str func(string) uint32) []byte {
	var b bytes.Buffer
	for i, v := range f.Defines {
		next := uint32(28)
		if i == len(f.Defines)-1 {
			next = 0
		}
		put(&b, uint16(1), uint16(0), uint16(i+1), uint16(1), uint32(0), uint32(20), next, str(v), uint32(0))
	}
	return b.Bytes()
}

// put writes numbers, little-endian. A buffer's Write never fails.
func put(b *bytes.Buffer, values ...any) {
	for _, v := range values {
		_ = binary.Write(b, binary.LittleEndian, v)
	}
}
