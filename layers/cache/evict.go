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

// evict deletes the least recently used files until the rest is within the limit. If
// another process is at it, it is left to that one.
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
			failed = err // and goes on with the others
			continue
		}
		size -= f.Size()
	}
	return failed
}

// files lists what the cache holds, and deletes what a process left behind that was
// ended while it wrote. Files that are not the cache's own are left alone.
func (d *Dir) files() (files []fs.FileInfo, size int64, err error) {
	list, err := os.ReadDir(d.path)
	if err != nil {
		return nil, 0, err
	}
	for _, e := range list {
		info, err := e.Info()
		if err != nil || !info.Mode().IsRegular() {
			continue // deleted meanwhile
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

// lock takes the lock file; ok is false if another process has it. One that was ended
// before it gave the lock back has it for a minute; a lock from the future, left
// while the clock was wrong, counts as old. Two that then take it at the same time
// delete a file too many, at the worst.
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
