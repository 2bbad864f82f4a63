package layers

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"sync"
	"sync/atomic"

	v1 "github.com/google/go-containerregistry/pkg/v1"
)

// readBlob reads the layer's blob, and verifies it. walk reads its archive; if it is
// nil, the archive is only hashed. The error is ctx's.
func (l *layerReader) readBlob(ctx context.Context, layer v1.Layer, walk func(context.Context, io.Reader) error) error {
	b := &blobReader{run: l.run, info: l.info, meter: l.meter, problems: l.problems, walk: walk}
	return b.read(ctx, layer)
}

// A blobReader reads the bytes of one layer. Its goroutines pass blocks on to each
// other, so that reading, decompression, hashing and parsing overlap.
type blobReader struct {
	run      *run
	info     *Layer // is filled in
	meter    *meter
	problems *layerProblemList
	walk     func(context.Context, io.Reader) error

	blob      blob
	closeBlob func()
	isArchive bool // the bytes are a tar archive, as far as their start tells
	first     *block
	firstErr  error

	wg                             sync.WaitGroup
	digest, diffID                 v1.Hash // zero if the end was not reached
	storedErr, archiveErr, walkErr error
}

func (b *blobReader) read(ctx context.Context, layer v1.Layer) error {
	var err error
	if b.blob, err = openBlob(layer); err != nil {
		b.breakOff(err)
		return ctx.Err()
	}
	b.closeBlob = sync.OnceFunc(func() { b.blob.Close() })
	defer b.closeBlob()
	defer context.AfterFunc(ctx, b.closeBlob)() // ends a Read that waits

	b.first = b.run.blocks.get(1)
	b.firstErr = b.first.fill(b.blob)
	head := b.first.b[:b.first.n]
	compression, known := sniff(head)
	if b.blob.plain {
		compression, known = compressionNone, true
	}
	if broken := b.firstErr != nil && b.firstErr != io.EOF; broken && (len(head) == 0 || !known) {
		b.breakOff(b.firstErr)
		return ctx.Err()
	}
	b.info.Compression, b.isArchive = compression, known
	if !known {
		b.info.Compression = ""
		b.breakOff(fmt.Errorf("neither gzip, zstd nor tar: starts with % x", head[:min(len(head), 8)]))
	}
	if compression == compressionNone {
		b.readPlain(ctx)
	} else {
		b.readCompressed(ctx, compression)
	}
	b.wg.Wait()
	if err := ctx.Err(); err != nil {
		return err
	}
	b.report()
	return nil
}

// breakOff notes that the layer could not be read to its end.
func (b *blobReader) breakOff(err error) {
	b.problems.add(err)
	b.info.Partial = true
}

// readPlain reads a blob that is not compressed: one hash serves for both.
func (b *blobReader) readPlain(ctx context.Context) {
	hashes, archive := newPipe(), newPipe()
	b.wg.Go(func() {
		err := b.readStored(ctx, func(blk *block) error {
			if err := b.meter.addDecompressed(int64(blk.n)); err != nil {
				blk.release()
				return err
			}
			return sendToAll(ctx, blk, hashes, archive)
		})
		b.archiveErr = err
		hashes.close(err)
		archive.close(err)
	})
	b.wg.Go(func() {
		b.diffID = hashAll(ctx, hashes)
		b.digest = b.diffID
	})
	b.walkArchive(ctx, archive)
}

// readCompressed reads a compressed blob.
func (b *blobReader) readCompressed(ctx context.Context, compression string) {
	reading, stopReading := context.WithCancel(ctx)
	defer stopReading()
	in, hashes, archive := newPipe(), newPipe(), newPipe()
	b.wg.Go(func() {
		h := sha256.New()
		b.storedErr = b.readStored(reading, func(blk *block) error {
			h.Write(blk.b[:blk.n])
			return in.send(reading, blk)
		})
		if b.storedErr == nil {
			b.digest = toHash(h)
		}
		in.close(b.storedErr)
	})
	b.wg.Go(func() {
		err := catchPanic(func() error { return b.decompress(ctx, compression, in.reader(ctx), hashes, archive) })
		if errors.Is(err, errTrailing) {
			b.problems.add(err)
			err = nil
		}
		b.archiveErr = err
		hashes.close(err)
		archive.close(err)
		if errors.As(err, new(limitError)) {
			stopReading()
			b.closeBlob()
		}
		in.drain(ctx) // the digest of the blob covers all of it
	})
	b.wg.Go(func() { b.diffID = hashAll(ctx, hashes) })
	b.walkArchive(ctx, archive)
	b.wg.Wait()
}

// readStored reads the blob and passes its blocks to f, which releases them.
func (b *blobReader) readStored(ctx context.Context, f func(*block) error) error {
	blk, err := b.first, b.firstErr
	for {
		if blk.n > 0 {
			b.meter.addStored(int64(blk.n))
			if err := f(blk); err != nil {
				return err
			}
		} else {
			blk.release()
		}
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		if err := ctx.Err(); err != nil {
			return err
		}
		blk = b.run.blocks.get(1)
		err = blk.fill(b.blob)
	}
}

// decompress decompresses in and sends the blocks to outs.
func (b *blobReader) decompress(ctx context.Context, compression string, in io.Reader, outs ...*pipe) error {
	d, err := decompress(compression, in, b.run.decoders, b.run.budget.limits)
	if err != nil {
		return fmt.Errorf("%s: %w", compression, err)
	}
	defer d.Close()
	for {
		blk := b.run.blocks.get(1)
		readErr := blk.fill(d)
		if blk.n == 0 {
			blk.release()
		} else {
			if err := b.meter.addDecompressed(int64(blk.n)); err != nil {
				blk.release()
				return err
			}
			if err := sendToAll(ctx, blk, outs...); err != nil {
				return err
			}
		}
		switch {
		case readErr == io.EOF:
			return nil
		case readErr == errTrailing:
			return readErr
		case readErr != nil:
			return fmt.Errorf("%s, after byte %d of the decompressed layer: %w", compression, b.meter.decompressed.Load(), readErr)
		}
	}
}

// walkArchive walks the archive, in the goroutine that calls it.
func (b *blobReader) walkArchive(ctx context.Context, p *pipe) {
	if b.isArchive && b.walk != nil {
		r := p.reader(ctx)
		b.walkErr = catchPanic(func() error { return b.walk(ctx, r) })
	}
	p.drain(ctx) // the other goroutines go on to the end
}

// report writes down what the goroutines have found, once all have ended.
func (b *blobReader) report() {
	l := b.info
	l.Size, l.Uncompressed = b.meter.stored.Load(), b.meter.decompressed.Load()
	l.DiffID, l.Digest = b.diffID, b.digest
	if !b.isArchive {
		l.DiffID, l.Uncompressed = v1.Hash{}, 0
	}
	if b.blob.plain {
		l.Digest = v1.Hash{}
	}
	if b.archiveErr != nil {
		b.breakOff(b.archiveErr)
	}
	if b.storedErr != nil && !errors.Is(b.archiveErr, b.storedErr) && !errors.As(b.archiveErr, new(limitError)) {
		b.breakOff(b.storedErr)
	}
	if b.walkErr != nil && (b.archiveErr == nil || !errors.Is(b.walkErr, b.archiveErr)) {
		b.breakOff(b.walkErr)
	}
	if b.problems.windows {
		b.problems.add(errWindows)
	}
	l.Verified = b.checkHash("diffID", l.DiffID, l.Claimed, "configuration")
	if b.blob.claimed != (v1.Hash{}) {
		l.Verified = b.checkHash("digest", l.Digest, b.blob.claimed, "manifest") && l.Verified
	}
}

// checkHash compares a hash with the one that is claimed.
func (b *blobReader) checkHash(what string, is, claimed v1.Hash, by string) bool {
	none := v1.Hash{}
	switch {
	case claimed == none:
		b.problems.add(fmt.Errorf("the %s claims no %s", by, what))
		return false
	case is == none:
		return false // the end was not reached, and there is a problem that says so
	case is != claimed:
		b.problems.add(fmt.Errorf("%s is %s, the %s claims %s", what, is, by, claimed))
	}
	return is == claimed
}

// hashAll returns the SHA-256 of a stream, the zero hash if it breaks off.
func hashAll(ctx context.Context, p *pipe) v1.Hash {
	h := sha256.New()
	for {
		b, err := p.receive(ctx)
		switch {
		case err == io.EOF:
			return toHash(h)
		case err != nil:
			return v1.Hash{}
		}
		h.Write(b.b[:b.n])
		b.release()
	}
}

func toHash(h hash.Hash) v1.Hash {
	return v1.Hash{Algorithm: "sha256", Hex: hex.EncodeToString(h.Sum(nil))}
}

const (
	// blockSize is how many bytes move from one goroutine to the next at a time: enough
	// for the handing over to cost nothing.
	blockSize = 128 << 10

	// pipeDepth is how many blocks may wait between two goroutines: few enough for them
	// to be in a core's cache still when their turn comes.
	pipeDepth = 3
)

// A block is a piece of a stream. Several goroutines may read it; the last one to
// release it gives it back.
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

// A pipe carries blocks from one goroutine to the next. The sender closes it with
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

// sendToAll sends a block that has one reference to several pipes.
func sendToAll(ctx context.Context, b *block, pipes ...*pipe) error {
	b.refs.Add(int32(len(pipes)) - 1)
	for i, p := range pipes {
		if err := p.send(ctx, b); err != nil {
			for range pipes[i+1:] {
				b.release()
			}
			return err
		}
	}
	return nil
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

// catchPanic runs code of others on bytes of others. A panic in it becomes an error.
func catchPanic(f func() error) (err error) {
	defer func() {
		if v := recover(); v != nil {
			err = &panicError{v}
		}
	}()
	return f()
}

// A panicError is a panic that was caught.
type panicError struct{ value any }

func (e *panicError) Error() string { return fmt.Sprintf("panic: %v", e.value) }

func (e *panicError) Unwrap() error {
	err, _ := e.value.(error)
	return err
}
