package syft

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"slices"

	stereoscope "github.com/anchore/stereoscope/pkg/file"
	"github.com/anchore/syft/syft/file"

	"github.com/stemma-go/stemma/internal/panics"
)

// Alone returns the catalogers that parse the file at p by itself. head holds its
// first bytes.
func (s *Set) Alone(p string, head []byte) []*Cataloger {
	var found []*Cataloger
	for _, g := range s.alone.match(p) {
		for _, c := range s.byGlob[g] {
			if c.Mode == Alone && !slices.Contains(found, c) && (c.only == nil || c.only(p)) {
				found = append(found, c)
			}
		}
	}
	mime := executable(head)
	if mime == "" {
		return found
	}
	for _, c := range s.Catalogers {
		if c.Mode == Alone && !slices.Contains(found, c) && slices.Contains(c.MIME, mime) {
			found = append(found, c)
		}
	}
	return found
}

// RunAlone runs a cataloger on one file. A panic is an error.
func RunAlone(ctx context.Context, c *Cataloger, p string, content []byte) (found []Found, err error) {
	if !bytes.Contains(content, []byte(c.mark)) {
		return nil, nil
	}
	err = panics.Catch(func() error {
		if c.Name == javaArchives {
			if err := checkJar(content); err != nil {
				return err
			}
		}
		r := &aloneResolver{path: "/" + p, content: content, mime: executable(content)}
		pkgs, err := run(Parallel(ctx, 0), c, r)
		found = convert(c.Name, pkgs, c.cpes)
		return err
	})
	return found, err
}

// executable returns the MIME type of an executable by its first bytes, as the
// library that Syft uses names it, "" for all else. Object files and core dumps
// are no executables.
func executable(head []byte) string {
	if len(head) < 20 {
		return ""
	}
	switch {
	case string(head[:4]) == "\x7fELF":
		var order binary.ByteOrder = binary.LittleEndian
		if head[5] == 2 {
			order = binary.BigEndian
		}
		switch order.Uint16(head[16:]) {
		case 1, 4:
			return ""
		case 2:
			return "application/x-executable"
		case 3:
			return "application/x-sharedlib"
		}
		return "application/x-elf"
	case string(head[:2]) == "MZ":
		return "application/vnd.microsoft.portable-executable"
	}
	switch binary.BigEndian.Uint32(head) {
	case 0xfeedface, 0xfeedfacf, 0xcefaedfe, 0xcffaedfe:
		return "application/x-mach-binary"
	case 0xcafebabe:
		// A universal binary, or a Java class: the latter's version follows,
		// which is over 40; the former's number of architectures is under.
		if n := binary.BigEndian.Uint32(head[4:]); n > 0 && n < 20 {
			return "application/x-mach-binary"
		}
	}
	return ""
}

// aloneResolver is an image of one file.
type aloneResolver struct {
	path    string // absolute
	content []byte
	mime    string
}

var _ file.Resolver = (*aloneResolver)(nil)

func (r *aloneResolver) location() []file.Location {
	return []file.Location{newLocation(r.path, r.path)}
}

func (r *aloneResolver) FilesByGlob(patterns ...string) ([]file.Location, error) {
	for _, p := range patterns {
		if matchGlob(p, r.path[1:]) {
			return r.location(), nil
		}
	}
	return nil, nil
}

func (r *aloneResolver) FilesByMIMEType(types ...string) ([]file.Location, error) {
	if slices.Contains(types, r.mime) {
		return r.location(), nil
	}
	return nil, nil
}

func (r *aloneResolver) HasPath(p string) bool { return p == r.path }

func (r *aloneResolver) FilesByPath(paths ...string) ([]file.Location, error) {
	// The distribution is asked for by path; busybox would be taken for it.
	if slices.Contains(paths, r.path) && !withheld(r.path[1:]) {
		return r.location(), nil
	}
	return nil, nil
}

func (r *aloneResolver) RelativeFileByPath(_ file.Location, p string) *file.Location {
	if p != r.path {
		return nil
	}
	return &r.location()[0]
}

func (r *aloneResolver) AllLocations(context.Context) <-chan file.Location {
	all := make(chan file.Location, 1)
	all <- r.location()[0]
	close(all)
	return all
}

func (r *aloneResolver) FileContentsByLocation(l file.Location) (io.ReadCloser, error) {
	if l.RealPath != r.path {
		return nil, fmt.Errorf("%s: not the file at hand", l.RealPath)
	}
	return content{bytes.NewReader(r.content)}, nil
}

func (r *aloneResolver) FileMetadataByLocation(file.Location) (file.Metadata, error) {
	info := stereoscope.ManualInfo{NameValue: r.path, SizeValue: int64(len(r.content)), ModeValue: 0o644}
	return file.Metadata{FileInfo: info, Path: r.path, Type: stereoscope.TypeRegular, MIMEType: r.mime}, nil
}

// content is what the catalogers' readers of binaries use without a copy: all
// ways to read in one.
type content struct{ *bytes.Reader }

func (content) Close() error { return nil }

func newLocation(realPath, accessPath string) file.Location {
	ref := stereoscope.NewFileReference(stereoscope.Path(realPath))
	return file.NewVirtualLocationFromDirectory(realPath, accessPath, *ref)
}
