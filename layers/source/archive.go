package source

import (
	"archive/tar"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"strings"
)

const (
	maxLinks      = 16   // links followed from one member to the next
	maxMemberName = 1024 // bytes; nothing that an image refers to has a longer name
)

// archive is an uncompressed tar, indexed by its headers, its members read in place.
type archive struct {
	r       io.ReaderAt
	size    int64
	members map[string]member
	damage  error // why the index ends before the tar does
	closer  io.Closer
}

// member is where a member's bytes lie, or what it links to.
type member struct {
	offset, size int64
	link         string // the member it links to
	sparse       bool
}

var _ store = (*archive)(nil)

// indexArchive reads the headers of a tar. Of two members of one name the later
// counts, as when the tar is unpacked. A tar that breaks off gives what came
// before; only one without a single member is an error.
func indexArchive(ctx context.Context, r io.ReaderAt, size int64, maxMembers int) (*archive, error) {
	section := io.NewSectionReader(r, 0, size)
	a := &archive{r: r, size: size, members: map[string]member{}}
	tr := tar.NewReader(section)
	var end int64
	for n := 0; ; n++ {
		if n%256 == 0 && ctx.Err() != nil {
			return nil, context.Cause(ctx)
		}
		hdr, err := tr.Next()
		if err == io.EOF {
			a.damage = a.missingEnd(section, end, n)
			return a, nil
		}
		if err != nil && !errors.Is(err, tar.ErrInsecurePath) {
			return a.broken(n, err)
		}
		if n == maxMembers {
			return a.crowded(n)
		}
		// tar.Reader does not read ahead: the section stands at the data.
		offset, err := section.Seek(0, io.SeekCurrent)
		if err != nil {
			return nil, err
		}
		a.add(hdr, offset)
		if end = offset; hdr.Typeflag == tar.TypeReg && !isSparse(hdr) {
			end += (hdr.Size + 511) &^ 511
		}
	}
}

// missingEnd tells of a tar that stops after the data of its last member, which
// end at that offset, instead of with the zeros that conclude one.
func (a *archive) missingEnd(section *io.SectionReader, end int64, n int) error {
	at, err := section.Seek(0, io.SeekCurrent)
	if err != nil || n == 0 || at > end {
		return err
	}
	return explainf(because(io.ErrUnexpectedEOF), "the archive breaks off after %d members, or was never finished", n)
}

func (a *archive) broken(n int, err error) (*archive, error) {
	var pathErr *fs.PathError
	switch {
	case errors.As(err, &pathErr):
		return nil, err
	case n == 0:
		return nil, explainf(because(ErrNotImage, err), "not an image: the file is no tar")
	}
	a.damage = explainf(because(err), "the archive is damaged or breaks off after %d members: %v", n, err)
	return a, nil
}

func (a *archive) crowded(n int) (*archive, error) {
	if !a.has(manifestJSON) && !a.has(indexJSON) {
		return nil, explainf(because(ErrNotImage), "not an image: a tar with neither %s nor %s among its first %d members", manifestJSON, indexJSON, n)
	}
	return nil, explainf(because(ErrLimit), "the archive has more than %d members", n)
}

func (a *archive) add(hdr *tar.Header, offset int64) {
	name := memberName(hdr.Name)
	if len(name) > maxMemberName || len(hdr.Linkname) > maxMemberName {
		return
	}
	switch hdr.Typeflag {
	case tar.TypeReg:
		a.members[name] = member{offset: offset, size: hdr.Size, sparse: isSparse(hdr)}
	case tar.TypeGNUSparse:
		a.members[name] = member{sparse: true}
	case tar.TypeLink:
		// A hard link is to what bears the name by now; that may be replaced.
		target := memberName(hdr.Linkname)
		if m, ok := a.members[target]; ok {
			a.members[name] = m
		} else {
			a.members[name] = member{link: target}
		}
	case tar.TypeSymlink:
		target := hdr.Linkname
		if !path.IsAbs(target) {
			target = path.Join(path.Dir(name), target)
		}
		a.members[name] = member{link: memberName(target)}
	}
}

// isSparse tells whether a member's size is not what it takes in the archive.
func isSparse(hdr *tar.Header) bool {
	for key := range hdr.PAXRecords {
		if strings.HasPrefix(key, "GNU.sparse.") {
			return true
		}
	}
	return false
}

// memberName brings a name to the form of the index: relative to the archive's
// root, above which nothing leads.
func memberName(name string) string { return strings.TrimPrefix(path.Clean("/"+name), "/") }

func (a *archive) has(name string) bool {
	_, err := a.find(name)
	return err == nil
}

func (a *archive) find(name string) (member, error) {
	at := memberName(name)
	for range maxLinks {
		m, ok := a.members[at]
		switch {
		case !ok && a.damage != nil:
			return m, explainf(because(fs.ErrNotExist, a.damage), "%s: not in the archive as far as it goes (%v)", name, a.damage)
		case !ok:
			return m, explainf(because(fs.ErrNotExist), "%s: not in the archive", name)
		case m.link == "":
			return m, nil
		}
		at = m.link
	}
	return member{}, fmt.Errorf("%s: links lead round in a circle, or through more than %d members", name, maxLinks)
}

func (a *archive) open(name string) (blob, error) {
	m, err := a.find(name)
	if err != nil {
		return blob{}, err
	}
	if m.sparse {
		return blob{}, fmt.Errorf("%s: stored as a sparse file, which cannot be read in place", name)
	}
	if left := a.size - m.offset; m.size > left {
		return blob{}, explainf(because(io.ErrUnexpectedEOF), "%s: the archive ends after %d of its %d bytes", name, max(left, 0), m.size)
	}
	return blob{ReadCloser: io.NopCloser(io.NewSectionReader(a.r, m.offset, m.size)), size: m.size}, nil
}

func (a *archive) Close() error {
	if a.closer == nil {
		return nil
	}
	return a.closer.Close()
}

// openArchive indexes the tar in f. The archive takes f over.
func openArchive(ctx context.Context, f *os.File, limits Limits) (*archive, error) {
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	if kind := packedKind(f); kind != "" {
		return nil, explainf(because(ErrNotImage), "the archive is compressed with %s: decompress it first (%s), its layers are read in place", kind, unpackHint(kind))
	}
	a, err := indexArchive(ctx, f, info.Size(), limits.Members)
	if err != nil {
		return nil, err
	}
	a.closer = f
	return a, nil
}
