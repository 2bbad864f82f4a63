package layers

import (
	"io/fs"
	"time"
)

// Change says what a layer's entry did to the merged view of the layers below.
type Change uint8

// The changes. Every entry has exactly one. It compares the entry with what the
// layers below show at its path, whatever else its own layer does there: a file
// that is deleted and written anew by one layer is Modified, not Added.
//
// A hard link counts as the file that it is another name of. A directory's time
// is never compared, since it changes with everything in the directory; other times
// are compared to the second, since some tar formats have no more.
const (
	Added       Change = iota // the path was not there
	Modified                  // a file's content changed (or a link's target)
	Metadata                  // same content, new mode, owner, time or extended attributes: the bytes are shipped twice
	Replaced                  // the path changed its type: a directory became a file, a file a link, …
	Unchanged                 // an exact repetition of what was there (directories, mostly); a file's bytes are shipped twice
	Deleted                   // a whiteout: the path below is gone
	Opaque                    // an opaque whiteout: all that the directory held below is gone
	Ineffective               // a whiteout of something that was not there
)

// String returns the change's name in lower case: "added", "modified", …
func (c Change) String() string {
	return [...]string{"added", "modified", "metadata", "replaced", "unchanged", "deleted", "opaque", "ineffective"}[c]
}

// Type is an entry's kind.
type Type uint8

// The types of entries.
const (
	Regular   Type = iota // a regular file
	Directory             // a directory, written out or implied by a path below it
	Symlink               // a symbolic link
	Hardlink              // another name of a file, in this layer or below
	Device                // a character or block device
	FIFO                  // a named pipe
	Whiteout              // a marker that deletes: see Deleted, Opaque, Ineffective
)

// String returns the type's name in lower case: "regular", "directory", …
func (t Type) String() string {
	return [...]string{"regular", "directory", "symlink", "hardlink", "device", "fifo", "whiteout"}[t]
}

// An Entry is one path in one layer.
type Entry struct {
	// Path is clean, slash-separated and relative to the root: "etc/passwd".
	// The root itself is ".". For a whiteout it is the path that is deleted, for
	// an opaque one the directory.
	Path  string
	Layer int
	Type  Type
	Mode  fs.FileMode // permission and type bits, as io/fs has them
	UID   int
	GID   int
	// Size is the number of content bytes that the layer ships for this entry.
	// Zero for everything but regular files; a hard link ships none. The holes of
	// a sparse file count as the zeros that they stand for.
	Size    int64
	ModTime time.Time
	Link    string // target of a symbolic link, as recorded; path of a hard link's target, clean
	Change  Change
	// Shadow is the index of the layer that overwrote or deleted this entry; None
	// while it is visible in the finished image. An entry that its own layer
	// repeats further on is shadowed by that layer. Whiteouts are never visible:
	// their Shadow is their own layer. It tells of the path, not of the bytes: those
	// of a file may still be seen under another name (see [Layer]).
	Shadow int
	// Sum is a fast, non-cryptographic 64-bit checksum of the content (XXH64),
	// zero for everything but regular files. Equal content has an equal sum; the
	// reverse is likely, not certain, and no proof.
	Sum uint64
}

// Visible reports whether the entry can be seen in the finished image.
func (e Entry) Visible() bool { return e.Shadow == None }
