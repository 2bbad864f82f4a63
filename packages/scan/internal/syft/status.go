package syft

import (
	"bytes"
	"path"
)

// withoutProse drops from a database of dpkg, or of opkg, the fields that say nothing of
// what [Found] has: descriptions, dependencies and the like. They are most of it; each
// layer that installs something has all of them again, and Syft takes its time for them.
// What is not written as dpkg writes it is left as it is, for Syft to say what is wrong.
func withoutProse(cataloger, p string, b []byte) []byte {
	if !isStatus(cataloger, p) {
		return b
	}
	out := make([]byte, 0, len(b)/2)
	var seen uint // of the dropped fields, in this paragraph
	dropping, inField := false, false
	for rest := b; len(rest) > 0; {
		end := bytes.IndexByte(rest, '\n') + 1
		if end == 0 {
			return append(out, rest...) // Syft leaves out a line without an end
		}
		line := rest[:end]
		rest = rest[end:]
		switch {
		case len(line) == 1: // the end of the paragraph
			seen, dropping, inField = 0, false, false
		case line[0] == ' ':
			if !inField {
				return b
			}
		default:
			name, _, ok := bytes.Cut(line, []byte(":"))
			bit := prose(name)
			if !ok || len(name) == 0 || seen&bit != 0 {
				return b
			}
			seen |= bit
			dropping, inField = bit != 0, true
		}
		if !dropping {
			out = append(out, line...)
		}
	}
	return out
}

// isStatus reports whether a file is a database of dpkg, or of opkg.
func isStatus(cataloger, p string) bool {
	return cataloger == "dpkg-db-cataloger" && (path.Base(p) == "status" || path.Base(path.Dir(p)) == "status.d" || path.Ext(p) == ".control")
}

// maxJoined is what joined may be: it takes Syft a fraction of a second. The databases of
// whole desktops stay below a tenth of it.
const maxJoined = 256 << 20

// joined returns how many bytes Syft copies when it puts together the fields of a database: for
// each further line of a field, all that it has of that field. A hostile one of 3 MB would keep
// it busy for hours.
func joined(b []byte) (copied int) {
	field := 0
	for rest := b; len(rest) > 0; {
		end := bytes.IndexByte(rest, '\n') + 1
		if end == 0 {
			end = len(rest)
		}
		if rest[0] == ' ' {
			field += end
			copied += field
		} else {
			field = end
		}
		rest = rest[end:]
	}
	return copied
}

// prose returns a bit for each name of a field that is dropped, 0 for the others. For Syft,
// too, hyphens make no difference.
func prose(name []byte) uint {
	name = bytes.TrimSpace(name)
	if bytes.IndexByte(name, '-') >= 0 {
		name = bytes.ReplaceAll(name, []byte("-"), nil)
	}
	switch string(name) {
	case "Description":
		return 1 << 0
	case "Depends":
		return 1 << 1
	case "PreDepends":
		return 1 << 2
	case "Provides":
		return 1 << 3
	case "Recommends":
		return 1 << 4
	case "Suggests":
		return 1 << 5
	case "Enhances":
		return 1 << 6
	case "Breaks":
		return 1 << 7
	case "Conflicts":
		return 1 << 8
	case "Replaces":
		return 1 << 9
	case "Maintainer":
		return 1 << 10
	case "Homepage":
		return 1 << 11
	case "Section":
		return 1 << 12
	case "Priority":
		return 1 << 13
	case "MultiArch":
		return 1 << 14
	}
	return 0
}
