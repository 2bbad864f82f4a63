package layers

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"slices"

	v1 "github.com/google/go-containerregistry/pkg/v1"
)

// savedMagic starts every entry of a cache. Its number is that of the format, and
// of what the pass makes of an archive: it changes with either.
const savedMagic = "stemma layer 2\n"

// errSaved is an entry of a cache that makes no sense.
var errSaved = errors.New("cached layer is malformed")

// A saved is a layer as a cache keeps it: the blobs in which it was found, the
// length of its archive, and the body, compressed with zstd.
//
// Numbers are varints, strings have their length in front. See savedWriter and
// savedReader for the body.
type saved struct {
	blobs        []savedBlob
	uncompressed int64
	body         []byte
}

// A savedBlob is a blob that was read, and whose archive had the layer's diffID.
type savedBlob struct {
	digest      v1.Hash
	size        int64
	compression string
}

// mostBlobs bounds the blobs that are known of one layer; the oldest are dropped.
const mostBlobs = 16

func (s *saved) find(digest v1.Hash) (savedBlob, bool) {
	i := slices.IndexFunc(s.blobs, func(b savedBlob) bool { return b.digest == digest })
	if i < 0 || digest == (v1.Hash{}) {
		return savedBlob{}, false
	}
	return s.blobs[i], true
}

// add notes the blob that a layer was found in. It is false if that is not new.
func (s *saved) add(l *Layer) bool {
	if _, ok := s.find(l.Digest); ok || l.Digest == (v1.Hash{}) {
		return false
	}
	s.blobs = append(s.blobs, savedBlob{l.Digest, l.Size, l.Compression})
	s.blobs = s.blobs[max(0, len(s.blobs)-mostBlobs):]
	return true
}

func (s *saved) bytes() []byte {
	b := []byte(savedMagic)
	b = binary.AppendUvarint(b, uint64(len(s.blobs)))
	for _, blob := range s.blobs {
		b = appendString(b, blob.digest.String())
		b = binary.AppendUvarint(b, uint64(blob.size))
		b = appendString(b, blob.compression)
	}
	b = binary.AppendUvarint(b, uint64(s.uncompressed))
	return append(b, s.body...)
}

func appendString(b []byte, s string) []byte {
	return append(binary.AppendUvarint(b, uint64(len(s))), s...)
}

func parseSaved(raw []byte) (*saved, error) {
	rest, ok := bytes.CutPrefix(raw, []byte(savedMagic))
	if !ok {
		return nil, fmt.Errorf("%w: of another version", errSaved)
	}
	in := bytes.NewReader(rest)
	r := &savedReader{r: in}
	s := &saved{}
	for range r.count(mostBlobs) {
		digest, err := v1.NewHash(r.text(100))
		if err != nil {
			return nil, fmt.Errorf("%w: %w", errSaved, err)
		}
		s.blobs = append(s.blobs, savedBlob{digest, r.size(), r.text(10)})
	}
	s.uncompressed = r.size()
	if r.err != nil {
		return nil, r.err
	}
	s.body = rest[len(rest)-in.Len():]
	return s, nil
}

// A savedReader reads the parts of an entry of a cache. After an error it gives
// zeros.
type savedReader struct {
	r interface {
		io.Reader
		io.ByteReader
	}
	err error
}

func (r *savedReader) fail(err error) {
	if r.err == nil {
		r.err = fmt.Errorf("%w: %w", errSaved, eofIsEarly(err))
	}
}

func (r *savedReader) ReadByte() (byte, error) {
	if r.err != nil {
		return 0, r.err
	}
	b, err := r.r.ReadByte()
	if err != nil {
		r.fail(err)
	}
	return b, err
}

func (r *savedReader) uint() uint64 {
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

func (r *savedReader) int() int64 {
	n := r.uint()
	return int64(n>>1) ^ -int64(n&1)
}

// size is a number of bytes.
func (r *savedReader) size() int64 {
	n := r.uint()
	if n > 1<<62 {
		r.fail(errors.New("absurd size"))
		return 0
	}
	return int64(n)
}

// count is a number of things, of which there can't be more than most.
func (r *savedReader) count(most int) int {
	n := r.uint()
	if n > uint64(max(most, 0)) {
		r.fail(fmt.Errorf("%d where %d are the most", n, most))
		return 0
	}
	return int(n)
}

func (r *savedReader) fixed() uint64 {
	var b [8]byte
	if r.err == nil {
		if _, err := io.ReadFull(r.r, b[:]); err != nil {
			r.fail(err)
		}
	}
	return binary.LittleEndian.Uint64(b[:])
}

// blob is a string of bytes. Memory is taken as they come.
func (r *savedReader) blob(most int64) []byte {
	n := r.size()
	if n > most {
		r.fail(fmt.Errorf("%d bytes where %d are the most", n, most))
	}
	if r.err != nil {
		return nil
	}
	const trust = 64 << 10
	if n <= trust {
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

func (r *savedReader) text(most int) string { return string(r.blob(int64(most))) }
