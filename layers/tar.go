package layers

import (
	"archive/tar"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"math"
	"path"
	"slices"
	"strings"

	"github.com/cespare/xxhash/v2"
	"github.com/stemma-go/stemma/layers/internal/detect"
)

// The names by which layers delete. They are AUFS'; the image specification has kept
// the first two.
const (
	whiteoutPrefix = ".wh."
	opaqueName     = ".wh..wh..opq"
	aufsPrefix     = ".wh..wh."     // AUFS' own housekeeping, in the root
	aufsLinks      = ".wh..wh.plnk" // part of it: a directory of files that hard links of the layer name
)

// A tarEntry is what a tar header means.
type tarEntry struct {
	path   string // clean; for a whiteout what it deletes
	typ    Type
	opaque bool
	link   string
}

// parseTarHeader tells what a header means. ok is false if the entry is not recorded:
// with an error if it is malformed, without one if it is of no interest. The answer
// depends on nothing but the header and the limits, so that a second reading of a
// layer numbers its entries as the first.
func parseTarHeader(h *tar.Header, limits Limits) (e tarEntry, ok bool, err error) {
	if h.Typeflag == tar.TypeXGlobalHeader {
		return tarEntry{}, false, nil
	}
	if e.path, err = cleanPath(h.Name, limits); err != nil {
		return tarEntry{}, false, err
	}
	if strings.Contains(e.path, whiteoutPrefix) {
		if done, ok, err := e.parseWhiteout(h.Typeflag); done {
			return e, ok, err
		}
	}
	switch h.Typeflag {
	case tar.TypeReg, tar.TypeCont, tar.TypeGNUSparse:
		e.typ = Regular
	case tar.TypeDir:
		e.typ = Directory
	case tar.TypeSymlink:
		e.typ, e.link = Symlink, h.Linkname
		if e.link == "" {
			return tarEntry{}, false, errors.New("symbolic link without a target")
		}
	case tar.TypeLink:
		e.typ = Hardlink
		if e.link, err = cleanPath(h.Linkname, limits); err != nil {
			return tarEntry{}, false, fmt.Errorf("hard link: target: %w", err)
		}
	case tar.TypeChar, tar.TypeBlock:
		e.typ = Device
	case tar.TypeFifo:
		e.typ = FIFO
	default:
		return tarEntry{}, false, fmt.Errorf("tar entry of unknown type %q", h.Typeflag)
	}
	if len(e.link) > limits.PathLength {
		return tarEntry{}, false, fmt.Errorf("link target of %d bytes, over the limit of %d", len(e.link), limits.PathLength)
	}
	if e.path == "." && e.typ != Directory {
		return tarEntry{}, false, fmt.Errorf("the root is a %s", e.typ)
	}
	return e, true, nil
}

// parseWhiteout recognises whiteouts, whatever the type of the header, and the
// housekeeping of AUFS, as Docker and containerd do. done is false if the entry is
// neither.
func (e *tarEntry) parseWhiteout(flag byte) (done, ok bool, err error) {
	dir, base := splitPath(e.path)
	switch {
	case base == opaqueName:
		e.path, e.typ, e.opaque = dir, Whiteout, true
		return true, true, nil
	case strings.HasPrefix(e.path, aufsLinks+"/") && flag == tar.TypeReg:
		return false, false, nil
	case strings.HasPrefix(e.path, aufsPrefix):
		return true, false, nil
	case !strings.HasPrefix(base, whiteoutPrefix):
		return false, false, nil
	}
	name := base[len(whiteoutPrefix):]
	if name == "" || name == "." || name == ".." {
		return true, false, errors.New("whiteout of no file")
	}
	e.path, e.typ = name, Whiteout
	if dir != "." {
		e.path = dir + "/" + name
	}
	return true, true, nil
}

// attrsOf takes the attributes from a header. The type bits are those of typ, since
// the mode field of a hostile header may say something else.
func attrsOf(h *tar.Header, typ Type) attrs {
	a := attrs{mode: fs.FileMode(h.Mode & 0o777), uid: h.Uid, gid: h.Gid}
	if h.Mode&0o4000 != 0 {
		a.mode |= fs.ModeSetuid
	}
	if h.Mode&0o2000 != 0 {
		a.mode |= fs.ModeSetgid
	}
	if h.Mode&0o1000 != 0 {
		a.mode |= fs.ModeSticky
	}
	switch typ {
	case Directory:
		a.mode |= fs.ModeDir
	case Symlink:
		a.mode |= fs.ModeSymlink
	case FIFO:
		a.mode |= fs.ModeNamedPipe
	case Device:
		a.mode |= fs.ModeDevice
		if h.Typeflag == tar.TypeChar {
			a.mode |= fs.ModeCharDevice
		}
	case Whiteout:
		return attrs{}
	}
	a.xattrs = xattrSum(h.PAXRecords)
	return a
}

// xattrSum is a checksum of the extended attributes among PAX records, 0 for none.
func xattrSum(pax map[string]string) uint64 {
	var d *xxhash.Digest
	for _, k := range slices.SortedFunc(maps.Keys(pax), cmp.Compare[string]) {
		if !strings.HasPrefix(k, "SCHILY.xattr.") && !strings.HasPrefix(k, "LIBARCHIVE.xattr.") {
			continue
		}
		if d == nil {
			d = xxhash.New()
		}
		fmt.Fprintf(d, "%d %s=%d ", len(k), k, len(pax[k]))
		d.WriteString(pax[k]) //nolint:errcheck // never fails
	}
	if d == nil {
		return 0
	}
	return d.Sum64()
}

// errWindows is the problem of a layer of Windows. Such a layer holds "Files" and
// "Hives", with security descriptors in PAX records named MSWINDOWS.*.
var errWindows = errors.New("windows layer: paths are not interpreted")

func isWindows(h *tar.Header) bool { return detect.HasPAX(h, "MSWINDOWS.") }

// cleanPath returns a tar path as container runtimes take it: relative to the root,
// whether it starts with "/", "./" or neither.
func cleanPath(name string, limits Limits) (string, error) {
	if name == "" {
		return "", errors.New("empty path")
	}
	if strings.IndexByte(name, 0) >= 0 {
		return "", errors.New("path contains NUL")
	}
	if hasDotDot(name) {
		return "", errors.New(`path contains ".."`)
	}
	clean := rooted(name)
	if clean == "." {
		return ".", nil
	}
	if len(clean) > limits.PathLength {
		return "", fmt.Errorf("path of %d bytes, over the limit of %d", len(clean), limits.PathLength)
	}
	if depth := 1 + strings.Count(clean, "/"); depth > limits.PathDepth {
		return "", fmt.Errorf("path of %d components, over the limit of %d", depth, limits.PathDepth)
	}
	return clean, nil
}

func hasDotDot(name string) bool {
	if !strings.Contains(name, "..") {
		return false
	}
	for c := range strings.SplitSeq(name, "/") {
		if c == ".." {
			return true
		}
	}
	return false
}

// rooted returns the clean form of a path, taken from the root: "." for the root.
func rooted(name string) string {
	clean := path.Clean(name) // without memory for a path that is clean already, as nearly all are
	if strings.HasPrefix(clean, "..") {
		clean = path.Clean("/" + clean)
	}
	if clean == "/" {
		return "."
	}
	return strings.TrimPrefix(clean, "/")
}

// splitPath returns the directory and the last name of a clean path.
func splitPath(p string) (dir, base string) {
	if i := strings.LastIndexByte(p, '/'); i >= 0 {
		return p[:i], p[i+1:]
	}
	return ".", p
}

// clip shortens a hostile path for a message.
func clip(s string) string {
	const most = 200
	if len(s) > most {
		s = s[:most] + "…"
	}
	return s
}

// tarBlock is the unit of tar archives.
const tarBlock = 512

// errHeaderSize ends the reading of a layer whose header is over the limit.
var errHeaderSize = errors.New("headers of one entry over the limit")

// A limitedReader counts the bytes that archive/tar reads, and stops it while it
// reads headers that are over the limit.
type limitedReader struct {
	r    io.Reader
	pos  int64
	room int64 // bytes that the next headers may take
}

func (r *limitedReader) Read(b []byte) (int, error) {
	if r.room <= 0 {
		return 0, errHeaderSize
	}
	if int64(len(b)) > r.room {
		b = b[:r.room]
	}
	n, err := r.r.Read(b)
	r.pos += int64(n)
	if r.room != math.MaxInt64 {
		r.room -= int64(n)
	}
	return n, err
}

// A tarReader reads the archive of one layer.
type tarReader struct {
	src        limitedReader
	tr         *tar.Reader
	headerSize int64  // limit
	buf        []byte // scratch for contents
	skipped    bool   // the content of the last entry was not read
	end        [1]byte
}

func newTarReader(r io.Reader, limits Limits) *tarReader {
	t := &tarReader{src: limitedReader{r: r, room: math.MaxInt64}, headerSize: limits.HeaderSize, buf: make([]byte, 64<<10)}
	t.tr = tar.NewReader(&t.src)
	return t
}

// each calls entry for every header of the archive. Its error, and entry's, ends the
// layer. What follows the end of the archive is a problem of the layer.
func (t *tarReader) each(ctx context.Context, problems *layerProblemList, entry func(*tar.Header) error) error {
	for {
		if err := ctx.Err(); err != nil {
			return err
		}
		at := (t.src.pos + tarBlock - 1) / tarBlock * tarBlock
		h, err := t.next()
		if err == io.EOF {
			return t.readTrailer(problems)
		}
		if err != nil {
			return fmt.Errorf("tar header after byte %d: %w", at, err)
		}
		if err := entry(h); err != nil {
			return err
		}
	}
}

// next reads the headers of the next entry.
func (t *tarReader) next() (*tar.Header, error) {
	if !t.skipped && t.headerSize < math.MaxInt64/2 {
		t.src.room = t.headerSize + 3*tarBlock // the padding of the content before it, and the header itself
	}
	h, err := t.tr.Next()
	t.src.room = math.MaxInt64
	t.skipped = false
	if errors.Is(err, tar.ErrInsecurePath) {
		err = nil // cleanPath decides
	}
	return h, err
}

// readTrailer reads what follows the end of the archive, which should be zeros.
func (t *tarReader) readTrailer(problems *layerProblemList) error {
	for {
		n, err := t.src.Read(t.buf)
		for _, c := range t.buf[:n] {
			if c != 0 {
				problems.add(fmt.Errorf("bytes after the end of the archive, from byte %d on", t.src.pos-int64(n)))
				return nil
			}
		}
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

// discard skips the content of an entry.
func (t *tarReader) discard(h *tar.Header) error {
	if detect.Sparse(h) {
		t.skipped = true // archive/tar jumps over the holes by itself
		return nil
	}
	for {
		if _, err := t.tr.Read(t.buf); err == io.EOF {
			return nil
		} else if err != nil {
			return err
		}
	}
}

// expectEnd lets archive/tar see the end of a content that was read in full. Only
// then does it report a sparse file that has more data than its map says.
func (t *tarReader) expectEnd() error {
	if _, err := t.tr.Read(t.end[:]); err != io.EOF {
		return err
	}
	return nil
}

// recordArchive records the entries of the layer's archive. Its error is about the
// layer; what is wrong with single entries is in l.entries.
func (l *layerReader) recordArchive(ctx context.Context, r io.Reader) error {
	w := &archiveRecorder{layer: l, in: newTarReader(r, l.run.budget.limits), hash: xxhash.New()}
	return w.in.each(ctx, l.problems, func(h *tar.Header) error { return w.recordEntry(ctx, h) })
}

// An archiveRecorder records the entries of one archive, with the checksums of the
// files.
type archiveRecorder struct {
	layer *layerReader
	in    *tarReader
	hash  *xxhash.Digest
}

// recordEntry records one entry. Its error ends the layer.
func (w *archiveRecorder) recordEntry(ctx context.Context, h *tar.Header) error {
	l := w.layer
	e, ok, err := parseTarHeader(h, l.run.budget.limits)
	if err != nil {
		l.entries.add(clip(h.Name), err)
	}
	if isWindows(h) {
		l.problems.windows = true
	}
	if !ok {
		return w.in.discard(h)
	}
	a := attrsOf(h, e.typ)
	r, err := l.recorder.begin(e, a)
	if err != nil {
		return err
	}
	r.setModTime(h.ModTime)
	switch e.typ {
	case Regular:
		if err := w.readFile(ctx, h, e, a, &r); err != nil {
			return fmt.Errorf("%s: %w", e.path, err)
		}
	case Device:
		r.sum = uint64(h.Devmajor)<<32 ^ uint64(uint32(h.Devminor))
	case Whiteout:
		if err := w.in.discard(h); err != nil {
			return fmt.Errorf("%s: %w", e.path, err)
		}
	}
	l.recorder.add(e, r)
	return nil
}

// readFile reads the content of a regular file: for its checksum, and for the wants
// that ask for it. Its error ends the layer.
func (w *archiveRecorder) readFile(ctx context.Context, h *tar.Header, e tarEntry, a attrs, r *record) (err error) {
	l, in := w.layer, w.in
	if detect.Sparse(h) {
		if err := l.meter.addDecompressed(h.Size); err != nil {
			l.meter.correct(-h.Size)
			l.wants.fail(e.path, fmt.Errorf("sparse file of %d bytes not expanded: %w", h.Size, err))
			r.flags |= unexpanded
			in.skipped = true
			return nil
		}
		from := in.src.pos
		defer func() { l.meter.correct(from - in.src.pos) }() // what is stored of it was counted as it came
	}
	r.size = h.Size
	head := in.buf[:min(h.Size, int64(len(in.buf)))]
	if _, err := io.ReadFull(in.tr, head); err != nil {
		return unexpectedEOF(err)
	}
	if len(l.wants.list) > 0 {
		entry := Entry{
			Path: e.path, Layer: l.info.Index, Type: Regular, Mode: a.mode, UID: h.Uid, GID: h.Gid,
			Size: h.Size, ModTime: r.modTime(), Shadow: None,
		}
		if wants := l.wants.matching(entry, head[:min(len(head), HeadSize)]); len(wants) > 0 {
			i := int32(l.recorder.records.n)
			r.sum, err = l.wants.readFile(ctx, in, wantedFile{
				record: i, size: h.Size, head: head, names: []wantedName{{i, &entry, wants}},
			})
			return err
		}
	}
	if h.Size == int64(len(head)) {
		r.sum = xxhash.Sum64(head)
		return in.expectEnd()
	}
	w.hash.Reset()
	for b := head; ; {
		w.hash.Write(b) //nolint:errcheck // never fails
		n, err := in.tr.Read(in.buf)
		b = in.buf[:n]
		if err == io.EOF && n == 0 {
			r.sum = w.hash.Sum64()
			return nil
		}
		if err != nil && err != io.EOF {
			return err
		}
	}
}
