package report

import (
	"debug/elf"
	"encoding/binary"
	"path"
	"strings"
	"sync"

	"github.com/stemma-go/stemma/layers"
)

// Files is what rules know of files beyond what the index tells: the content of
// etc/passwd and etc/group, which say who a process runs as, and which programs are
// linked statically. It learns this while the layers are read:
//
//	files := &report.Files{}
//	idx, err := layers.Read(ctx, img, &layers.Options{Wants: files.Wants()})
//	…
//	rep := report.New(idx, lin, inv, &report.Options{Files: files, Rules: rules.All()})
//
// The zero Files is ready to use, for one image.
type Files struct {
	mu     sync.Mutex
	static map[fileKey]bool
}

type fileKey struct {
	layer int
	path  string
}

// maxAccounts bounds what is read of etc/passwd and etc/group; real ones are below 10 kB.
const maxAccounts = 256 << 10

// Wants returns what has to be asked of the layers. [layers.Index.Content] then has
// etc/passwd and etc/group, up to 256 KiB of each.
func (f *Files) Wants() []layers.Want {
	note := func(e layers.Entry) {
		f.mu.Lock()
		defer f.mu.Unlock()
		if f.static == nil {
			f.static = map[fileKey]bool{}
		}
		f.static[fileKey{e.Layer, e.Path}] = true
	}
	return []layers.Want{
		{
			Key: "accounts/1",
			Match: func(e layers.Entry, _ []byte) bool {
				return (e.Path == "etc/passwd" || e.Path == "etc/group") && e.Size <= maxAccounts
			},
		},
		{
			Key: "static/1",
			Match: func(e layers.Entry, head []byte) bool {
				return e.Mode&0o111 != 0 && !strings.Contains(path.Base(e.Path), ".so") && isStatic(head)
			},
			Learn:  func(e layers.Entry, _ []byte) ([]byte, error) { note(e); return []byte{1}, nil },
			Recall: func(e layers.Entry, _ []byte) error { note(e); return nil },
		},
	}
}

// Static reports whether an entry of the index is a program for Linux that is linked
// statically: it runs without any other file. A hard link is no entry of its own here: ask
// for what [layers.Index.Resolve] returns.
func (f *Files) Static(e layers.Entry) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.static[fileKey{e.Layer, e.Path}]
}

// isStatic reports whether a file begins as an ELF program that names no dynamic linker. The
// linker's name (PT_INTERP) comes before the first segment that is loaded (PT_LOAD), as
// the ELF specification has it, so the beginning of the list tells.
func isStatic(head []byte) bool {
	if len(head) < 64 || string(head[:4]) != elf.ELFMAG {
		return false
	}
	var order binary.ByteOrder = binary.LittleEndian
	if elf.Data(head[elf.EI_DATA]) == elf.ELFDATA2MSB {
		order = binary.BigEndian
	}
	kind := elf.Type(order.Uint16(head[16:]))
	at, size, n := order.Uint64(head[32:]), uint64(order.Uint16(head[54:])), order.Uint16(head[56:])
	if elf.Class(head[elf.EI_CLASS]) == elf.ELFCLASS32 {
		at, size, n = uint64(order.Uint32(head[28:])), uint64(order.Uint16(head[42:])), order.Uint16(head[44:])
	}
	if kind != elf.ET_EXEC && kind != elf.ET_DYN || size < 4 {
		return false
	}
	for range n {
		if at > uint64(len(head)) || at+4 > uint64(len(head)) {
			return false // not told
		}
		switch elf.ProgType(order.Uint32(head[at:])) {
		case elf.PT_INTERP:
			return false
		case elf.PT_LOAD:
			return true
		}
		at += size
	}
	return false
}
