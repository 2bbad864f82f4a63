package layers

import (
	"context"
	"fmt"
	"io"
	"sync"
	"sync/atomic"

	v1 "github.com/google/go-containerregistry/pkg/v1"
)

// A limitError is a limit of the layer or the image that was passed.
type limitError struct{ error }

// A pass is the reading of one layer.
type pass struct {
	*reader
	index   int
	info    *Layer
	claimed v1.Hash // the manifest's digest

	stored, out atomic.Int64 // bytes so far

	records   recordList
	links     []string
	keep      map[int32][]byte // contents kept, by number in records
	second    *second          // not nil in a second reading
	memos     []memo           // what the wants learnt, for the cache
	learnt    int64            // bytes of memos
	odd       bool             // what was learnt is not fit for the cache
	counted   int64            // nodes that were counted
	whiteouts int
	windows   error
	verdicts  []Problem // about the layer as a whole
	problems  problems
	failed    sync.Mutex // guards verdicts
}

// verdict notes a problem of the layer as a whole.
func (p *pass) verdict(err error) {
	p.failed.Lock()
	defer p.failed.Unlock()
	p.verdicts = append(p.verdicts, Problem{Layer: p.index, Step: None, Err: err})
}

// progress tells of bytes that are read for the first time.
func (p *pass) progress(n int64) {
	if p.second == nil {
		p.reader.progress(n)
	}
}

// broken notes that the layer could not be read to its end.
func (p *pass) broken(err error) {
	p.verdict(err)
	p.info.Partial = true
}

// read reads the layer, or takes it from the cache. What is wrong is in the problems;
// the error is ctx's.
func (p *pass) read(ctx context.Context, l v1.Layer) error {
	if done, err := p.recalled(ctx, l); done || err != nil {
		return err
	}
	if err := p.readBlob(ctx, l, false); err != nil {
		return err
	}
	if err := p.readLinks(ctx, l); err != nil {
		return err
	}
	p.remember()
	return nil
}

// readBlob reads the layer's blob. If skim is true, it is hashed and no more.
func (p *pass) readBlob(ctx context.Context, l v1.Layer, skim bool) error {
	b, err := openBlob(l)
	if err != nil {
		p.broken(err)
		return ctx.Err()
	}
	p.claimed = b.claimed
	closeBlob := sync.OnceFunc(func() { b.Close() })
	defer closeBlob()
	defer context.AfterFunc(ctx, closeBlob)() // a blocked Read ends

	first := p.blocks.get(1)
	readErr := first.fill(b)
	compression, known := sniff(first.b[:first.n])
	if b.derived {
		compression, known = compressionNone, true
	}
	if broke := readErr != nil && readErr != io.EOF; broke && (first.n == 0 || !known) {
		p.broken(readErr)
		return ctx.Err()
	}
	p.info.Compression = compression
	if !known {
		p.info.Compression = ""
		p.broken(fmt.Errorf("neither gzip, zstd nor tar: starts with % x", first.b[:min(first.n, 8)]))
	}
	s := &stages{pass: p, first: first, firstErr: readErr, blob: b, closeBlob: closeBlob, known: known, skim: skim}
	if compression == compressionNone {
		s.plain(ctx)
	} else {
		s.compressed(ctx, compression)
	}
	s.wg.Wait()
	if err := ctx.Err(); err != nil {
		return err
	}
	s.judge()
	return nil
}
