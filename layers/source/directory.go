package source

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// directory is a store of files, out of which no link leads unless allowed.
type directory struct {
	root   *os.Root
	follow bool
}

var _ store = (*directory)(nil)

func openDirectory(path string, follow bool) (*directory, error) {
	root, err := os.OpenRoot(path)
	if err != nil {
		return nil, err
	}
	return &directory{root: root, follow: follow}, nil
}

func (d *directory) has(name string) bool {
	_, err := d.stat(name)
	return err == nil
}

func (d *directory) stat(name string) (fs.FileInfo, error) {
	if d.follow {
		return os.Stat(filepath.Join(d.root.Name(), filepath.FromSlash(name)))
	}
	return d.root.Stat(name)
}

// open first makes sure of a regular file: opening a pipe would wait for ever.
func (d *directory) open(name string) (blob, error) {
	info, err := d.stat(name)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return blob{}, explainf(because(err), "%s: not in the directory", name)
	case err != nil:
		return blob{}, d.explain(name, err)
	case !info.Mode().IsRegular():
		return blob{}, fmt.Errorf("%s: not a regular file", name)
	}
	f, err := d.openFile(name)
	if err != nil {
		return blob{}, d.explain(name, err)
	}
	return blob{ReadCloser: f, size: info.Size()}, nil
}

func (d *directory) openFile(name string) (*os.File, error) {
	if d.follow {
		return os.Open(filepath.Join(d.root.Name(), filepath.FromSlash(name)))
	}
	return d.root.Open(name)
}

// explain keeps the cause of an [fs.PathError] and leaves out its operation.
func (d *directory) explain(name string, err error) error {
	if pathErr, ok := errors.AsType[*fs.PathError](err); ok {
		if info, lerr := d.root.Lstat(name); lerr == nil && info.Mode()&fs.ModeSymlink != 0 {
			return explainf(because(err), "%s: a link that leads out of the directory, or nowhere", name)
		}
		return explainf(because(err), "%s: %v", name, pathErr.Err)
	}
	return fmt.Errorf("%s: %w", name, err)
}

func (d *directory) Close() error { return d.root.Close() }
