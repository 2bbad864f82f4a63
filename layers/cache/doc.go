// Package cache is a [layers.Cache] that is a directory.
//
//	dir, err := cache.Open(path, nil)
//	...
//	idx, err := layers.Read(ctx, img, &layers.Options{Cache: dir})
//
// # What is in the directory
//
// One file for each layer and each way of reading it, named by the layer's diffID
// and a hash of the wants' keys and the limits:
//
//	stemma cache 1\n   magic, with the number of the format
//	8 bytes            length of the rest, little-endian
//	8 bytes            XXH64 of the rest, little-endian
//	the rest           what package layers put
//
// A file of another format or length, or whose checksum does not fit, is deleted and
// counts as not being there. Files that are called otherwise are left alone.
//
// # Sharing
//
// Any number of processes may use a directory at the same time. A file is written
// under another name and renamed when it is complete. Reading one sets its
// modification time, which is how the least recently used are known; where all files
// together are over the limit, those are deleted, by one process at a time.
//
// # Trust
//
// The checksum finds damage, not malice: who can write to the directory can make a
// report say anything. It is made for its owner alone, and [Open] refuses one
// that others can write to, by its mode or because it is theirs. Who can write to
// the directories above it, or is given a right by an access control list, is not
// found out.
package cache
