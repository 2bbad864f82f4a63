package syft

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"io"
	"path"
	"slices"
	"strings"

	"github.com/anchore/syft/syft/file"
)

// assemblies is the name of the cataloger that combines assemblies with deps.json.
const assemblies = "dotnet-deps-binary-cataloger"

// A Sparse is a file of which only the parts are kept that a parser reads, which
// of a .NET assembly are its headers and its version resource. It reads as zeros
// elsewhere.
type Sparse struct {
	Size  int64
	Parts []Part
}

// A Part is the bytes from Off on.
type Part struct {
	Off  int64
	Data []byte
}

// Check returns an error if a part is not inside the file. A cache may hold anything.
func (s *Sparse) Check() error {
	if s == nil {
		return nil
	}
	for _, p := range s.Parts {
		if s.Size < 0 || p.Off < 0 || p.Off > s.Size-int64(len(p.Data)) {
			return errors.New("part outside the file")
		}
	}
	return nil
}

// isAssembly reports whether the file at p may be a .NET assembly by its name. Those
// are kept as [Sparse].
func isAssembly(p string) bool {
	switch path.Ext(p) {
	case ".dll", ".exe", ".bpl", ".DLL", ".EXE", ".BPL":
		return true
	}
	return false
}

// isBundle reports whether a program may hold a whole .NET application. The mark is
// documented by .NET's "single-file" design.
func isBundle(content []byte) bool {
	mark := sha256.Sum256([]byte(".net core bundle\n"))
	// The mark starts with the most common byte of x86 programs; the search is
	// several times as fast for a part that starts with a rare one.
	const rare = 10
	for at := 0; ; {
		i := bytes.Index(content[at:], mark[rare:])
		if i < 0 {
			return false
		}
		if at += i; at >= rare && bytes.Equal(content[at-rare:at], mark[:rare]) {
			return true
		}
		at++
	}
}

// KeepAssembly keeps of an assembly what the catalogers read of it. A program with a .NET
// application in it is kept whole.
func (s *Set) KeepAssembly(ctx context.Context, p string, whole []byte) *Sparse {
	if isBundle(whole) {
		return &Sparse{Size: int64(len(whole)), Parts: []Part{{0, slices.Clone(whole)}}}
	}
	rec := &recorder{content: content{bytes.NewReader(whole)}, sparse: &Sparse{Size: int64(len(whole))}}
	for _, c := range s.Catalogers {
		if c.Name == assemblies {
			// What it finds is of no interest here, only what it reads.
			_, _ = run(Parallel(ctx, 0), c, &recordingResolver{aloneResolver{path: "/" + p, content: whole}, rec})
		}
	}
	return rec.sparse
}

// WantsAssembly reports whether a cataloger of the set wants assemblies.
func (s *Set) WantsAssembly(p string) bool {
	return isAssembly(p) && slices.ContainsFunc(s.Catalogers, func(c *Cataloger) bool { return c.Name == assemblies })
}

// RunBundle runs the .NET cataloger alone on a program that is no assembly and may
// hold an application: an ELF file.
func (s *Set) RunBundle(ctx context.Context, p string, whole []byte) ([]Found, error) {
	if !strings.HasPrefix(executable(whole), "application/x-") || !isBundle(whole) {
		return nil, nil
	}
	for _, c := range s.Catalogers {
		if c.Name == assemblies {
			return RunAlone(ctx, c, p, whole)
		}
	}
	return nil, nil
}

// recordingResolver hands out a reader that records.
type recordingResolver struct {
	aloneResolver
	rec *recorder
}

func (r *recordingResolver) FileContentsByLocation(file.Location) (io.ReadCloser, error) {
	return r.rec, nil
}

// recorder keeps what is read. The one read of it all, with which the mark of a
// bundle is looked for, is left out: zeros do not hold the mark either.
type recorder struct {
	content
	sparse *Sparse
}

const scanned = 4 << 10

func (r *recorder) Read(p []byte) (int, error) {
	off := r.Size() - int64(r.Len())
	n, err := r.content.Read(p)
	r.sparse.keep(off, p[:n])
	return n, err
}

func (r *recorder) ReadAt(p []byte, off int64) (int, error) {
	n, err := r.content.ReadAt(p, off)
	if off > 0 || len(p) <= scanned {
		r.sparse.keep(off, p[:max(n, 0)])
	}
	return n, err
}

// keep adds a part, unless it is known.
func (s *Sparse) keep(off int64, data []byte) {
	if len(data) == 0 {
		return
	}
	for _, p := range s.Parts {
		if off >= p.Off && off+int64(len(data)) <= p.Off+int64(len(p.Data)) {
			return
		}
	}
	s.Parts = append(s.Parts, Part{off, slices.Clone(data)})
}

// Kept is the number of bytes that are kept. A nil Sparse keeps none.
func (s *Sparse) Kept() int64 {
	if s == nil {
		return 0
	}
	n := int64(0)
	for _, p := range s.Parts {
		n += int64(len(p.Data))
	}
	return n
}

// ReadAt reads what was kept, and zeros.
func (s *Sparse) ReadAt(p []byte, off int64) (int, error) {
	if off < 0 || off >= s.Size {
		return 0, io.EOF
	}
	n := int(min(int64(len(p)), s.Size-off))
	clear(p[:n])
	for _, k := range s.Parts {
		from, to := max(off, k.Off), min(off+int64(n), k.Off+int64(len(k.Data)))
		if from < to {
			copy(p[from-off:to-off], k.Data[from-k.Off:])
		}
	}
	if n < len(p) {
		return n, io.EOF
	}
	return n, nil
}

// open returns a reader as the catalogers want them.
func (s *Sparse) open() io.ReadCloser {
	return sparseReader{io.NewSectionReader(s, 0, s.Size)}
}

type sparseReader struct{ *io.SectionReader }

func (sparseReader) Close() error { return nil }
