// Package detect tells how bytes of an image are stored. It goes by the bytes
// themselves: media types and names of files are often wrong.
package detect

import (
	"archive/tar"
	"bytes"
	"strings"
)

// The compressions that [Compression] knows.
const (
	None  = "" // or one that is not known
	Gzip  = "gzip"
	Zstd  = "zstd"
	XZ    = "xz"
	Bzip2 = "bzip2"
)

// HeadSize is how many of the first bytes [Compression] needs.
const HeadSize = 6

// Compression tells from its first bytes how data is compressed. The magic bytes are
// those of RFC 1952 (gzip), of RFC 8878 (zstd), and of the formats' own documentation.
func Compression(head []byte) string {
	switch {
	case bytes.HasPrefix(head, []byte{0x1f, 0x8b, 0x08}):
		return Gzip
	case bytes.HasPrefix(head, []byte{0x28, 0xb5, 0x2f, 0xfd}),
		// a skippable frame, with which pzstd begins
		len(head) >= 4 && head[0]&0xf0 == 0x50 && bytes.Equal(head[1:4], []byte{0x2a, 0x4d, 0x18}):
		return Zstd
	case bytes.HasPrefix(head, []byte("\xfd7zXZ\x00")):
		return XZ
	case len(head) >= 6 && bytes.HasPrefix(head, []byte("BZh")) && bytes.Equal(head[4:6], []byte("1A")):
		// more than the first letters, since the first name in a tar may begin with them
		return Bzip2
	}
	return None
}

// Sparse reports whether a member of a tar is stored without its holes, which
// archive/tar fills with zeros: it can be any number of times longer than what is
// stored.
func Sparse(h *tar.Header) bool {
	return h.Typeflag == tar.TypeGNUSparse || HasPAX(h, "GNU.sparse.")
}

// HasPAX reports whether a header has a PAX record whose name starts with prefix.
func HasPAX(h *tar.Header, prefix string) bool {
	for k := range h.PAXRecords {
		if strings.HasPrefix(k, prefix) {
			return true
		}
	}
	return false
}
