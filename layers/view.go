package layers

import (
	"archive/tar"
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"sync"
	"time"

	"github.com/stemma-go/stemma/internal/panics"

	"github.com/cespare/xxhash/v2"
)

// A view is the merged view at a layer as a file system.
type view struct {
	x     *Index
	layer int
}

var _ interface {
	fs.ReadDirFS
	fs.ReadFileFS
	fs.StatFS
	fs.ReadLinkFS
} = view{}

// find returns what a name leads to. The operation is for its error. If last is true,
// it also follows a symbolic link at the end of the name.
func (v view) find(op, name string, last bool) (info, error) {
	fail := func(err error) (info, error) { return info{}, &fs.PathError{Op: op, Path: name, Err: err} }
	if !fs.ValidPath(name) {
		return fail(fs.ErrInvalid)
	}
	if v.x.state == nil || v.layer < 0 || len(v.x.Layers) == 0 {
		if name != "." {
			return fail(fs.ErrNotExist)
		}
		return info{name: ".", id: None, mode: fs.ModeDir | 0o755}, nil
	}
	f, err := v.x.state.resolve(v.layer, name, last)
	if err != nil {
		return fail(err)
	}
	return v.info(path.Base(name), f), nil
}

// info describes what was found under a name.
func (v view) info(name string, f found) info {
	s := v.x.state
	if f.id == None {
		return info{name: name, node: f.node, id: None, mode: fs.ModeDir | 0o755}
	}
	e := s.entryAt(f.id, name)
	i := info{name: name, node: f.node, id: f.id, mode: e.Mode, size: e.Size, time: e.ModTime}
	if e.Type == Symlink {
		i.size = int64(len(e.Link))
	}
	return i
}

// Open opens a file or directory.
func (v view) Open(name string) (fs.File, error) {
	i, err := v.find("open", name, true)
	if err != nil {
		return nil, err
	}
	if i.IsDir() {
		return &dir{info: i, view: v, path: name}, nil
	}
	rc, err := v.content(i.id)
	if err != nil {
		return nil, &fs.PathError{Op: "open", Path: name, Err: err}
	}
	return &file{info: i, rc: rc}, nil
}

// content opens the content of anything but a directory.
func (v view) content(id int32) (io.ReadCloser, error) {
	s := v.x.state
	r := s.recs.at(id)
	if r.typ != Regular || r.size == 0 && r.flags&unexpanded == 0 {
		return io.NopCloser(bytes.NewReader(nil)), nil
	}
	if b, ok := s.keep[id]; ok {
		return io.NopCloser(bytes.NewReader(b)), nil
	}
	return s.reread(id)
}

// ReadFile returns a file's content.
func (v view) ReadFile(name string) ([]byte, error) {
	f, err := v.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	b, err := io.ReadAll(f)
	if err != nil {
		return nil, &fs.PathError{Op: "read", Path: name, Err: err}
	}
	return b, nil
}

// Stat describes what a name leads to. It follows symbolic links.
func (v view) Stat(name string) (fs.FileInfo, error) { return v.describe("stat", name, true) }

// Lstat describes what a name stands for. It does not follow a symbolic link at its
// end.
func (v view) Lstat(name string) (fs.FileInfo, error) { return v.describe("lstat", name, false) }

func (v view) describe(op, name string, last bool) (fs.FileInfo, error) {
	i, err := v.find(op, name, last)
	if err != nil {
		return nil, err
	}
	return i, nil
}

// ReadLink returns a symbolic link's target as recorded.
func (v view) ReadLink(name string) (string, error) {
	i, err := v.find("readlink", name, false)
	if err != nil {
		return "", err
	}
	if i.mode.Type() != fs.ModeSymlink {
		return "", &fs.PathError{Op: "readlink", Path: name, Err: fs.ErrInvalid}
	}
	return v.x.state.recs.links[v.x.state.recs.at(i.id).link], nil
}

// ReadDir lists a directory, sorted by name.
func (v view) ReadDir(name string) ([]fs.DirEntry, error) {
	i, err := v.find("readdir", name, true)
	if err != nil {
		return nil, err
	}
	if !i.IsDir() {
		return nil, &fs.PathError{Op: "readdir", Path: name, Err: fmt.Errorf("not a directory: %w", fs.ErrInvalid)}
	}
	return v.list(i), nil
}

func (v view) list(of info) []fs.DirEntry {
	s := v.x.state
	if s == nil || v.layer < 0 {
		return nil
	}
	var all []fs.DirEntry
	for _, n := range s.tree.children(of.node) {
		id := s.visible(n, v.layer)
		if id == None {
			continue
		}
		name := s.tree.nodes[n].name
		if f := s.recs.fileOf(id); f != None {
			all = append(all, v.info(name, found{n, f}))
			continue
		}
		// A hard link to nothing is listed, but can't be opened.
		all = append(all, info{name: name, node: n, id: id, mode: fs.ModeIrregular})
	}
	return all
}

// An info is an fs.FileInfo and fs.DirEntry.
type info struct {
	name     string
	node, id int32
	mode     fs.FileMode
	size     int64
	time     time.Time
}

func (i info) Name() string               { return i.name }
func (i info) Size() int64                { return i.size }
func (i info) Mode() fs.FileMode          { return i.mode }
func (i info) Type() fs.FileMode          { return i.mode.Type() }
func (i info) ModTime() time.Time         { return i.time }
func (i info) IsDir() bool                { return i.mode.IsDir() }
func (i info) Sys() any                   { return nil }
func (i info) Info() (fs.FileInfo, error) { return i, nil }
func (i info) String() string             { return fs.FormatDirEntry(i) }

// A file is an open file.
type file struct {
	info
	rc io.ReadCloser
}

func (f *file) Stat() (fs.FileInfo, error) { return f.info, nil }
func (f *file) Read(b []byte) (int, error) { return f.rc.Read(b) }
func (f *file) Close() error               { return f.rc.Close() }

// A dir is an open directory.
type dir struct {
	info
	view view
	path string
	rest []fs.DirEntry
	read bool
}

func (d *dir) Stat() (fs.FileInfo, error) { return d.info, nil }
func (d *dir) Close() error               { return nil }

func (d *dir) Read([]byte) (int, error) {
	return 0, &fs.PathError{Op: "read", Path: d.path, Err: fmt.Errorf("is a directory: %w", fs.ErrInvalid)}
}

func (d *dir) ReadDir(n int) ([]fs.DirEntry, error) {
	if !d.read {
		d.rest, d.read = d.view.list(d.info), true
	}
	some := d.rest
	if n > 0 {
		if len(some) == 0 {
			return nil, io.EOF
		}
		some = some[:min(n, len(some))]
	}
	d.rest = d.rest[len(some):]
	return some, nil
}

// reread opens the content of a regular file, by decompressing its layer up to the
// file.
func (s *state) reread(id int32) (io.ReadCloser, error) {
	r := s.recs.at(id)
	layer := int(s.recs.layer(id))
	fail := func(err error) (io.ReadCloser, error) { return nil, fmt.Errorf("layer %d: %w", layer, err) }
	if r.flags&unexpanded != 0 {
		return fail(errors.New("sparse file over the limit"))
	}
	b, err := openBlob(s.blobs[layer])
	if err != nil {
		return fail(err)
	}
	c := &content{left: r.size, sum: r.sum, hash: xxhash.New()}
	c.close = sync.OnceValue(func() error {
		if c.d != nil {
			c.d.Close()
		}
		return b.Close()
	})
	if err := panics.Catch(func() error { return c.seek(b, s.limits, int(id-s.recs.first[layer]), r.size) }); err != nil {
		c.Close()
		return fail(err)
	}
	return c, nil
}

// A content is the content of a regular file inside a layer. It ends with errChanged
// if it is not that of the first reading.
type content struct {
	d     io.Closer // the decompressor
	tr    *tar.Reader
	left  int64  // bytes
	sum   uint64 // that of the first reading
	hash  *xxhash.Digest
	err   error
	close func() error
}

// seek goes to the content of the entry that has the number n in its layer.
func (c *content) seek(b blob, limits Limits, n int, size int64) error {
	in := bufio.NewReaderSize(b, 64<<10)
	compression := compressionNone
	if !b.plain {
		head, err := in.Peek(tarBlock)
		if err != nil && err != io.EOF {
			return err
		}
		compression, _ = sniff(head)
	}
	d, err := decompress(compression, in, nil, limits)
	if err != nil {
		return err
	}
	c.d, c.tr = d, tar.NewReader(io.LimitReader(d, limits.Uncompressed))
	for {
		h, err := c.tr.Next()
		if err != nil && !errors.Is(err, tar.ErrInsecurePath) {
			return unexpectedEOF(err)
		}
		e, ok, _ := parseTarHeader(h, limits)
		if !ok {
			continue
		}
		if n--; n >= 0 {
			continue
		}
		if e.typ != Regular || h.Size != size {
			return errChanged
		}
		return nil
	}
}

func (c *content) Read(b []byte) (int, error) {
	if c.err != nil || len(b) == 0 {
		return 0, c.err
	}
	var n int
	err := panics.Catch(func() (err error) { n, err = c.tr.Read(b); return err })
	c.hash.Write(b[:n]) //nolint:errcheck // never fails
	c.left -= int64(n)
	if c.left == 0 && (err == nil || err == io.EOF) {
		err = io.EOF
		if c.hash.Sum64() != c.sum {
			err = errChanged
		}
	}
	c.err = err
	if n > 0 && err == io.EOF {
		return n, nil
	}
	return n, err
}

func (c *content) Close() error { return c.close() }
