package layers

import (
	"context"
	"io"
	"sync/atomic"
)

// blockSize is how many bytes move between the stages of a pass at a time: large
// enough that handing over costs nothing, small enough to stay in a core's cache.
const blockSize = 256 << 10

// pipeDepth is how many blocks may wait between two stages.
const pipeDepth = 6

// A block is a piece of a stream, shared by the stages that read it. The last
// one to release it gives it back.
type block struct {
	b    []byte // blockSize long
	n    int    // bytes in use
	refs atomic.Int32
	home *blocks
}

func (b *block) release() {
	if b.refs.Add(-1) == 0 {
		b.home.put(b)
	}
}

// blocks keeps a few unused blocks. What it has no room for is left to the
// garbage collector.
type blocks struct{ free chan *block }

func newBlocks(n int) *blocks { return &blocks{free: make(chan *block, n)} }

func (p *blocks) get(refs int32) *block {
	var b *block
	select {
	case b = <-p.free:
	default:
		b = &block{b: make([]byte, blockSize), home: p}
	}
	b.n = 0
	b.refs.Store(refs)
	return b
}

func (p *blocks) put(b *block) {
	select {
	case p.free <- b:
	default:
	}
}

// A pipe carries blocks from one stage to the next. The sender closes it, with
// the error that ended the stream, nil at its regular end.
type pipe struct {
	ch  chan *block
	err error // set before ch is closed
}

func newPipe() *pipe { return &pipe{ch: make(chan *block, pipeDepth)} }

func (p *pipe) send(ctx context.Context, b *block) error {
	select {
	case p.ch <- b:
		return nil
	case <-ctx.Done():
		b.release()
		return ctx.Err()
	}
}

func (p *pipe) close(err error) {
	p.err = err
	close(p.ch)
}

// receive returns the next block, which the caller releases.
func (p *pipe) receive(ctx context.Context) (*block, error) {
	select {
	case b, ok := <-p.ch:
		switch {
		case ok:
			return b, nil
		case p.err != nil:
			return nil, p.err
		}
		return nil, io.EOF
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// drain receives and drops all that is left.
func (p *pipe) drain(ctx context.Context) {
	for {
		b, err := p.receive(ctx)
		if err != nil {
			return
		}
		b.release()
	}
}

// A pipeReader reads a pipe as a stream of bytes.
type pipeReader struct {
	receive func() (*block, error)
	cur     *block
	off     int
	err     error
}

func (p *pipe) reader(ctx context.Context) *pipeReader {
	return &pipeReader{receive: func() (*block, error) { return p.receive(ctx) }}
}

func (r *pipeReader) Read(b []byte) (int, error) {
	for r.cur == nil || r.off == r.cur.n {
		if r.cur != nil {
			r.cur.release()
			r.cur = nil
		}
		if r.err != nil {
			return 0, r.err
		}
		r.cur, r.err = r.receive()
		r.off = 0
	}
	n := copy(b, r.cur.b[r.off:r.cur.n])
	r.off += n
	return n, nil
}

// fill reads into b until it is full or r ends. Unlike io.ReadFull it gives r's
// own error, io.EOF included, beside the bytes read before it.
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
