package needs

import (
	"bytes"
	"debug/elf"
	"io"
	"path"
	"slices"
	"strings"
)

// A File is a program, a script or a library of an image, with what it needs.
type File struct {
	Path  string `json:"-"` // relative to the root
	Layer int    `json:"-"` // the layer that has its content

	// Interpreter is the absolute path of what runs it: a script's from its first line, an ELF
	// file's is the loader. "" for libraries and static programs.
	Interpreter string `json:",omitempty"`
	// Command is the program that a script has env look for: "python3". "" for the rest.
	Command string `json:",omitempty"`
	// Libraries are the names that an ELF file gives the libraries it needs: "libssl.so.3".
	Libraries []string `json:",omitempty"`
	// RunPath are the directories where it wants them looked for, as it has them.
	RunPath []string `json:",omitempty"`
	// Versions are the versions that libraries must have, by the library: "GLIBC_2.34".
	Versions map[string][]string `json:",omitempty"`
	// Defines are the versions that it has itself, as a library.
	Defines []string `json:",omitempty"`
	// Class and Machine are those of an ELF file, 0 for a script.
	Class   elf.Class   `json:",omitempty"`
	Machine elf.Machine `json:",omitempty"`
}

// The most that is kept of one file, and the longest name.
const (
	maxItems = 512
	maxName  = 255
)

// parse says what a file needs; false if it is neither a script nor an ELF file with dynamic
// linking.
func parse(b []byte) (File, bool) {
	if bytes.HasPrefix(b, []byte("#!")) {
		return parseScript(b)
	}
	return parseELF(b)
}

// parseScript reads a script's first line. Linux takes the first word for the interpreter.
func parseScript(b []byte) (File, bool) {
	line, _, _ := bytes.Cut(b[2:min(len(b), 2+maxName)], []byte("\n"))
	words := strings.Fields(string(line))
	if len(words) == 0 || !path.IsAbs(words[0]) {
		return File{}, false
	}
	f := File{Interpreter: words[0]}
	if path.Base(words[0]) != "env" {
		return f, true
	}
	for _, w := range words[1:] { // env [-S] [-i] [NAME=VALUE]… COMMAND
		w = strings.TrimPrefix(w, "-S")
		if w != "" && !strings.HasPrefix(w, "-") && !strings.Contains(w, "=") {
			f.Command = w
			break
		}
	}
	return f, true
}

// parseELF reads the dynamic section of an ELF file. A file that is damaged needs nothing that is
// known.
func parseELF(b []byte) (f File, ok bool) {
	e, err := elf.NewFile(nameless(b))
	if err != nil || slices.ContainsFunc(e.Sections, func(s *elf.Section) bool { return !readable(e, s) }) {
		return File{}, false
	}
	f = File{Class: e.Class, Machine: e.Machine, Interpreter: loader(e, b)}
	f.Libraries = names(e.DynString(elf.DT_NEEDED))
	run := names(e.DynString(elf.DT_RUNPATH))
	if len(run) == 0 {
		run = names(e.DynString(elf.DT_RPATH))
	}
	for _, r := range run {
		f.RunPath = append(f.RunPath, strings.Split(r, ":")...)
	}
	f.Versions = versionsNeeded(e)
	f.Defines = versionsDefined(e)
	return f, f.Interpreter != "" || f.Libraries != nil || e.Type == elf.ET_DYN
}

// readable reports whether a section is one that can be read without harm. Compressed ones may be
// of any size; no loader reads them, and compilers compress only what is for debuggers.
func readable(e *elf.File, s *elf.Section) bool {
	switch s.Type {
	case elf.SHT_DYNAMIC, elf.SHT_GNU_VERNEED, elf.SHT_GNU_VERDEF:
		return s.Flags&elf.SHF_COMPRESSED == 0 && int(s.Link) < len(e.Sections) && e.Sections[s.Link].Type == elf.SHT_STRTAB
	case elf.SHT_STRTAB:
		return s.Flags&elf.SHF_COMPRESSED == 0
	}
	return true
}

// nameless reads an ELF file as if its sections had no names, which debug/elf would load, however
// large they are.
func nameless(b []byte) io.ReaderAt {
	const class, is64, index32, index64 = 4, byte(elf.ELFCLASS64), 50, 62 // e_shstrndx
	head := slices.Clone(b[:min(len(b), 64)])
	at := index32
	if len(head) > class && head[class] == is64 {
		at = index64
	}
	if len(head) >= at+2 {
		head[at], head[at+1] = 0, 0
	}
	return patched{bytes.NewReader(b), head}
}

// patched reads a file that begins otherwise.
type patched struct {
	*bytes.Reader
	head []byte
}

func (p patched) ReadAt(b []byte, off int64) (int, error) {
	n, err := p.Reader.ReadAt(b, off)
	if off >= 0 && off < int64(len(p.head)) {
		copy(b[:n], p.head[off:])
	}
	return n, err
}

// names passes on what debug/elf says, in bounds.
func names(list []string, err error) []string {
	if err != nil {
		return nil
	}
	var all []string
	for _, s := range list[:min(len(list), maxItems)] {
		if s != "" && len(s) <= 16*maxName {
			all = append(all, s)
		}
	}
	return all
}

// loader is the program that the PT_INTERP segment names, "" if there is none.
func loader(e *elf.File, b []byte) string {
	for _, p := range e.Progs {
		if p.Type != elf.PT_INTERP || p.Filesz > 4096 || p.Off > uint64(len(b)) || p.Filesz > uint64(len(b))-p.Off {
			continue
		}
		s, _, _ := strings.Cut(string(b[p.Off:p.Off+p.Filesz]), "\x00")
		if path.IsAbs(s) {
			return s
		}
	}
	return ""
}
