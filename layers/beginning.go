package layers

import (
	"archive/tar"
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"sync"

	"github.com/stemma-go/stemma/internal/panics"

	v1 "github.com/google/go-containerregistry/pkg/v1"
)

// Begun is what a v1.Layer may implement besides [Stored], if the beginning of its
// blob can be had for less than all of it.
type Begun interface {
	// Beginning is Stored for a reader that reads most bytes of the blob, and perhaps
	// far fewer. A registry is not asked for more.
	Beginning(most int64) (io.ReadCloser, v1.Hash, error)
}

// A Beginning says how much of a layer [ReadBeginning] has read.
type Beginning struct {
	// Stored is the number of bytes of the stored blob that were read.
	Stored int64
	// Complete is true if the archive was read to its end. Otherwise nothing is known
	// of what was not visited: that a file is absent is not known, either.
	Complete bool
}

// ReadBeginning reads a layer from its start, and calls visit for each of its entries,
// until visit returns false, or most bytes of the stored blob are read. The rest is not
// read, and the blob is closed. A registry is not asked for it; what it has sent ahead
// is thrown away.
//
// content is that of a regular file, and can be read until visit returns. Of e, Layer is
// [None], and Change, Shadow and Sum are not set: they depend on what was not read.
//
// Nothing is verified: a digest is that of the whole blob. What is learnt here is what
// the place where the layer is kept says.
//
// The error is ctx's, or says why the layer could not be read so far. What was visited
// before it is as good as without. That most bytes were read is no error. Of the limits,
// those of the layer apply; zero fields are the defaults.
func ReadBeginning(ctx context.Context, layer v1.Layer, most int64, limits Limits, visit func(e Entry, content io.Reader) (more bool)) (Beginning, error) {
	if err := ctx.Err(); err != nil {
		return Beginning{}, err
	}
	b := &beginning{limits: limits.orDefaults(), most: most, visit: visit}
	b.meter.budget = &budget{limits: b.limits}
	err := b.read(ctx, layer)
	done := Beginning{Stored: b.meter.stored.Load()}
	switch {
	case ctx.Err() != nil:
		return done, ctx.Err()
	case errors.Is(err, errEnough), b.left <= 0:
		return done, nil
	case err != nil:
		return done, err
	}
	done.Complete = true
	return done, nil
}

// errEnough ends the reading of a layer of which enough is known.
var errEnough = errors.New("enough")

// A beginning is a layer that is being read from its start.
type beginning struct {
	limits Limits
	meter  meter
	most   int64
	left   int64 // stored bytes that may yet be read
	visit  func(Entry, io.Reader) bool
}

func (b *beginning) read(ctx context.Context, layer v1.Layer) error {
	b.left = b.most
	opened, err := openBeginning(layer, b.most)
	if err != nil {
		return err
	}
	closeBlob := sync.OnceFunc(func() { opened.Close() })
	defer closeBlob()
	defer context.AfterFunc(ctx, closeBlob)() // ends a Read that waits
	stored := bufio.NewReaderSize(readerFunc(func(p []byte) (int, error) { return b.readStored(opened, p) }), 32<<10)
	head, err := stored.Peek(tarBlock)
	if err != nil && err != io.EOF {
		return err
	}
	compression, known := sniff(head)
	if opened.plain {
		compression, known = compressionNone, true
	}
	if !known {
		return fmt.Errorf("neither gzip, zstd nor tar: starts with % x", head[:min(len(head), 8)])
	}
	return panics.Catch(func() error {
		archive, err := decompress(compression, stored, nil, b.limits)
		if err != nil {
			return fmt.Errorf("%s: %w", compression, err)
		}
		defer archive.Close()
		counted := readerFunc(func(p []byte) (int, error) {
			n, err := archive.Read(p)
			if over := b.meter.addDecompressed(int64(n)); over != nil {
				return 0, over
			}
			return n, err
		})
		return b.walk(ctx, bufio.NewReaderSize(counted, 32<<10))
	})
}

// readStored reads from the blob, as far as that is allowed.
func (b *beginning) readStored(blob io.Reader, p []byte) (int, error) {
	if b.left <= 0 {
		return 0, io.EOF
	}
	n, err := blob.Read(p[:min(int64(len(p)), b.left)])
	b.left -= int64(n)
	b.meter.addStored(int64(n))
	return n, err
}

// walk visits the entries of the archive.
func (b *beginning) walk(ctx context.Context, archive io.Reader) error {
	in := newTarReader(archive, b.limits)
	return in.each(ctx, &layerProblemList{}, func(h *tar.Header) error {
		if err := b.meter.budget.addEntries(1); err != nil {
			return err
		}
		e, ok, _ := parseTarHeader(h, b.limits) // what is malformed is left out
		if !ok {
			return in.discard(h)
		}
		a := attrsOf(h, e.typ)
		entry := Entry{
			Path: e.path, Layer: None, Type: e.typ, Mode: a.mode, UID: a.uid, GID: a.gid,
			ModTime: h.ModTime, Link: e.link, Shadow: None,
		}
		if e.typ == Regular {
			entry.Size = h.Size
		}
		if !b.visit(entry, in.tr) {
			return errEnough
		}
		return in.discard(h)
	})
}

// openBeginning opens the stored form of a layer, of which most bytes are read.
func openBeginning(l v1.Layer, most int64) (blob, error) {
	if begun, ok := l.(Begun); ok {
		rc, claimed, err := begun.Beginning(most)
		return blob{rc, claimed, false}, err
	}
	return openBlob(l)
}

type readerFunc func(p []byte) (int, error)

func (f readerFunc) Read(p []byte) (int, error) { return f(p) }
