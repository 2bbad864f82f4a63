package main

import (
	"bytes"
	"debug/elf"
	"path"
	"strings"
)

// maxKept bounds what is held in memory and kept of one file.
const maxKept = 8 << 20

// keep reports whether the file's content stays as it is: the databases and metadata by
// which packages, their files and the distribution are known.
func keep(name string) bool {
	dir, base := path.Split(name)
	switch {
	case name == "usr/lib/os-release", name == "etc/os-release", name == "etc/debian_version",
		name == "etc/passwd", name == "etc/group",
		name == "var/lib/dpkg/status", name == "var/lib/dpkg/diversions",
		name == "var/lib/apt/extended_states":
		return true
	case dir == "var/lib/dpkg/status.d/":
		return true
	case dir == "var/lib/dpkg/info/":
		switch path.Ext(base) {
		case ".list", ".conffiles", ".md5sums":
			return true
		}
		return false
	case strings.HasSuffix(path.Clean(dir), ".dist-info"):
		return base == "METADATA" || base == "RECORD" || base == "top_level.txt" ||
			base == "INSTALLER" || base == "direct_url.json" || base == "entry_points.txt"
	case strings.HasSuffix(path.Clean(dir), ".egg-info"):
		return base == "PKG-INFO" || base == "top_level.txt" || base == "requires.txt"
	case base == "package.json":
		return strings.Contains(name, "node_modules/") || strings.HasPrefix(name, "usr/share/nodejs/") ||
			strings.HasPrefix(name, "srv/")
	case base == "package-lock.json":
		return strings.HasPrefix(name, "srv/")
	}
	return false
}

// goBinary returns what debug/buildinfo needs of a Go program, the rest zeroed: the ELF
// headers, the section names and the build information. It reports false for other files.
func goBinary(content []byte) ([]byte, bool) {
	file, err := elf.NewFile(bytes.NewReader(content))
	if err != nil {
		return nil, false
	}
	info := file.Section(".go.buildinfo")
	if info == nil || file.Class != elf.ELFCLASS64 || file.Data != elf.ELFDATA2LSB {
		return nil, false
	}
	le := file.ByteOrder
	programs, sections := le.Uint64(content[32:]), le.Uint64(content[40:])
	programsEnd := programs + uint64(le.Uint16(content[54:]))*uint64(le.Uint16(content[56:]))
	sectionsEnd := sections + uint64(le.Uint16(content[58:]))*uint64(le.Uint16(content[60:]))
	names := file.Section(".shstrtab")
	kept := make([]byte, len(content))
	for _, span := range [][2]uint64{
		{0, 64},
		{programs, programsEnd},
		{sections, sectionsEnd},
		{names.Offset, names.Offset + names.FileSize},
		{info.Offset, info.Offset + info.FileSize},
	} {
		copy(kept[span[0]:span[1]], content[span[0]:span[1]])
	}
	return kept, true
}
