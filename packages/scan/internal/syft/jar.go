package syft

import (
	"archive/zip"
	"bytes"
	"errors"
	"fmt"
	"io"
	"path"
	"slices"
	"strings"
)

// javaArchives is the name of the cataloger that opens archives in archives. Syft bounds
// neither how many there are nor how deep, and writes each to a temporary file: a jar of
// a few kilobytes can be one of millions, or of many gigabytes.
const javaArchives = "java-archive-cataloger"

// The limits of a jar. Archives hardly compress, so what is in one is about its own size.
const (
	jarDepth    = 16
	jarArchives = 4096 // at most; fewer in a small one
	jarEntries  = 1 << 20
	jarBytes    = 1 << 30 // at most; fewer in a small one
)

// A jarBudget is what a jar may still take.
type jarBudget struct {
	bytes    int64
	archives int
}

// checkJar returns an error where the parser would open more archives, or unpack more
// bytes, than a jar of that size normally holds. Other files than zip archives pass.
func checkJar(b []byte) error {
	left := &jarBudget{bytes: min(64<<20+16*int64(len(b)), jarBytes), archives: min(512+len(b)>>12, jarArchives)}
	return left.check(b, 0)
}

func (left *jarBudget) check(b []byte, depth int) error {
	if left.archives--; left.archives < 0 || depth > jarDepth {
		return errors.New("too many archives in an archive")
	}
	if n := bytes.Count(b, []byte("PK\x01\x02")); n > jarEntries {
		return fmt.Errorf("archive of %d entries, over the limit of %d", n, jarEntries)
	}
	r, err := zip.NewReader(bytes.NewReader(b), int64(len(b)))
	if err != nil {
		return nil // the parser says so, too
	}
	for _, f := range r.File {
		nested := javaArchive(f.Name)
		if !nested && !readByParser(f.Name) {
			continue
		}
		if f.UncompressedSize64 > uint64(left.bytes) {
			return errors.New("unpacks to more than an archive of its size can well hold")
		}
		left.bytes -= int64(f.UncompressedSize64)
		if nested {
			if err := left.checkNested(b, f, depth); err != nil {
				return err
			}
		}
	}
	return nil
}

// checkNested checks an archive in an archive, without a copy where it is not compressed.
func (left *jarBudget) checkNested(b []byte, f *zip.File, depth int) error {
	if f.Method == zip.Store {
		off, err := f.DataOffset()
		if err != nil || off < 0 || off > int64(len(b)) || f.CompressedSize64 > uint64(int64(len(b))-off) {
			return nil // can't be unpacked
		}
		return left.check(b[off:off+int64(f.CompressedSize64)], depth+1)
	}
	c, err := f.Open()
	if errors.Is(err, zip.ErrAlgorithm) {
		return fmt.Errorf("archive in an archive: compression method %d", f.Method)
	}
	if err != nil {
		return nil
	}
	defer c.Close()
	inner, err := io.ReadAll(c) // no more than it says that it holds
	if err != nil {
		return nil
	}
	return left.check(inner, depth+1)
}

func javaArchive(name string) bool {
	return slices.Contains([]string{".jar", ".war", ".ear", ".par", ".sar", ".nar", ".jpi", ".hpi", ".kar", ".far", ".lpkg", ".rar", ".zap"},
		strings.ToLower(path.Ext(name)))
}

// readByParser reports what else the parser reads of an archive.
func readByParser(name string) bool {
	base := strings.ToLower(path.Base(name))
	return base == "manifest.mf" || base == "version.properties" || withheld(base) ||
		strings.HasSuffix(base, "pom.properties") || strings.HasSuffix(base, "pom.xml")
}
