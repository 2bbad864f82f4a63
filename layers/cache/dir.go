package cache

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"time"

	"github.com/cespare/xxhash/v2"

	"github.com/stemma-go/stemma/layers"
)

// Options say how large a [Dir] may grow. The zero value, and nil, are the defaults.
type Options struct {
	// Size is the number of bytes that all files together may have; 0 is 2 GiB. A file
	// that is being written comes on top.
	Size int64
	// FileSize is the number of bytes that one file may have; 0 is an eighth of Size.
	// What is larger is not kept.
	FileSize int64
	// Failed, if not nil, is called with what went wrong: a file can't be written or
	// read, or is damaged. That costs time, never a result. It is called from several
	// goroutines.
	Failed func(error)
}

// A Dir is a [layers.Cache] in a directory. It is safe for concurrent use, by
// several processes too.
type Dir struct {
	path string
	opts Options
	mu   sync.Mutex // held while old files are deleted
}

var _ layers.Cache = (*Dir)(nil)

const (
	magic     = "stemma cache 1\n"
	headSize  = len(magic) + 16
	tempName  = "stemma-new-" // and digits
	lockName  = "stemma-lock"
	staleTemp = time.Hour
	staleLock = time.Minute
)

// errDamaged says that a file is not as it was written.
var errDamaged = errors.New("damaged")

// Open opens a cache, and makes the directory if it is not there. It is an error if
// path is not a directory, or if anybody but this process's user and root can write to
// it.
func Open(path string, opts *Options) (*Dir, error) {
	d := &Dir{path: path}
	if opts != nil {
		d.opts = *opts
	}
	if d.opts.Size <= 0 {
		d.opts.Size = 2 << 30
	}
	if d.opts.FileSize <= 0 {
		d.opts.FileSize = d.opts.Size / 8
	}
	if err := os.MkdirAll(path, 0o700); err != nil {
		return nil, fmt.Errorf("cache: %w", err)
	}
	info, err := os.Stat(path)
	if err != nil {
		return nil, fmt.Errorf("cache: %w", err)
	}
	if runtime.GOOS != "windows" && info.Mode().Perm()&0o022 != 0 {
		return nil, fmt.Errorf("cache: %s: others can write to it (mode %s)", path, info.Mode().Perm())
	}
	if err := ownedByOthers(info); err != nil {
		return nil, fmt.Errorf("cache: %s: %w", path, err)
	}
	return d, nil
}

// Get returns what was put under key. It deletes a file that is damaged.
func (d *Dir) Get(key string) ([]byte, bool) {
	if !valid(key) {
		return nil, false
	}
	name := filepath.Join(d.path, key)
	b, err := d.read(name)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, false
	case errors.Is(err, errDamaged):
		d.failed(errors.Join(err, os.Remove(name)))
		return nil, false
	case err != nil:
		d.failed(err)
		return nil, false
	}
	now := time.Now()
	if err := os.Chtimes(name, now, now); err != nil && !errors.Is(err, fs.ErrNotExist) {
		d.failed(fmt.Errorf("cache: %w", err))
	}
	return b, true
}

func (d *Dir) read(name string) ([]byte, error) {
	info, err := os.Lstat(name)
	if err != nil {
		return nil, err
	}
	damaged := func(what string) error { return fmt.Errorf("cache: %s: %w: %s", name, errDamaged, what) }
	if !info.Mode().IsRegular() {
		return nil, damaged("no regular file")
	}
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	if info, err = f.Stat(); err != nil { // the file may have been replaced
		return nil, err
	}
	head := make([]byte, headSize)
	if _, err := io.ReadFull(f, head); err == io.EOF || err == io.ErrUnexpectedEOF {
		return nil, damaged("of another format")
	} else if err != nil {
		return nil, err
	}
	claims, ok := bytes.CutPrefix(head, []byte(magic))
	size := info.Size() - int64(headSize)
	switch {
	case !ok:
		return nil, damaged("of another format")
	case binary.LittleEndian.Uint64(claims) != uint64(size):
		return nil, damaged("of another length")
	case size > d.opts.FileSize:
		return nil, fs.ErrNotExist // not damaged: another process may keep larger files
	}
	body := make([]byte, size)
	if _, err := io.ReadFull(f, body); err != nil {
		return nil, err
	}
	if binary.LittleEndian.Uint64(claims[8:]) != xxhash.Sum64(body) {
		return nil, damaged("the checksum does not fit")
	}
	return body, nil
}

// Put keeps b under key, if that has the form of package layers' keys.
func (d *Dir) Put(key string, b []byte) {
	if !valid(key) || int64(len(b)) > d.opts.FileSize {
		return
	}
	if err := d.write(filepath.Join(d.path, key), b); err != nil {
		d.failed(fmt.Errorf("cache: %w", err))
		return
	}
	if err := d.evict(); err != nil {
		d.failed(fmt.Errorf("cache: %w", err))
	}
}

func (d *Dir) write(name string, b []byte) (err error) {
	f, err := os.CreateTemp(d.path, tempName+"*")
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, f.Close(), os.Remove(f.Name()))
		}
	}()
	head := binary.LittleEndian.AppendUint64([]byte(magic), uint64(len(b)))
	head = binary.LittleEndian.AppendUint64(head, xxhash.Sum64(b))
	if _, err := f.Write(head); err != nil {
		return err
	}
	if _, err := f.Write(b); err != nil {
		return err
	}
	if err := f.Close(); err != nil {
		return err
	}
	return os.Rename(f.Name(), name)
}

func (d *Dir) failed(err error) {
	if d.opts.Failed != nil {
		d.opts.Failed(err)
	}
}

// valid reports whether key has the form of package layers' keys: the hash of a layer,
// a dash, a shorter hash. No other file is likely to have such a name and to be taken
// for one of the cache's.
func valid(key string) bool {
	hash, variant, _ := strings.Cut(key, "-")
	return len(hash) == 64 && len(variant) >= 16 && len(variant) <= 64 && strings.Trim(hash+variant, "0123456789abcdef") == ""
}
