package inflate

import (
	"bufio"
	"bytes"
	stdgzip "compress/gzip"
	"fmt"
	"io"
	"slices"
	"testing"
	"testing/iotest"

	"github.com/klauspost/compress/gzip"
)

// maxOut ends the reading of bombs that fuzzing finds.
const maxOut = 4 << 20

// An outcome is all that can be told from reading a stream.
type outcome struct {
	out  []byte
	err  error // nil: the end of the last member is the end of the stream
	used int   // bytes of the stream up to that end, without one 0
}

func (o outcome) String() string {
	return fmt.Sprintf("%d bytes, %v, %d used", len(o.out), o.err, o.used)
}

// A member reader is that of compress/gzip or of klauspost's package.
type memberReader interface {
	io.Reader
	Reset(io.Reader) error
	Multistream(bool)
}

// reference reads data with one of the other packages, one member after the other. It
// appends what it reads to out.
func reference(z memberReader, data, out []byte) (o outcome) {
	o.out = out
	src := bytes.NewReader(data)
	in := bufio.NewReader(src)
	for first := true; ; first = false {
		if head, _ := in.Peek(3); len(head) == 0 && !first {
			o.used = len(data)
			return o
		} else if !first && !bytes.Equal(head, []byte{0x1f, 0x8b, 8}) {
			o.err = ErrTrailing
			o.used = len(data) - src.Len() - in.Buffered()
			return o
		}
		if o.err = z.Reset(in); o.err != nil {
			if o.err == io.EOF && len(data) > 0 {
				o.err = io.ErrUnexpectedEOF // in a name, klauspost's package says io.EOF
			}
			return o
		}
		z.Multistream(false)
		if o.out, o.err = appendAll(o.out, z); o.err != nil || len(o.out) == maxOut {
			return o
		}
	}
}

// appendAll appends to b what r has, up to maxOut bytes in all.
func appendAll(b []byte, r io.Reader) ([]byte, error) {
	for len(b) < maxOut {
		b = slices.Grow(b, 4096)
		n, err := r.Read(b[len(b):min(cap(b), maxOut)])
		b = b[:len(b)+n]
		if err == io.EOF {
			return b, nil
		}
		if err != nil {
			return b, err
		}
	}
	return b, nil
}

// A comparer reads streams with all packages. What it returns is good until it reads the
// next.
type comparer struct {
	pool                       Pool
	std                        stdgzip.Reader
	got, again, theirs, theStd []byte // memory
}

func klauspost(data []byte) outcome { return reference(new(gzip.Reader), data, nil) }

// ours reads src, with memory out, and tells as well whether a code without any symbol was
// in use at the end.
func (c *comparer) ours(src io.Reader, out []byte) (o outcome, empty bool) {
	in := &counter{r: src}
	z, err := c.pool.NewReader(in)
	if err != nil {
		o.err = err
		return o, false
	}
	defer z.Close()
	o.out, o.err = appendAll(out[:0], z)
	d := z.d
	if (o.err == nil && len(o.out) < maxOut) || o.err == ErrTrailing {
		o.used = in.n - int(d.inEnd-d.inPos)
	}
	return o, d.lit[0] == badEntry || d.dist[0] == badEntry || d.lenCodeTable[0] == badEntry
}

type counter struct {
	r io.Reader
	n int
}

func (c *counter) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	c.n += n
	return n, err
}

// compare reads data with this package, in pieces of several kinds, and holds the outcome
// against those of the other packages.
func (c *comparer) compare(t *testing.T, data []byte) outcome {
	t.Helper()
	got, empty := c.ours(bytes.NewReader(data), c.got)
	for name, in := range map[string]io.Reader{
		"half":          iotest.HalfReader(bytes.NewReader(data)),
		"data and EOF":  iotest.DataErrReader(bytes.NewReader(data)),
		"byte by byte":  iotest.OneByteReader(bytes.NewReader(data)),
		"some of 61":    &pieces{bytes.NewReader(data), 61},
		"some of 8,011": &pieces{bytes.NewReader(data), 8011},
	} {
		again, _ := c.ours(in, c.again)
		if !equal(got, again) {
			t.Fatalf("%s: %v, at once: %v", name, again, got)
		}
		c.again = again.out
	}
	theirs := reference(new(gzip.Reader), data, c.theirs[:0])
	std := reference(&c.std, data, c.theStd[:0])
	c.got, c.theirs, c.theStd = got.out, theirs.out, std.out

	// klauspost's package keeps the table of an earlier code when a code has no symbol,
	// and decodes with it.
	kept := empty && got.err != nil && std.err != nil && bytes.Equal(got.out, std.out)
	if !equal(got, theirs) && !kept {
		t.Fatalf("klauspost: %v; standard: %v; got: %v", theirs, std, got)
	}
	if got.err == gzip.ErrHeader {
		return got // the standard library lets reserved flags pass
	}
	n := min(len(std.out), len(got.out))
	if got.used != std.used || (got.err == nil) != (std.err == nil) || !bytes.Equal(got.out[:n], std.out[:n]) {
		t.Fatalf("standard: %v; got: %v", std, got)
	}
	return got
}

func equal(a, b outcome) bool {
	return bytes.Equal(a.out, b.out) && a.used == b.used && fmt.Sprint(a.err) == fmt.Sprint(b.err)
}

// pieces reads n bytes at a time.
type pieces struct {
	r io.Reader
	n int
}

func (p *pieces) Read(b []byte) (int, error) { return p.r.Read(b[:min(len(b), p.n)]) }
