package cache

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// evict deletes the least recently used files until the rest is within the limit. It
// does nothing if another process is doing so.
func (d *Dir) evict() error {
	d.mu.Lock()
	defer d.mu.Unlock()
	files, size, err := d.files()
	if err != nil || size <= d.opts.Size {
		return err
	}
	unlock, ok, err := d.lock()
	if !ok {
		return err
	}
	defer unlock()
	slices.SortFunc(files, func(a, b fs.FileInfo) int {
		return cmp.Or(a.ModTime().Compare(b.ModTime()), cmp.Compare(a.Name(), b.Name()))
	})
	var failed error
	for _, f := range files {
		if size <= d.opts.Size {
			break
		}
		if err := os.Remove(filepath.Join(d.path, f.Name())); err != nil && !errors.Is(err, fs.ErrNotExist) {
			failed = err // try the others
			continue
		}
		size -= f.Size()
	}
	return failed
}

// files lists the files of the cache, and deletes those that a process left behind when
// it was ended while it wrote. It leaves other files alone.
func (d *Dir) files() (files []fs.FileInfo, size int64, err error) {
	list, err := os.ReadDir(d.path)
	if err != nil {
		return nil, 0, err
	}
	for _, e := range list {
		info, err := e.Info()
		if err != nil || !info.Mode().IsRegular() {
			continue // deleted by another process, or not a file
		}
		number, temp := strings.CutPrefix(e.Name(), tempName)
		switch {
		case temp && number != "" && strings.Trim(number, "0123456789") == "" && time.Since(info.ModTime()) > staleTemp:
			if err := os.Remove(filepath.Join(d.path, e.Name())); err != nil && !errors.Is(err, fs.ErrNotExist) {
				d.failed(fmt.Errorf("cache: %w", err))
			}
		case valid(e.Name()):
			files = append(files, info)
			size += info.Size()
		}
	}
	return files, size, nil
}

// lock takes the lock file; ok is false if another process has it. A lock that is older
// than a minute was left behind by a process that was ended; so was one from the future,
// while the clock was wrong. If two processes replace it at the same time, the worst
// that happens is that they delete a file too many.
func (d *Dir) lock() (unlock func(), ok bool, err error) {
	name := filepath.Join(d.path, lockName)
	if info, err := os.Stat(name); err == nil && time.Since(info.ModTime()).Abs() > staleLock {
		if err := os.Remove(name); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return nil, false, err
		}
	}
	f, err := os.OpenFile(name, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if errors.Is(err, fs.ErrExist) {
		return nil, false, nil
	}
	if err != nil {
		return nil, false, err
	}
	return func() {
		f.Close()
		if err := os.Remove(name); err != nil {
			d.failed(err)
		}
	}, true, nil
}
