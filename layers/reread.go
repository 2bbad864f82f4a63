package layers

import (
	"archive/tar"
	"bufio"
	"errors"
	"fmt"
	"io"
	"sync"

	"github.com/cespare/xxhash/v2"
)

// errChanged is a content that is not the one that Read has seen.
var errChanged = errors.New("content is not what it was when the image was read")

// reread opens the content of a regular file by decompressing its layer up to it.
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
	c := &content{left: r.size, want: r.sum, hash: xxhash.New()}
	c.close = sync.OnceValue(func() error {
		if c.d != nil {
			c.d.Close()
		}
		return b.Close()
	})
	if err := guard(func() error { return c.seek(b, s.lim, int(id-s.recs.first[layer]), r.size) }); err != nil {
		c.Close()
		return fail(err)
	}
	return c, nil
}

// A content is a regular file inside a layer.
type content struct {
	d     io.Closer // the decompressor
	tr    *tar.Reader
	left  int64
	want  uint64
	hash  *xxhash.Digest
	err   error
	close func() error
}

// seek goes to the content of a layer's n-th entry.
func (c *content) seek(b blob, lim Limits, n int, size int64) error {
	in := bufio.NewReaderSize(b, 64<<10)
	compression := compressionNone
	if !b.derived {
		head, err := in.Peek(tarBlock)
		if err != nil && err != io.EOF {
			return err
		}
		compression, _ = sniff(head)
	}
	d, err := decompress(compression, in, nil, lim)
	if err != nil {
		return err
	}
	c.d, c.tr = d, tar.NewReader(io.LimitReader(d, lim.Uncompressed))
	for {
		h, err := c.tr.Next()
		if err != nil && !errors.Is(err, tar.ErrInsecurePath) {
			return eofIsEarly(err)
		}
		it, ok, _ := judge(h, lim)
		if !ok {
			continue
		}
		if n--; n >= 0 {
			continue
		}
		if it.typ != Regular || h.Size != size {
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
	err := guard(func() (err error) { n, err = c.tr.Read(b); return err })
	c.hash.Write(b[:n]) //nolint:errcheck // never fails
	c.left -= int64(n)
	if c.left == 0 && (err == nil || err == io.EOF) {
		err = io.EOF
		if c.hash.Sum64() != c.want {
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
