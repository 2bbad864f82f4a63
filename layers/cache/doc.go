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
// A file of another format or length, or with a wrong checksum, is deleted and counts
// as missing. Files with other names are left alone.
//
// # Sharing
//
// Any number of processes may use a directory at the same time. A file is written
// under another name and renamed when it is complete. Reading a file sets its
// modification time. When all files together are over the limit, those with the oldest
// times are deleted, by one process at a time.
//
// # Trust
//
// The checksum finds damage, not malice: anybody who can write to the directory can
// make a report say anything. The directory is made for its owner alone. [Open] refuses
// a directory that others can write to, by its mode or because they own it. It does not
// check who can write to the directories above, or may write by an access control list.
package cache
