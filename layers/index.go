package layers

import (
	"io/fs"
	"iter"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/stemma-go/stemma/layers/history"
)

// An Index is what [Read] learnt of an image. It is immutable and safe for
// concurrent use.
type Index struct {
	// Config is the image's configuration.
	Config *v1.ConfigFile
	// Steps are the history, oldest first, joined to Layers.
	Steps []history.Step
	// Layers are the image's layers, bottom first.
	Layers []Layer
	// Problems are all that is wrong with the image, by layer; first those that
	// concern no single one. Of a layer, what concerns it as a whole comes first.
	Problems []Problem

	state *state
}

// A Layer is one layer of an image and the sums over its entries.
//
// Added + Modified + Rewritten is Content. Content − Shadowed, over all layers, is
// the bytes of the regular files that can be seen in the finished image, each
// counted once however many hard links it has: the bytes of a file are shadowed
// when the last of its names is.
type Layer struct {
	Index int
	Step  int // index of the step that made it; None if there is no such step
	// DiffID is the SHA-256 of the uncompressed layer as it was read; zero if it
	// could not be read to its end. Claimed is the one the configuration claims.
	DiffID, Claimed v1.Hash
	// Digest is the SHA-256 of the stored blob as it was read; zero where there
	// is no stored blob (an image made in memory) or it could not be read.
	Digest v1.Hash
	// Verified is true when DiffID equals Claimed and Digest equals what the
	// manifest claims, if there is a manifest.
	Verified bool
	// Cached is true when the entries were taken from Options.Cache. Verified then
	// means that they are those of an archive with this DiffID, whose hash was
	// computed when it was put there. The blob was not opened if the cache knows it
	// by the digest that the manifest claims: Digest, Size and Compression are then
	// those of that reading. Otherwise it was read and hashed as without a cache.
	Cached bool
	// Partial is true when the layer could not be read to its end: its entries
	// are those before the break.
	Partial bool
	// Compression is that of the stored blob by its magic bytes: "gzip", "zstd"
	// or "none"; "" where the blob could not be read or is none of these.
	Compression  string
	Size         int64 // bytes of the stored blob
	Uncompressed int64 // bytes of the tar archive, and of the holes of its sparse files
	Content      int64 // bytes of its regular files

	// Files is the number of its entries other than directories and whiteouts.
	Files int
	// Added, Modified, Rewritten (Metadata and Unchanged: the same bytes, shipped
	// once more) are the content bytes of its regular files by what they did;
	// Added includes Replaced.
	Added, Modified, Rewritten int64
	// Shadowed is how many of its own content bytes later layers (or itself)
	// overwrote or deleted: shipped, never seen.
	Shadowed int64
	// Hides is how many content bytes of the layers below it overwrote or
	// deleted; Deletes is the part of it that whiteouts deleted.
	Hides, Deletes int64
	// DeletedFiles is the number of files (all but directories) of the layers
	// below that its whiteouts deleted, those that it wrote anew included.
	DeletedFiles int
}

// state is the entries of an Index.
type state struct {
	tree  *tree
	recs  store
	attrs []attrs
	keep  map[int32][]byte // contents, by record
	blobs []v1.Layer
	lim   Limits
}

// Entries returns the entries of a layer in the order in which the layer has
// them, whiteouts included. Directories that are merely implied are not among them.
//
// Path is where the entry takes effect. It differs from the one that the layer
// says where a directory of it is a symbolic link in the layers below, and the layer
// does not write that directory out: "bin/sh" lands in "usr/bin/sh".
func (x *Index) Entries(layer int) iter.Seq[Entry] {
	return func(yield func(Entry) bool) {
		if x.state == nil {
			return
		}
		for id := range x.state.recs.of(layer) {
			if !yield(x.state.entry(id)) {
				return
			}
		}
	}
}

// Merged returns the entries visible at a layer, that is in the image made of
// that layer and all below, the root and implied directories included. They are
// sorted by path, component by component: a directory comes right before all that
// is in it, as with [fs.WalkDir].
func (x *Index) Merged(layer int) iter.Seq[Entry] {
	return func(yield func(Entry) bool) {
		if x.state == nil || layer < 0 || len(x.Layers) == 0 {
			return
		}
		if yield(x.state.rootEntry(layer)) {
			x.state.below(root, "", layer, yield)
		}
	}
}

// Lookup returns the entry that path names in the merged view at a layer. It
// follows no link. An implied directory has an entry with the zero ModTime, of the
// layer that implied it.
func (x *Index) Lookup(layer int, path string) (Entry, bool) {
	if x.state == nil || layer < 0 || len(x.Layers) == 0 {
		return Entry{}, false
	}
	n := x.state.tree.find(rooted(path))
	if n == root {
		return x.state.rootEntry(layer), true
	}
	id := x.state.visible(n, layer)
	if id == None {
		return Entry{}, false
	}
	return x.state.entry(id), true
}

// Resolve is Lookup that follows symbolic links, the last one too, and gives for
// a hard link the regular file that it is another name of. Links that
// leave the root, loop, or lead nowhere give false.
func (x *Index) Resolve(layer int, path string) (Entry, bool) {
	if x.state == nil || layer < 0 || len(x.Layers) == 0 {
		return Entry{}, false
	}
	f, err := x.state.resolve(layer, rooted(path), true)
	if err != nil {
		return Entry{}, false
	}
	if f.id == None {
		return x.state.rootEntry(layer), true
	}
	return x.state.entry(f.id), true
}

// Versions returns every entry that any layer has for path, bottom first,
// whiteouts of the path itself included. Implied directories are not among them.
func (x *Index) Versions(path string) []Entry {
	if x.state == nil {
		return nil
	}
	return x.state.versions(rooted(path))
}

// Content returns the content of the file that e is, or whose other name it is,
// if a [Want] without Use asked for it. The bytes must not be changed.
func (x *Index) Content(e Entry) ([]byte, bool) {
	if x.state == nil {
		return nil, false
	}
	id := x.state.id(e)
	if id == None {
		return nil, false
	}
	b, ok := x.state.keep[x.state.recs.inode(id)]
	return b, ok
}

// FS returns the merged view at a layer as a file system. It is an [fs.ReadDirFS],
// [fs.ReadFileFS], [fs.StatFS] and [fs.ReadLinkFS]; Open and Stat follow symbolic
// links as [Index.Resolve] does. Devices and named pipes are empty files with the
// mode bits of what they are. Contents that were not
// asked for by a [Want] are read again, from the image, when a file is opened:
// that decompresses its layer up to that file. What is read is compared with the
// first reading.
func (x *Index) FS(layer int) fs.FS { return view{x, layer} }

// Top returns the index of the topmost layer, None if there is no layer.
func (x *Index) Top() int { return len(x.Layers) - 1 }
