package index

import (
	"bytes"
	"compress/bzip2"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"net/http"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
	"github.com/mikelolasagasti/xz"
	"github.com/pierrec/lz4/v4"
)

// What an index may have at most. Debian's main has 52 MB, 63,000 packages and paragraphs of
// 100 kB in November 2026; Ubuntu's universe 75 MB.
const (
	maxStored    = 256 << 20 // bytes of a file as stored
	maxUnpacked  = 512 << 20 // bytes of a file, unpacked
	maxAll       = 2 << 30   // bytes of all files, unpacked
	maxRelease   = 16 << 20  // bytes of a Release or a DESCRIPTION
	maxParagraph = 4 << 20   // bytes
	maxPackages  = 2_000_000
	maxFiles     = 100_000 // of a directory, that are looked at
	maxOthers    = 5       // releases that an error names
)

// A form is how a package system's archives are laid out.
type form interface {
	// isIndex reports whether a file is an index, by its path in the directory.
	isIndex(path string) bool
	// local reads one file of a directory, if it is of the release.
	local(l *loader, root fs.FS, path string) error
	// remote asks a mirror.
	remote(ctx context.Context, l *loader, root string) error
}

// formOf returns the form of a system's archives.
func formOf(of System) (form, error) {
	switch of.ID {
	case "debian", "ubuntu":
		if of.Codename == "" {
			return nil, fmt.Errorf("%w: of which release of %s the image is, is not known", ErrSystem, of.ID)
		}
		return debian{}, nil
	case "alpine":
		if alpineBranch(of.VersionID) == "" {
			return nil, fmt.Errorf("%w: of which release of alpine the image is, is not known", ErrSystem)
		}
		return alpine{}, nil
	case "":
		return nil, fmt.Errorf("%w: the image's distribution is not known", ErrSystem)
	}
	return nil, fmt.Errorf("%w of %s: those of debian, ubuntu and alpine are known", ErrSystem, of)
}

// A loader fills an index.
type loader struct {
	index  *Index
	form   form
	client *http.Client
	parts  map[string]int // by name and date
	seen   []string       // other releases
	read   int64          // bytes, unpacked
}

// part returns the number of a part, a new one if it was not there.
func (l *loader) part(name string, date time.Time) int {
	k := name + date.UTC().String()
	i, ok := l.parts[k]
	if !ok {
		i = len(l.index.parts)
		l.parts[k] = i
		l.index.parts = append(l.index.parts, part{name, date})
	}
	return i
}

// other notes that a file is of another release.
func (l *loader) other(name string) {
	if !slices.Contains(l.seen, name) && len(l.seen) < maxOthers {
		l.seen = append(l.seen, name)
	}
}

func (l *loader) others() string {
	if len(l.seen) == 0 {
		return ""
	}
	return " (there is " + strings.Join(l.seen, ", ") + ")"
}

// directory reads all indexes below a directory.
func (l *loader) directory(ctx context.Context, dir string) error {
	if info, err := os.Stat(dir); err != nil {
		return err
	} else if !info.IsDir() {
		return fmt.Errorf("%s: not a directory", dir)
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return err
	}
	defer root.Close()
	files := 0
	return fs.WalkDir(root.FS(), ".", func(p string, e fs.DirEntry, err error) error {
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case err != nil && errors.Is(err, fs.ErrPermission) && p != ".": // apt's lists/partial
			return fs.SkipDir
		case err != nil:
			return fmt.Errorf("%s: %w", dir, err)
		}
		if files++; files > maxFiles {
			return fmt.Errorf("%s: more than %d files", dir, maxFiles)
		}
		if !e.Type().IsRegular() || !l.form.isIndex(p) {
			return nil
		}
		if err := l.form.local(l, root.FS(), p); err != nil {
			return fmt.Errorf("%s: %w", filepath.Join(dir, filepath.FromSlash(p)), err)
		}
		return nil
	})
}

// unpack returns what a file holds, by the first bytes of it.
func unpack(r io.Reader) (io.Reader, func(), error) {
	head := make([]byte, 6)
	n, err := io.ReadFull(r, head)
	if err != nil && err != io.EOF && err != io.ErrUnexpectedEOF {
		return nil, nil, err
	}
	head = head[:n]
	all := io.MultiReader(bytes.NewReader(head), r)
	nothing := func() {}
	switch {
	case bytes.HasPrefix(head, []byte{0x1f, 0x8b}):
		z, err := gzip.NewReader(all)
		return z, nothing, err
	case bytes.HasPrefix(head, []byte("\xfd7zXZ\x00")):
		z, err := xz.NewReader(all, xz.DefaultDictMax)
		return z, nothing, err
	case bytes.HasPrefix(head, []byte{0x28, 0xb5, 0x2f, 0xfd}):
		z, err := zstd.NewReader(all, zstd.WithDecoderMaxWindow(128<<20), zstd.WithDecoderConcurrency(1))
		if err != nil {
			return nil, nil, err
		}
		return z, z.Close, nil
	case bytes.HasPrefix(head, []byte{0x04, 0x22, 0x4d, 0x18}):
		return lz4.NewReader(all), nothing, nil
	case bytes.HasPrefix(head, []byte("BZh")):
		return bzip2.NewReader(all), nothing, nil
	}
	return all, nothing, nil
}

// unpacked calls use with what a file holds, within the limits.
func (l *loader) unpacked(r io.Reader, use func(io.Reader) error) error {
	z, done, err := unpack(&limited{r: r, left: maxStored, what: "bytes as stored", most: maxStored})
	if err != nil {
		return err
	}
	defer done()
	most := int64(min(maxUnpacked, maxAll-l.read))
	in := &limited{r: z, left: most, most: most, what: "bytes unpacked"}
	err = use(in)
	l.read += most - in.left
	return err
}

// A limited reader fails where more is read than there may be.
type limited struct {
	r          io.Reader
	left, most int64
	what       string
}

func (l *limited) Read(b []byte) (int, error) {
	if int64(len(b)) > l.left+1 {
		b = b[:l.left+1]
	}
	n, err := l.r.Read(b)
	if l.left -= int64(n); l.left < 0 {
		l.left = 0
		return 0, fmt.Errorf("more than %d %s", l.most, l.what)
	}
	return n, err
}

// readSmall reads a file that is small.
func readSmall(root fs.FS, name string) ([]byte, error) {
	f, err := root.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	if info, err := f.Stat(); err != nil || !info.Mode().IsRegular() {
		return nil, fs.ErrNotExist
	}
	return io.ReadAll(&limited{r: f, left: maxRelease, most: maxRelease, what: "bytes"})
}

// elements are the names in a path.
func elements(p string) []string { return strings.Split(path.Clean(p), "/") }
