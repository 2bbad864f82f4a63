package layers

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"hash"
	"io"

	"github.com/stemma-go/stemma/internal/panics"

	v1 "github.com/google/go-containerregistry/pkg/v1"
)

const (
	// blockSize is how many bytes move from one stage to the next at a time: enough for
	// the handing over to cost nothing.
	blockSize = 128 << 10

	// pipeDepth is how many blocks may wait between two goroutines: few enough for them
	// to be in a core's cache still when their turn comes.
	pipeDepth = 3

	// readAhead is how many bytes of a blob may be read and not decompressed: those in the
	// pipe, and one block at each of its ends.
	readAhead = (pipeDepth + 2) * blockSize
)

// A stage gives the next block of a stream, which the caller releases, or the error that ended
// it, which is io.EOF at its regular end.
type stage func() (*block, error)

// hashed passes the blocks on, and sets sum to the SHA-256 of all of them at their end.
func hashed(next stage, sum *v1.Hash) stage {
	h := sha256.New()
	return func() (*block, error) {
		b, err := next()
		switch err {
		case nil:
			h.Write(b.b[:b.n])
		case io.EOF:
			*sum = toHash(h)
		}
		return b, err
	}
}

func toHash(h hash.Hash) v1.Hash {
	return v1.Hash{Algorithm: "sha256", Hex: hex.EncodeToString(h.Sum(nil))}
}

// A block is a piece of a stream.
type block struct {
	b    []byte // blockSize long
	n    int    // bytes in use
	home *blocks
}

func (b *block) release() {
	select {
	case b.home.free <- b:
	default:
	}
}

// fill reads into b until it is full or r ends. Unlike io.ReadFull it returns r's
// own error, io.EOF included, together with the bytes read before it.
func (b *block) fill(r io.Reader) error {
	for b.n < len(b.b) {
		n, err := r.Read(b.b[b.n:])
		b.n += n
		if err != nil {
			return err
		}
	}
	return nil
}

// blocks keeps a few unused blocks. What it has no room for is left to the garbage
// collector.
type blocks struct{ free chan *block }

func newBlocks(n int) *blocks { return &blocks{free: make(chan *block, n)} }

func (p *blocks) get() *block {
	select {
	case b := <-p.free:
		b.n = 0
		return b
	default:
		return &block{b: make([]byte, blockSize), home: p}
	}
}

// of is a stage that reads r, whose first bytes and error are there already if first is not nil.
// A panic of r ends it.
func (p *blocks) of(r io.Reader, first *block, err error) stage {
	return func() (*block, error) {
		b := first
		first = nil
		if b == nil && err == nil {
			b = p.get()
			err = panics.Catch(func() error { return b.fill(r) })
		}
		switch {
		case b == nil:
			return nil, err
		case b.n == 0:
			b.release()
			return nil, err
		}
		return b, nil
	}
}

// A pipe carries blocks from one goroutine to the next.
type pipe struct {
	ch  chan *block
	err error // ended the stream; set before ch is closed
}

func newPipe() *pipe { return &pipe{ch: make(chan *block, pipeDepth)} }

// sendAll sends all blocks of a stage.
func (p *pipe) sendAll(ctx context.Context, next stage) {
	defer close(p.ch)
	p.err = panics.Catch(func() error {
		for {
			b, err := next()
			if err != nil {
				return err
			}
			select {
			case p.ch <- b:
			case <-ctx.Done():
				return ctx.Err()
			}
		}
	})
}

func (p *pipe) receive(ctx context.Context) (*block, error) {
	select {
	case b, ok := <-p.ch:
		if !ok {
			return nil, p.err
		}
		return b, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// A stageReader reads the blocks of a stage as a stream of bytes.
type stageReader struct {
	next stage
	cur  *block
	off  int
	err  error
}

func (r *stageReader) Read(b []byte) (int, error) {
	for r.cur == nil || r.off == r.cur.n {
		r.releaseCurrent()
		if r.err != nil {
			return 0, r.err
		}
		r.cur, r.err = r.next()
		r.off = 0
	}
	n := copy(b, r.cur.b[r.off:r.cur.n])
	r.off += n
	return n, nil
}

func (r *stageReader) releaseCurrent() {
	if r.cur != nil {
		r.cur.release()
		r.cur = nil
	}
}

// drain drops all that is left. The error is the one that ended the stream, nil at its regular
// end.
func (r *stageReader) drain() error {
	for r.releaseCurrent(); r.err == nil; r.releaseCurrent() {
		r.cur, r.err = r.next()
	}
	if r.err == io.EOF {
		return nil
	}
	return r.err
}
