package layers

import "math"

// Options say how to [Read]. The zero value, and nil, are the defaults.
type Options struct {
	// Wants are asked, for every regular file, whether its bytes are wanted, and for
	// hard links too: see [Want].
	Wants []Want
	// Parallelism is the number of layers that are read at the same time; 0 is
	// runtime.GOMAXPROCS(0).
	Parallelism int
	// Limits bound what a hostile image can cost; zero fields are the defaults.
	Limits Limits
	// Cache, if not nil, saves reading layers that were read before, whatever image
	// they were in: see [Cache]. It serves where every want has a Key and no Use; with
	// any other want among Wants, it is neither asked nor filled.
	Cache Cache
	// Progress, if not nil, is called now and then, from several goroutines, with
	// the number of stored (compressed) bytes read so far and in all; all is 0
	// when it is not known.
	Progress func(done, all int64)
}

// A Want asks for the bytes of some files during the one pass of [Read]. Its
// functions are called from several goroutines at the same time; with a file over
// 8 MiB that is not to be kept, one at a time, so that no two are in memory.
//
// A file is asked about when its content comes, and then under each name that hard
// links of the same layer give it, which may be the one that tells what it is. If
// such a name is wanted, by Use or Learn or of a file that is not kept, the layer is
// read, and verified, once more when its end has come.
type Want struct {
	// Match reports whether the bytes of the file are wanted. e is as the layer
	// has it: Change and Shadow, which need the other layers, and Sum are not yet
	// set. head holds the file's first bytes: HeadSize of them, or the whole file
	// where it is shorter. head must not be kept. Of a hard link (Type is Hardlink, Link
	// the name that it was made of) head is nil, and Size, here and in what follows, that
	// of the file.
	Match func(e Entry, head []byte) bool
	// Use, if not nil, is given the whole content. It must not keep b after it
	// has returned. An error, or a panic, becomes a Problem of that layer and
	// path. If neither Use nor Learn is set, the content is kept in the Index: see
	// [Index.Content].
	Use func(e Entry, b []byte) error

	// Key makes the want fit for a [Cache]. It names, with version and settings, what
	// Match and Learn do: under an equal key, equal files must give equal answers, and
	// Match must not depend on Entry.Layer.
	Key string
	// Learn and Recall stand together, in place of Use. Learn is Use that also
	// returns what it learnt, as bytes that a Cache keeps; nil keeps nothing.
	// Where the layer is then taken from the cache, Recall is given these in place of
	// the content, in the order of the entries. It must not keep memo. If it
	// returns an error, the layer is read after all, and Learn is called again for
	// each of its files.
	Learn  func(e Entry, b []byte) (memo []byte, err error)
	Recall func(e Entry, memo []byte) error
}

// keeps reports whether the Index is to keep what is wanted.
func (w *Want) keeps() bool { return w.Use == nil && w.Learn == nil }

// HeadSize is the number of bytes that [Want.Match] sees of a file.
const HeadSize = 512

// Limits bound the cost of reading an image. A zero field is the default, a
// negative one means no limit.
//
// Passing a limit of one entry (PathLength, PathDepth, FileSize, Kept) costs that
// entry; passing one of a layer or of the image (HeaderSize, Uncompressed, Ratio,
// Entries, Window) ends the reading of the layer, which is then Partial, but where
// the holes of a sparse file do, or one more name of a wanted file: that costs the file,
// or what the name would have told. Passing Layers is an error of [Read].
type Limits struct {
	Layers       int   // layers of an image; default 1,000 (Docker stops at 127)
	Entries      int   // entries of all layers together, and the directories that their paths imply, each 256 bytes of a path and its link as one more; default 10,000,000, at most 1<<30
	PathLength   int   // bytes of a path, or of a link's target; default 4,096 (Linux' PATH_MAX)
	PathDepth    int   // components of a path; default 256
	HeaderSize   int64 // bytes of one entry's PAX and GNU headers; default 1 MiB, and no single one can be longer
	Uncompressed int64 // bytes of all layers together, decompressed, holes of sparse files included, and files that are wanted under several hard links as often; default 1 TiB
	Ratio        int   // decompressed over stored bytes of a layer, once 64 MiB are decompressed; default 2,000
	Window       int64 // bytes of history that a zstd frame may ask the decoder to keep; default 128 MiB, what zstd itself accepts
	FileSize     int64 // bytes of one wanted file; default 512 MiB
	Kept         int64 // bytes of all files that the Index keeps; default 512 MiB
	Problems     int   // problems reported for a layer's entries; the rest is counted; default 100
}

// ratioFrom is the number of decompressed bytes below which a layer's ratio is
// not judged: a small layer of zeros is no attack.
const ratioFrom = 64 << 20

// entryText is the number of bytes of path and link that one entry may have. More
// count as more entries, since the memory that Entries is to bound holds them.
const entryText = 256

// maxEntries keeps the numbers of nodes and records inside an int32.
const maxEntries = 1 << 30

// orDefaults returns l with every zero field replaced by its default and every
// negative one by the largest value.
func (l Limits) orDefaults() Limits {
	limit(&l.Layers, 1000, math.MaxInt)
	limit(&l.Entries, 10_000_000, maxEntries)
	limit(&l.PathLength, 4096, math.MaxInt)
	limit(&l.PathDepth, 256, math.MaxInt)
	limit(&l.HeaderSize, 1<<20, math.MaxInt64/2)
	limit(&l.Uncompressed, 1<<40, math.MaxInt64)
	limit(&l.Ratio, 2000, math.MaxInt32)
	limit(&l.Window, 128<<20, 1<<40)
	limit(&l.FileSize, 512<<20, math.MaxInt64)
	limit(&l.Kept, 512<<20, math.MaxInt64)
	limit(&l.Problems, 100, math.MaxInt)
	return l
}

func limit[N int | int64](v *N, def, most N) {
	switch {
	case *v == 0:
		*v = def
	case *v < 0 || *v > most:
		*v = most
	}
}
