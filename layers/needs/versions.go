package needs

import (
	"debug/elf"
	"slices"
	"strings"
)

// The sections of symbol versions are those of the Linux Standard Base, "Symbol Versioning":
// chains of records, each of which says how many bytes further the next is. debug/elf reads them, too,
// but all symbols as well, and without bounds.

// versionsNeeded returns the versions that a file needs of libraries, by library. Those that it can
// do without are left out.
func versionsNeeded(e *elf.File) map[string][]string {
	const weak = 2 // VER_FLG_WEAK
	s, text := section(e, elf.SHT_GNU_VERNEED)
	all := map[string][]string{}
	left := maxItems
	for need := range chain(s, e, 16, 12, maxItems) {
		lib := text.at(e.ByteOrder.Uint32(need[4:]))
		count := int(e.ByteOrder.Uint16(need[2:]))
		for aux := range chain(skip(need, e.ByteOrder.Uint32(need[8:])), e, 16, 12, min(count, left)) {
			left--
			name := text.at(e.ByteOrder.Uint32(aux[8:]))
			if lib != "" && name != "" && e.ByteOrder.Uint16(aux[4:])&weak == 0 {
				all[lib] = append(all[lib], name)
			}
		}
	}
	for _, list := range all {
		slices.Sort(list)
	}
	if len(all) == 0 {
		return nil
	}
	return all
}

// versionsDefined returns the versions that a library has.
func versionsDefined(e *elf.File) []string {
	const base = 1 // VER_FLG_BASE: the file's own name
	s, text := section(e, elf.SHT_GNU_VERDEF)
	var all []string
	for def := range chain(s, e, 20, 16, maxItems) {
		aux := skip(def, e.ByteOrder.Uint32(def[12:]))
		if e.ByteOrder.Uint16(def[2:])&base != 0 || len(aux) < 8 {
			continue
		}
		if name := text.at(e.ByteOrder.Uint32(aux)); name != "" {
			all = append(all, name)
		}
	}
	return all
}

// chain yields the records of a chain, each with all that follows. A record has so many bytes,
// and at next the distance to the one after it; 0 is the last.
func chain(b []byte, e *elf.File, size, next, most int) func(func([]byte) bool) {
	return func(yield func([]byte) bool) {
		for n := 0; n < most && len(b) >= size; n++ {
			if !yield(b) {
				return
			}
			far := e.ByteOrder.Uint32(b[next:])
			if far == 0 {
				return
			}
			b = skip(b, far)
		}
	}
}

func skip(b []byte, n uint32) []byte {
	if uint64(n) > uint64(len(b)) {
		return nil
	}
	return b[n:]
}

// texts is a table of strings, each with a zero at its end.
type texts string

func (t texts) at(i uint32) string {
	if uint64(i) >= uint64(len(t)) {
		return ""
	}
	s, _, ok := strings.Cut(string(t[i:min(len(t), int(i)+maxName+1)]), "\x00")
	if !ok {
		return ""
	}
	return s
}

// section returns the content of a section, and the table of its strings.
func section(e *elf.File, kind elf.SectionType) ([]byte, texts) {
	s := e.SectionByType(kind)
	if s == nil || int(s.Link) >= len(e.Sections) {
		return nil, ""
	}
	b, err := s.Data()
	if err != nil {
		return nil, ""
	}
	text, err := e.Sections[s.Link].Data()
	if err != nil {
		return nil, ""
	}
	return b, texts(text)
}
