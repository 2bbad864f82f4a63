package layers

import (
	"fmt"
	"math"
	"sync"
	"sync/atomic"
)

// Limits bound the cost of reading an image. A zero field is the default, a
// negative one means no limit.
//
// An entry that passes a limit of its own (PathLength, PathDepth, FileSize, Kept) is
// lost, and no other. Passing a limit of the layer or of the image (HeaderSize,
// Uncompressed, Ratio, Entries, Window) ends the reading of the layer, which is then
// Partial. There are two exceptions: where the holes of a sparse file pass it, only
// the file's content is lost; where one more name of a wanted file passes it, only
// what the wants would have learnt under that name. Passing Layers is an error of
// [Read].
type Limits struct {
	Layers       int   // layers of an image; default 1,000 (Docker stops at 125: maxLayerDepth in moby's layer store)
	Entries      int   // entries of all layers together, and the directories that their paths imply; each 256 bytes of a path and its link count as one more; default 10,000,000, at most 1<<30
	PathLength   int   // bytes of a path, or of a link's target; default 4,096 (Linux' PATH_MAX)
	PathDepth    int   // components of a path; default 256
	HeaderSize   int64 // bytes of one entry's PAX and GNU headers together; default 1 MiB, which archive/tar also allows for each
	Uncompressed int64 // decompressed bytes of all layers together; the holes of sparse files count, and a file that is wanted under several hard links counts as often; default 1 TiB
	Ratio        int   // decompressed over stored bytes of a layer, once 64 MiB are decompressed; default 2,000
	Window       int64 // bytes of history that a zstd frame may ask the decoder to keep; default 128 MiB, what zstd itself accepts
	FileSize     int64 // bytes of one wanted file; default 512 MiB
	Kept         int64 // bytes of all files that the Index keeps; default 512 MiB
	Problems     int   // problems reported for a layer's entries; the rest is counted; default 100
}

const (
	// ratioFrom is the number of decompressed bytes from which on a layer's ratio is
	// checked: a small layer of zeros is no attack.
	ratioFrom = 64 << 20

	// entryText is the number of bytes of path and link that one entry may have. More
	// bytes count as more entries, because Entries is there to bound memory.
	entryText = 256

	// maxEntries keeps the numbers of nodes and records inside an int32.
	maxEntries = 1 << 30
)

// orDefaults returns l with every zero field replaced by its default and every
// negative one by the largest value.
func (l Limits) orDefaults() Limits {
	setLimit(&l.Layers, 1000, math.MaxInt)
	setLimit(&l.Entries, 10_000_000, maxEntries)
	setLimit(&l.PathLength, 4096, math.MaxInt)
	setLimit(&l.PathDepth, 256, math.MaxInt)
	setLimit(&l.HeaderSize, 1<<20, math.MaxInt64/2)
	setLimit(&l.Uncompressed, 1<<40, math.MaxInt64)
	setLimit(&l.Ratio, 2000, math.MaxInt32)
	setLimit(&l.Window, 128<<20, 1<<40)
	setLimit(&l.FileSize, 512<<20, math.MaxInt64)
	setLimit(&l.Kept, 512<<20, math.MaxInt64)
	setLimit(&l.Problems, 100, math.MaxInt)
	return l
}

func setLimit[N int | int64](v *N, def, most N) {
	switch {
	case *v == 0:
		*v = def
	case *v < 0 || *v > most:
		*v = most
	}
}

// A limitError says that a limit of the layer or the image was passed.
type limitError struct{ error }

// A budget counts what all layers cost together and compares it with the limits.
type budget struct {
	limits                      Limits
	decompressed, entries, kept atomic.Int64
}

// addEntries counts n more entries.
func (b *budget) addEntries(n int) error {
	if b.entries.Add(int64(n)) > int64(b.limits.Entries) {
		return limitError{fmt.Errorf("more than %d entries in all layers", b.limits.Entries)}
	}
	return nil
}

// addKept counts n more bytes of kept files. After an error they are not counted.
func (b *budget) addKept(n int64) error {
	if b.kept.Add(n) > b.limits.Kept {
		b.kept.Add(-n)
		return fmt.Errorf("file of %d bytes not kept: over the limit of %d for all", n, b.limits.Kept)
	}
	return nil
}

// A meter counts the bytes of one layer.
type meter struct {
	budget               *budget
	progress             *progress // nil in a second reading
	stored, decompressed atomic.Int64
	// coming is a number of bytes that the ratio counts as stored although they are not read yet.
	// How far a blob is read ahead of its decompression depends on the other layers; whether the
	// layer is over the ratio must not.
	coming atomic.Int64
}

// addStored counts bytes of the blob.
func (m *meter) addStored(n int64) {
	m.stored.Add(n)
	m.progress.add(n)
}

// addDecompressed counts bytes of the archive. The error is a limitError.
func (m *meter) addDecompressed(n int64) error {
	limits := &m.budget.limits
	own, all := m.correct(n)
	if n < 0 || own < 0 || all < 0 || all > limits.Uncompressed {
		return limitError{fmt.Errorf("more than %d decompressed bytes in all layers", limits.Uncompressed)}
	}
	if stored := m.stored.Load(); own > ratioFrom && own/max(stored+m.coming.Load(), 1) >= int64(limits.Ratio) {
		return limitError{fmt.Errorf("%d stored bytes decompress to %d or more, over the ratio of %d", stored, own, limits.Ratio)}
	}
	return nil
}

// correct changes the number of decompressed bytes, unchecked, and returns those of
// the layer and of all layers.
func (m *meter) correct(n int64) (own, all int64) {
	return m.decompressed.Add(n), m.budget.decompressed.Add(n)
}

// undo takes back what was counted.
func (m *meter) undo() {
	m.correct(-m.decompressed.Load())
	m.addStored(-m.stored.Load())
}

// A progress passes the number of stored bytes that have been read to
// Options.Progress.
type progress struct {
	report func(done, all int64) // may be nil
	all    int64                 // 0 if not known
	done   atomic.Int64
}

func (p *progress) add(n int64) {
	if p != nil && p.report != nil {
		p.report(p.done.Add(n), p.all)
	}
}

// layerProblemList collects what is wrong with a layer as a whole. The goroutines that
// read the layer share it.
type layerProblemList struct {
	layer   int
	windows bool // the layer is one of Windows'; errWindows is to be added at the end
	mu      sync.Mutex
	list    []Problem
}

func (p *layerProblemList) add(err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.list = append(p.list, Problem{Layer: p.layer, Step: None, Err: err})
}

// entryProblemList collects what is wrong with single entries of a layer, up to a limit.
type entryProblemList struct {
	layer   int
	list    []Problem
	limit   int
	dropped int // over the limit
}

func (p *entryProblemList) add(path string, err error) {
	if len(p.list) >= p.limit {
		p.dropped++
		return
	}
	p.list = append(p.list, Problem{Layer: p.layer, Step: None, Path: path, Err: err})
}

// all returns the problems and, if some were dropped, one that says how many.
func (p *entryProblemList) all() []Problem {
	if p.dropped == 0 {
		return p.list
	}
	return append(p.list, Problem{Layer: p.layer, Step: None, Err: fmt.Errorf("and %d more problems", p.dropped)})
}
