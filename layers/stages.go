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

	v1 "github.com/google/go-containerregistry/pkg/v1"
)

// stages are the goroutines that read one layer: they pass blocks on to each
// other, so that reading, decompression, hashing and parsing overlap.
type stages struct {
	*pass
	blob      blob
	closeBlob func()
	known     bool // the bytes are a tar archive, as far as their start tells
	skim      bool // the archive is not walked
	first     *block
	firstErr  error

	wg                          sync.WaitGroup
	digest, diffID              v1.Hash // zero if the end was not reached
	storedErr, outErr, parseErr error
}

// plain runs the stages for a blob that is not compressed: one hash serves for both.
func (s *stages) plain(ctx context.Context) {
	hashes, parse := newPipe(), newPipe()
	s.wg.Go(func() {
		err := s.feed(ctx, func(b *block) error {
			if err := s.grow(int64(b.n)); err != nil {
				b.release()
				return err
			}
			return tee(ctx, b, hashes, parse)
		})
		s.outErr = err
		hashes.close(err)
		parse.close(err)
	})
	s.wg.Go(func() {
		s.diffID = hashAll(ctx, hashes)
		s.digest = s.diffID
	})
	s.parse(ctx, parse)
}

// compressed runs the stages for a compressed blob.
func (s *stages) compressed(ctx context.Context, compression string) {
	reading, stopReading := context.WithCancel(ctx)
	defer stopReading()
	in, hashes, parse := newPipe(), newPipe(), newPipe()
	s.wg.Go(func() {
		h := sha256.New()
		s.storedErr = s.feed(reading, func(b *block) error {
			h.Write(b.b[:b.n])
			return in.send(reading, b)
		})
		if s.storedErr == nil {
			s.digest = toHash(h)
		}
		in.close(s.storedErr)
	})
	s.wg.Go(func() {
		err := guard(func() error { return s.inflate(ctx, compression, in.reader(ctx), hashes, parse) })
		if errors.Is(err, errTrailing) {
			s.verdict(err)
			err = nil
		}
		s.outErr = err
		hashes.close(err)
		parse.close(err)
		if errors.As(err, new(limitError)) {
			stopReading()
			s.closeBlob()
		}
		in.drain(ctx) // the blob's own digest needs all of it
	})
	s.wg.Go(func() { s.diffID = hashAll(ctx, hashes) })
	s.parse(ctx, parse)
	s.wg.Wait()
}

// feed reads the blob and hands its blocks to f, which releases them.
func (s *stages) feed(ctx context.Context, f func(*block) error) error {
	b, err := s.first, s.firstErr
	for {
		if b.n > 0 {
			s.stored.Add(int64(b.n))
			s.progress(int64(b.n))
			if err := f(b); err != nil {
				return err
			}
		} else {
			b.release()
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
		b = s.blocks.get(1)
		err = b.fill(s.blob)
	}
}

// inflate decompresses in and hands the blocks to outs.
func (s *stages) inflate(ctx context.Context, compression string, in io.Reader, outs ...*pipe) error {
	d, err := decompress(compression, in, s.decoders, s.lim)
	if err != nil {
		return fmt.Errorf("%s: %w", compression, err)
	}
	defer d.Close()
	for {
		b := s.blocks.get(1)
		readErr := b.fill(d)
		if b.n == 0 {
			b.release()
		} else {
			if err := s.grow(int64(b.n)); err != nil {
				b.release()
				return err
			}
			if err := tee(ctx, b, outs...); err != nil {
				return err
			}
		}
		switch {
		case readErr == io.EOF:
			return nil
		case readErr == errTrailing:
			return readErr
		case readErr != nil:
			return fmt.Errorf("%s, after byte %d of the decompressed layer: %w", compression, s.out.Load(), readErr)
		}
	}
}

// tee hands a block with one reference to several pipes.
func tee(ctx context.Context, b *block, outs ...*pipe) error {
	b.refs.Add(int32(len(outs)) - 1)
	for i, p := range outs {
		if err := p.send(ctx, b); err != nil {
			for range outs[i+1:] {
				b.release()
			}
			return err
		}
	}
	return nil
}

// parse walks the archive, in the goroutine that called it.
func (s *stages) parse(ctx context.Context, p *pipe) {
	if s.known && !s.skim {
		r := p.reader(ctx)
		s.parseErr = guard(func() error { return s.walk(ctx, r) })
	}
	p.drain(ctx) // the other stages go on to the end
}

// hashAll returns the SHA-256 of a stream, the zero hash if it does not reach its
// regular end.
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
