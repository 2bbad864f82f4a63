package layers

import (
	"bufio"
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"math"
	"slices"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/klauspost/compress/zstd"
)

// cachedMagic starts every entry of a cache. Its number changes with the format, and
// with what Read makes of an archive.
const cachedMagic = "stemma layer 2\n"

// errCached says that an entry of a cache makes no sense.
var errCached = errors.New("cached layer is malformed")

// A cachedLayer is a layer as a cache keeps it: the blobs in which it was found, the
// length of its archive, and the body, compressed with zstd.
//
// The body has, in this order, the problems of the entries, the records, the contents
// that are kept, and the memos. Each list has its length in front. Numbers are
// varints; strings have their length in front.
type cachedLayer struct {
	blobs        []cachedBlob
	uncompressed int64
	body         []byte
}

// A cachedBlob is a blob that was read, and whose archive had the layer's diffID.
type cachedBlob struct {
	digest      v1.Hash
	size        int64
	compression string
}

// mostBlobs is how many blobs of one layer are remembered; the oldest are dropped.
const mostBlobs = 16

// find returns the blob with that digest.
func (c *cachedLayer) find(digest v1.Hash) (cachedBlob, bool) {
	i := slices.IndexFunc(c.blobs, func(b cachedBlob) bool { return b.digest == digest })
	if i < 0 || digest == (v1.Hash{}) {
		return cachedBlob{}, false
	}
	return c.blobs[i], true
}

// add notes the blob that a layer was found in. It reports whether that is new.
func (c *cachedLayer) add(l *Layer) bool {
	if _, ok := c.find(l.Digest); ok || l.Digest == (v1.Hash{}) {
		return false
	}
	c.blobs = append(c.blobs, cachedBlob{l.Digest, l.Size, l.Compression})
	c.blobs = c.blobs[max(0, len(c.blobs)-mostBlobs):]
	return true
}

func (c *cachedLayer) bytes() []byte {
	b := []byte(cachedMagic)
	b = binary.AppendUvarint(b, uint64(len(c.blobs)))
	for _, blob := range c.blobs {
		b = appendString(b, blob.digest.String())
		b = binary.AppendUvarint(b, uint64(blob.size))
		b = appendString(b, blob.compression)
	}
	b = binary.AppendUvarint(b, uint64(c.uncompressed))
	return append(b, c.body...)
}

func appendString(b []byte, s string) []byte {
	return append(binary.AppendUvarint(b, uint64(len(s))), s...)
}

// parseCachedLayer parses an entry of a cache, its body excepted.
func parseCachedLayer(raw []byte) (*cachedLayer, error) {
	rest, ok := bytes.CutPrefix(raw, []byte(cachedMagic))
	if !ok {
		return nil, fmt.Errorf("%w: of another version", errCached)
	}
	in := bytes.NewReader(rest)
	r := &fieldReader{r: in}
	c := &cachedLayer{}
	for range r.count(mostBlobs) {
		digest, err := v1.NewHash(r.text(100))
		if err != nil {
			return nil, fmt.Errorf("%w: %w", errCached, err)
		}
		c.blobs = append(c.blobs, cachedBlob{digest, r.size(), r.text(10)})
	}
	c.uncompressed = r.size()
	if r.err != nil {
		return nil, r.err
	}
	c.body = rest[len(rest)-in.Len():]
	return c, nil
}

// bodyWindow is the zstd window of a body. It is small, because many layers may be
// decoded at once.
const bodyWindow = 1 << 20

// The first byte of a record in a body is its type and these flags.
const (
	bodyTypes      = 0x07
	bodyOpaque     = 0x08
	bodyUntimed    = 0x10
	bodyUnexpanded = 0x20
)

// save writes the body of a layer that has been read and not been merged.
func (l *layerReader) save(c *cachedLayer) error {
	var out bytes.Buffer
	z, err := zstd.NewWriter(&out, zstd.WithEncoderLevel(zstd.SpeedFastest), zstd.WithEncoderConcurrency(1),
		zstd.WithWindowSize(bodyWindow), zstd.WithLowerEncoderMem(true))
	if err != nil {
		return err
	}
	w := &bodyWriter{out: z, from: l.recorder, attrs: map[uint32]int{}}
	w.uint(uint64(len(l.entries.list)))
	for _, problem := range l.entries.list {
		w.text(problem.Path)
		w.text(problem.Err.Error())
	}
	w.uint(uint64(l.entries.dropped))
	w.uint(uint64(l.recorder.records.n))
	for _, chunk := range l.recorder.records.chunks {
		w.records(chunk)
	}
	w.uint(uint64(len(l.wants.keep)))
	for _, i := range slices.Sorted(maps.Keys(l.wants.keep)) {
		w.uint(uint64(i))
		w.blob(l.wants.keep[i])
	}
	w.uint(uint64(len(l.wants.memos)))
	for _, m := range l.wants.memos {
		w.uint(uint64(m.want))
		w.uint(uint64(m.record))
		w.blob(m.b)
	}
	w.flush()
	if err := z.Close(); err != nil {
		return err
	}
	c.body = out.Bytes()
	return w.err
}

// A bodyWriter writes the body of a cachedLayer.
type bodyWriter struct {
	out   io.Writer
	b     []byte
	err   error
	from  *recorder
	attrs map[uint32]int // their numbers in this layer
	path  string         // of the last record
	sec   int64
}

func (w *bodyWriter) flush() {
	if w.err == nil {
		_, w.err = w.out.Write(w.b)
	}
	w.b = w.b[:0]
}

func (w *bodyWriter) uint(n uint64)  { w.b = binary.AppendUvarint(w.b, n) }
func (w *bodyWriter) int(n int64)    { w.b = binary.AppendVarint(w.b, n) }
func (w *bodyWriter) fixed(n uint64) { w.b = binary.LittleEndian.AppendUint64(w.b, n) }
func (w *bodyWriter) text(s string)  { w.b = appendString(w.b, s) }
func (w *bodyWriter) blob(b []byte) {
	w.uint(uint64(len(b)))
	w.flush()
	if w.err == nil {
		_, w.err = w.out.Write(b)
	}
}

// records writes some records. Paths are written as the part that differs from the
// last one, times as the difference.
func (w *bodyWriter) records(records []record) {
	tree := w.from.tree
	tree.mu.Lock()
	defer tree.mu.Unlock()
	for i := range records {
		r := &records[i]
		w.head(r)
		w.pathTail(tree.path(r.node))
		w.attributes(r.attrs)
		if r.flags&untimed == 0 {
			w.int(r.sec - w.sec)
			w.uint(uint64(r.nsec))
			w.sec = r.sec
		}
		switch r.typ {
		case Regular:
			w.uint(uint64(r.size))
			w.fixed(r.sum)
		case Device:
			w.fixed(r.sum)
		case Symlink:
			w.text(w.from.records.links[r.link])
		case Hardlink:
			w.text(tree.path(r.link))
		}
	}
	w.flush()
}

func (w *bodyWriter) head(r *record) {
	b := byte(r.typ)
	if r.change == Opaque {
		b |= bodyOpaque
	}
	if r.flags&untimed != 0 {
		b |= bodyUntimed
	}
	if r.flags&unexpanded != 0 {
		b |= bodyUnexpanded
	}
	w.b = append(w.b, b)
}

// pathTail writes how many bytes a path shares with the last one, and the rest.
func (w *bodyWriter) pathTail(path string) {
	n := 0
	for n < len(path) && n < len(w.path) && path[n] == w.path[n] {
		n++
	}
	w.uint(uint64(n))
	w.text(path[n:])
	w.path = path
}

// attributes writes the number of attributes, and the attributes when they come for
// the first time.
func (w *bodyWriter) attributes(num uint32) {
	n, ok := w.attrs[num]
	if !ok {
		n = len(w.attrs)
		w.attrs[num] = n
	}
	w.uint(uint64(n))
	if ok {
		return
	}
	a := w.from.attrs.get(num)
	w.uint(uint64(a.mode))
	w.int(int64(a.uid))
	w.int(int64(a.gid))
	w.fixed(a.xattrs)
}

// restore makes of a cached layer what reading the layer makes. After an error, which
// may be ctx's, the layer must be read again.
func (l *layerReader) restore(ctx context.Context, c *cachedLayer) error {
	z, err := zstd.NewReader(bytes.NewReader(c.body), zstd.WithDecoderConcurrency(1), zstd.WithDecoderLowmem(true),
		zstd.WithDecoderMaxWindow(bodyWindow))
	if err != nil {
		return fmt.Errorf("%w: %w", errCached, err)
	}
	defer z.Close()
	r := &bodyReader{in: fieldReader{r: bufio.NewReaderSize(z, 64<<10)}, to: l, limits: l.run.budget.limits}
	r.problems()
	for range r.in.count(r.limits.Entries) {
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := r.record(); err != nil {
			return err
		}
	}
	r.contents()
	entries := r.memos()
	if r.in.err != nil {
		return r.in.err
	}
	if _, err := r.in.r.ReadByte(); err != io.EOF {
		return fmt.Errorf("%w: more than it says", errCached)
	}
	return l.wants.recall(ctx, entries)
}

// A bodyReader reads the body of a cachedLayer, part by part as save writes it.
type bodyReader struct {
	in     fieldReader
	to     *layerReader
	limits Limits
	attrs  []attrs // by their numbers in this layer
	path   string  // of the last record
	sec    int64
}

// problems reads the problems of the entries. Of their errors only the text is kept.
func (r *bodyReader) problems() {
	for range r.in.count(r.limits.Problems) {
		path, text := r.in.text(math.MaxInt32), r.in.text(math.MaxInt32)
		if r.in.err != nil {
			return
		}
		r.to.entries.add(path, errors.New(text))
	}
	r.to.entries.dropped = r.in.count(math.MaxInt32)
}

func (r *bodyReader) record() error {
	head, _ := r.in.ReadByte()
	e := tarEntry{path: r.nextPath(), typ: Type(head & bodyTypes), opaque: head&bodyOpaque != 0}
	a := r.attributes()
	var with record // what comes with the entry
	if head&bodyUntimed != 0 {
		with.flags |= untimed
	} else {
		r.sec += r.in.int()
		with.sec, with.nsec = r.sec, int32(r.in.count(999_999_999))
	}
	switch e.typ {
	case Regular:
		with.size, with.sum = r.in.size(), r.in.fixed()
		if head&bodyUnexpanded != 0 {
			with.flags |= unexpanded
		}
	case Device:
		with.sum = r.in.fixed()
	case Symlink, Hardlink:
		e.link = r.in.text(r.limits.PathLength)
	}
	if r.in.err != nil {
		return r.in.err
	}
	if !r.isValid(e) {
		return fmt.Errorf("%w: entry %d", errCached, r.to.recorder.records.n)
	}
	rec, err := r.to.recorder.begin(e, a)
	if err != nil {
		return err
	}
	rec.size, rec.sum, rec.sec, rec.nsec, rec.flags = with.size, with.sum, with.sec, with.nsec, with.flags
	r.to.recorder.add(e, rec)
	return nil
}

// isValid reports whether parseTarHeader could have returned the entry.
func (r *bodyReader) isValid(e tarEntry) bool {
	isClean := func(path string) bool {
		clean, err := cleanPath(path, r.limits)
		return err == nil && clean == path
	}
	switch {
	case !isClean(e.path), e.typ > Whiteout, e.opaque && e.typ != Whiteout,
		e.path == "." && e.typ != Directory && !e.opaque,
		e.typ == Symlink && e.link == "":
		return false
	}
	return e.typ != Hardlink || isClean(e.link)
}

func (r *bodyReader) nextPath() string {
	n := r.in.count(len(r.path))
	rest := r.in.text(r.limits.PathLength)
	if r.in.err == nil {
		r.path = r.path[:n] + rest
	}
	return r.path
}

func (r *bodyReader) attributes() attrs {
	n := r.in.count(len(r.attrs))
	if n < len(r.attrs) {
		return r.attrs[n]
	}
	a := attrs{mode: fs.FileMode(r.in.count(math.MaxUint32)), uid: int(r.in.int()), gid: int(r.in.int()), xattrs: r.in.fixed()}
	r.attrs = append(r.attrs, a)
	return a
}

// contents reads the contents that are kept, as far as the limit of the image allows.
func (r *bodyReader) contents() {
	recorder, wants := r.to.recorder, r.to.wants
	for range r.in.count(recorder.records.n) {
		i, ok := r.recordNumber()
		if !ok {
			return
		}
		rec := recorder.records.at(i)
		if rec.typ != Regular {
			r.in.fail(errCached)
			return
		}
		b := r.in.blob(rec.size)
		if r.in.err != nil || int64(len(b)) != rec.size {
			r.in.fail(errCached)
			return
		}
		if err := wants.budget.addKept(rec.size); err != nil {
			r.to.entries.add(recorder.entry(i).Path, err)
		} else {
			wants.keep[int32(i)] = b
		}
	}
}

// memos reads the memos, and returns the entries of the files that they are of, by
// record.
func (r *bodyReader) memos() map[int32]Entry {
	recorder, wants := r.to.recorder, r.to.wants
	entries := map[int32]Entry{}
	left := r.limits.Kept
	files := maps.Collect(recorder.linkedFiles())
	for range r.in.count(math.MaxInt32) {
		want := r.in.count(len(wants.list) - 1)
		n, ok := r.recordNumber()
		if !ok || len(wants.list) == 0 || wants.list[want].Learn == nil {
			r.in.fail(errCached)
			break
		}
		i := int32(n)
		e := recorder.entry(n)
		file, linked := files[i]
		switch {
		case linked && e.Type == Hardlink:
			e.Size = recorder.records.at(int(file)).size
		case e.Type != Regular:
			r.in.fail(errCached)
			return entries
		}
		b := r.in.blob(left)
		left -= int64(len(b))
		wants.memos = append(wants.memos, memo{int32(want), i, b})
		entries[i] = e
	}
	return entries
}

// recordNumber reads the number of a record. It returns false if there is no such
// record.
func (r *bodyReader) recordNumber() (int, bool) {
	n := r.to.recorder.records.n
	i := r.in.count(n - 1)
	return i, n > 0 && r.in.err == nil
}

// A fieldReader reads the fields of an entry of a cache. After an error it returns
// zeros.
type fieldReader struct {
	r interface {
		io.Reader
		io.ByteReader
	}
	err error
}

func (r *fieldReader) fail(err error) {
	if r.err == nil {
		r.err = fmt.Errorf("%w: %w", errCached, unexpectedEOF(err))
	}
}

func (r *fieldReader) ReadByte() (byte, error) {
	if r.err != nil {
		return 0, r.err
	}
	b, err := r.r.ReadByte()
	if err != nil {
		r.fail(err)
	}
	return b, err
}

func (r *fieldReader) uint() uint64 {
	if r.err != nil {
		return 0
	}
	n, err := binary.ReadUvarint(r.r)
	if err != nil {
		r.fail(err)
		return 0
	}
	return n
}

func (r *fieldReader) int() int64 {
	n := r.uint()
	return int64(n>>1) ^ -int64(n&1)
}

// size reads a number of bytes.
func (r *fieldReader) size() int64 {
	n := r.uint()
	if n > 1<<62 {
		r.fail(errors.New("absurd size"))
		return 0
	}
	return int64(n)
}

// count reads a number that is at most most.
func (r *fieldReader) count(most int) int {
	n := r.uint()
	if n > uint64(max(most, 0)) {
		r.fail(fmt.Errorf("%d where %d are the most", n, most))
		return 0
	}
	return int(n)
}

// fixed reads a number of eight bytes.
func (r *fieldReader) fixed() uint64 {
	var b [8]byte
	if r.err == nil {
		if _, err := io.ReadFull(r.r, b[:]); err != nil {
			r.fail(err)
		}
	}
	return binary.LittleEndian.Uint64(b[:])
}

// blob reads a string of bytes. It takes memory only as they come.
func (r *fieldReader) blob(most int64) []byte {
	n := r.size()
	if n > most {
		r.fail(fmt.Errorf("%d bytes where %d are the most", n, most))
	}
	if r.err != nil {
		return nil
	}
	const trusted = 64 << 10
	if n <= trusted {
		b := make([]byte, n)
		if _, err := io.ReadFull(r.r, b); err != nil {
			r.fail(err)
		}
		return b
	}
	var b bytes.Buffer
	if _, err := io.CopyN(&b, r.r, n); err != nil {
		r.fail(err)
	}
	return b.Bytes()
}

func (r *fieldReader) text(most int) string { return string(r.blob(int64(most))) }
