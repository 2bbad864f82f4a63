package layers

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync"

	"github.com/stemma-go/stemma/internal/panics"

	v1 "github.com/google/go-containerregistry/pkg/v1"
)

// readBlob reads the layer's blob, and verifies it. walk reads its archive; if it is
// nil, the archive is only hashed. The error is ctx's.
func (l *layerReader) readBlob(ctx context.Context, layer v1.Layer, walk func(context.Context, io.Reader) error) error {
	b := &blobReader{run: l.run, info: l.info, meter: l.meter, problems: l.problems, walk: walk}
	return b.read(ctx, layer)
}

// A blobReader reads the bytes of one layer. They go through stages, in blocks: they are read and
// hashed, decompressed, hashed again, and parsed.
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
	decoder   io.ReadCloser // nil if there is none

	wg                             sync.WaitGroup
	digest, diffID                 v1.Hash // zero if the end was not reached
	trailing                       bool    // bytes follow the compressed stream
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

	b.first = b.run.blocks.get()
	b.firstErr = panics.Catch(func() error { return b.first.fill(b.blob) })
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
	archive := b.ahead(ctx, hashed(b.ahead(ctx, b.counted(b.stored(ctx))), &b.digest))
	b.archiveErr = b.walkArchive(ctx, archive)
	b.wg.Wait()
	b.diffID = b.digest
}

// readCompressed reads a compressed blob.
func (b *blobReader) readCompressed(ctx context.Context, compression string) {
	reading, stopReading := context.WithCancel(ctx)
	defer stopReading()
	stored := &stageReader{next: b.ahead(reading, hashed(b.stored(reading), &b.digest))}
	archive := b.ahead(ctx, b.counted(b.decompressed(compression, stored)))
	b.archiveErr = b.walkArchive(ctx, b.ahead(ctx, hashed(archive, &b.diffID)))
	switch {
	case ctx.Err() != nil: // a goroutine may still be reading from stored, and ends by itself
	case errors.As(b.archiveErr, new(limitError)):
		stopReading()
		b.closeBlob()
	default:
		b.storedErr = stored.drain() // the digest of the blob covers all of it
	}
	b.wg.Wait()
	if b.decoder != nil {
		b.decoder.Close()
	}
}

// stored gives the blocks of the blob.
func (b *blobReader) stored(ctx context.Context) stage {
	blocks := b.run.blocks.of(b.blob, b.first, b.firstErr)
	if b.firstErr == nil {
		b.meter.coming.Store(readAhead)
	}
	return func() (*block, error) {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		blk, err := blocks()
		if err != nil {
			b.meter.coming.Store(0)
			return nil, err
		}
		b.meter.addStored(int64(blk.n))
		return blk, nil
	}
}

// decompressed gives the blocks of the archive in a compressed blob.
func (b *blobReader) decompressed(compression string, stored io.Reader) stage {
	blocks := b.run.blocks.of(readerFunc(func(p []byte) (n int, err error) {
		if b.decoder == nil {
			if b.decoder, err = decompress(compression, stored, b.run.decoders, b.run.budget.limits); err != nil {
				return 0, err
			}
		}
		return b.decoder.Read(p)
	}), nil, nil)
	return func() (*block, error) {
		blk, err := blocks()
		switch {
		case err == nil || err == io.EOF:
			return blk, err
		case err == errTrailing:
			b.trailing = true
			return nil, io.EOF
		case b.decoder == nil:
			return nil, fmt.Errorf("%s: %w", compression, err)
		}
		return nil, fmt.Errorf("%s, after byte %d of the decompressed layer: %w", compression, b.meter.decompressed.Load(), err)
	}
}

// counted counts the bytes of the archive, and ends with a limitError if they are too many.
func (b *blobReader) counted(archive stage) stage {
	return func() (*block, error) {
		blk, err := archive()
		if err != nil {
			return nil, err
		}
		if err := b.meter.addDecompressed(int64(blk.n)); err != nil {
			blk.release()
			return nil, err
		}
		return blk, nil
	}
}

// walkArchive walks the archive, and returns why it did not come to its end.
func (b *blobReader) walkArchive(ctx context.Context, archive stage) error {
	r := &stageReader{next: archive}
	if b.isArchive && b.walk != nil {
		b.walkErr = panics.Catch(func() error { return b.walk(ctx, r) })
	}
	return r.drain() // the hash of the archive covers all of it
}

// ahead lets a stage run ahead of the one that asks for its blocks, in a goroutine of its own, as
// soon as there are fewer layers left to read than processors. Until then whoever asks for a block
// makes it: that is cheaper, because the block stays in the cache of one processor.
func (b *blobReader) ahead(ctx context.Context, next stage) stage {
	var p *pipe
	return func() (*block, error) {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		if p == nil {
			if !b.run.processorsAreFree() {
				return next()
			}
			p = newPipe()
			b.wg.Go(func() { p.sendAll(ctx, next) })
		}
		return p.receive(ctx)
	}
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
	if b.trailing {
		b.problems.add(errTrailing)
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
