package artifact

import (
	"cmp"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"time"

	"github.com/gofrs/flock"
	v1 "github.com/google/go-containerregistry/pkg/v1"
)

const (
	lockFile   = "lock"
	tempPrefix = "new-"
	recordEnd  = ".json"
	maxRecord  = 256 << 10
	lockPause  = 50 * time.Millisecond
)

// A store is the directory in which catalogues are kept, for one reference. Its methods do
// nothing on nil.
type store struct {
	root    *os.Root // nothing outside of it is read or written
	dir     string
	name    string // of the record
	ref     string
	maxSize int64
	held    *flock.Flock
}

// A record says what is kept for a reference.
type record struct {
	Reference string    `json:"reference"`
	Manifest  v1.Hash   `json:"manifest"` // the artifact's digest
	File      v1.Hash   `json:"file"`     // the catalogue's, by which it is named
	Checked   time.Time `json:"checked"`
	Verified  bool      `json:"verified"` // Options.Verify accepted it

	Parts []partRecord `json:"parts"` // null by programs that knew none
}

type partRecord struct {
	Name string  `json:"name"`
	File v1.Hash `json:"file"`
}

// openStore opens the directory, and makes it if that is asked for and it is not there. The
// error says why it can't be used.
func openStore(dir, ref string, maxSize int64, create bool) (*store, error) {
	if dir == "" {
		var err error
		if dir, err = defaultDir(); err != nil {
			return nil, err
		}
	}
	var made error
	if create {
		made = os.MkdirAll(dir, 0o700)
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, cmp.Or(made, err)
	}
	if err := private(root); err != nil {
		_ = root.Close()
		return nil, fmt.Errorf("%s: %w", dir, err)
	}
	sum := sha256.Sum256([]byte(ref))
	return &store{root: root, dir: dir, name: hex.EncodeToString(sum[:16]) + recordEnd, ref: ref, maxSize: maxSize}, nil
}

// private refuses a directory in which others could put a catalogue.
func private(root *os.Root) error {
	info, err := root.Stat(".")
	if err == nil && runtime.GOOS != "windows" && info.Mode().Perm()&0o022 != 0 {
		err = fmt.Errorf("others can write to it (mode %s)", info.Mode().Perm())
	}
	return err
}

func (s *store) close() {
	if s == nil {
		return
	}
	if s.held != nil {
		_ = s.held.Unlock()
	}
	_ = s.root.Close()
}

// lock waits until no other process fetches. The error says that the directory can't be
// written.
func (s *store) lock(ctx context.Context) error {
	if info, err := s.root.Lstat(lockFile); err == nil && !info.Mode().IsRegular() {
		return fmt.Errorf("%s: %s is no regular file", s.dir, lockFile)
	}
	l := flock.New(filepath.Join(s.dir, lockFile))
	if _, err := l.TryLockContext(ctx, lockPause); err != nil {
		return fmt.Errorf("locking the cache: %w", err)
	}
	s.held = l
	return nil
}

// load returns what is kept, nil if nothing is or it is not what it was. The error says
// what is wrong with it. verified asks for what Options.Verify accepted.
func (s *store) load(verified bool) (*Fetched, error) {
	if s == nil {
		return nil, nil
	}
	r, file, parts, err := s.current()
	switch {
	case errors.Is(err, fs.ErrNotExist) && r.Reference == "":
		return nil, nil
	case err != nil:
		return nil, err
	case verified && !r.Verified:
		return nil, errors.New("what is kept was never verified")
	}
	c, err := open(file)
	if err != nil {
		return nil, err
	}
	f := &Fetched{Catalogue: c, Reference: r.Reference, Digest: r.Manifest, Checked: r.Checked, File: file, Parts: parts, mainAlone: r.Parts == nil}
	for i := range parts {
		if parts[i].Catalogue, err = open(parts[i].File); err != nil {
			return nil, fmt.Errorf("%s: %w", parts[i].Name, err)
		}
	}
	f.describe()
	return f, nil
}

// file returns a file that is kept, by its digest. The error says that it is not there, or
// damaged.
func (s *store) file(h v1.Hash) ([]byte, error) {
	if s == nil {
		return nil, fs.ErrNotExist
	}
	b, err := s.read(fileName(h), s.maxSize)
	if err != nil {
		return nil, err
	}
	if sum := sha256.Sum256(b); h.Algorithm != "sha256" || hex.EncodeToString(sum[:]) != h.Hex {
		return nil, fmt.Errorf("%s is damaged", filepath.Join(s.dir, fileName(h)))
	}
	return b, nil
}

// current reads the record and its files. Another process may replace all of them meanwhile.
func (s *store) current() (r record, file []byte, parts []Part, err error) {
	for range 3 {
		if r, err = s.record(s.name); err != nil {
			return r, nil, nil, err
		}
		if file, parts, err = s.filesOf(r); !errors.Is(err, fs.ErrNotExist) {
			break
		}
	}
	return r, file, parts, err
}

func (s *store) filesOf(r record) (main []byte, parts []Part, err error) {
	if main, err = s.file(r.File); err != nil {
		return nil, nil, err
	}
	for _, x := range r.Parts {
		p := Part{Name: x.Name}
		if p.File, err = s.file(x.File); err != nil {
			return nil, nil, err
		}
		parts = append(parts, p)
	}
	return main, parts, nil
}

func (s *store) record(name string) (r record, err error) {
	b, err := s.read(name, maxRecord)
	if err != nil {
		return r, err
	}
	if err := json.Unmarshal(b, &r); err != nil {
		return r, fmt.Errorf("%s: %w", filepath.Join(s.dir, name), err)
	}
	if now := time.Now(); r.Checked.After(now) { // a clock went back
		r.Checked = time.Time{}
	}
	return r, nil
}

func fileName(h v1.Hash) string { return h.Algorithm + "-" + h.Hex }

// read reads a regular file of at most so many bytes.
func (s *store) read(name string, most int64) ([]byte, error) {
	info, err := s.root.Lstat(name)
	if err == nil && (!info.Mode().IsRegular() || info.Size() > most) {
		err = fmt.Errorf("%s: no file of at most %d bytes", filepath.Join(s.dir, name), most)
	}
	if err != nil {
		return nil, err
	}
	f, err := s.root.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(io.LimitReader(f, most+1))
}

// keep keeps the catalogue in place of the one before. The lock is held.
func (s *store) keep(f *Fetched, verified bool) error {
	r := record{Reference: f.Reference, Manifest: f.Digest, Checked: f.Checked, Verified: verified, Parts: []partRecord{}}
	var err error
	if r.File, err = s.keepFile(f.File); err != nil {
		return err
	}
	for _, p := range f.Parts {
		h, err := s.keepFile(p.File)
		if err != nil {
			return err
		}
		r.Parts = append(r.Parts, partRecord{p.Name, h})
	}
	b, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		return err
	}
	if err := s.write(s.name, b); err != nil {
		return err
	}
	s.clean()
	return nil
}

// keepFile keeps a file under its digest.
func (s *store) keepFile(content []byte) (v1.Hash, error) {
	sum := sha256.Sum256(content)
	h := v1.Hash{Algorithm: "sha256", Hex: hex.EncodeToString(sum[:])}
	if _, err := s.file(h); err == nil {
		return h, nil
	}
	return h, s.write(fileName(h), content)
}

// write writes a file, whole or not at all.
func (s *store) write(name string, content []byte) (err error) {
	temp := tempPrefix + rand.Text()
	f, err := s.root.OpenFile(temp, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(content)
	if err = errors.Join(err, f.Sync(), f.Close()); err == nil {
		err = s.root.Rename(temp, name)
	}
	if err != nil {
		_ = s.root.Remove(temp)
	}
	return err
}

// clean removes what was left by interrupted processes, and files that no record names.
// What can't be removed stays: it costs room alone.
func (s *store) clean() {
	entries, err := fs.ReadDir(s.root.FS(), ".")
	if err != nil {
		return
	}
	named := map[string]bool{}
	for _, e := range entries {
		if strings.HasSuffix(e.Name(), recordEnd) {
			if r, err := s.record(e.Name()); err == nil {
				named[fileName(r.File)] = true
				for _, p := range r.Parts {
					named[fileName(p.File)] = true
				}
			}
		}
	}
	for _, e := range entries {
		if n := e.Name(); strings.HasPrefix(n, tempPrefix) || strings.HasPrefix(n, "sha256-") && !named[n] {
			_ = s.root.Remove(n)
		}
	}
}
