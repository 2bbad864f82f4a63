package source

import (
	"archive/tar"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// openPath opens the image in a file or directory.
func openPath(ctx context.Context, where reference, o *Options) (*Image, error) {
	info, err := os.Stat(where.path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, explainf(because(err), "no such file")
	case err != nil:
		return nil, withoutPath(err)
	case info.IsDir():
		return openPathDirectory(ctx, where, o)
	case info.Mode()&(fs.ModeNamedPipe|fs.ModeCharDevice|fs.ModeSocket) != 0:
		return nil, explainf(because(ErrNotImage), "not an image: neither a regular file nor a directory; %s", noPipe)
	case !info.Mode().IsRegular():
		return nil, explainf(because(ErrNotImage), "not an image: neither a regular file nor a directory")
	case where.scheme == schemeOCI:
		return nil, explainf(because(ErrNotImage), "a file, not the directory of an OCI layout: write oci-archive:%s", where.path)
	}
	f, err := os.Open(where.path)
	if err != nil {
		return nil, withoutPath(err)
	}
	img, err := openPathArchive(ctx, f, where, o)
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return img, nil
}

// withoutPath leaves the path out of an error about what Open was asked for, which it names
// already.
func withoutPath(err error) error {
	if pathErr, ok := errors.AsType[*fs.PathError](err); ok {
		return explainf(because(err), "%v", pathErr.Err)
	}
	return err
}

func openPathDirectory(ctx context.Context, where reference, o *Options) (*Image, error) {
	if where.scheme != "" && where.scheme != schemeOCI {
		return nil, explainf(because(ErrNotImage), "a directory, not an archive: write oci:%s if it is an OCI layout", where.path)
	}
	dir, err := openDirectory(where.path, o.FollowLinks)
	if err != nil {
		return nil, err
	}
	img, err := openDirectoryLayout(ctx, dir, where, o)
	if err != nil {
		return nil, errors.Join(err, dir.Close())
	}
	img.Scheme, img.closer = schemeOCI, dir
	return img, nil
}

func openDirectoryLayout(ctx context.Context, dir *directory, where reference, o *Options) (*Image, error) {
	if dir.has(indexJSON) {
		return openLayout(ctx, dir, where, o, nil)
	}
	hint := ""
	switch {
	case dir.has(manifestJSON) && dir.has("version"):
		hint = "; it is a dir: of skopeo, which skopeo copy makes an oci: of"
	case dir.has(manifestJSON):
		hint = "; if it is an unpacked archive, pack it again with tar"
	case !where.forced && !looksLikePath(where.path):
		hint = fmt.Sprintf("; for a registry's image of that name write registry:%s", where.path)
	}
	return nil, explainf(because(ErrNotImage), "not an image: a directory without %s%s", indexJSON, hint)
}

func openPathArchive(ctx context.Context, f *os.File, where reference, o *Options) (*Image, error) {
	a, err := openArchive(ctx, f, o.Limits)
	if err != nil {
		return nil, err
	}
	return openFromArchive(ctx, a, where, o)
}

// openFromArchive opens the image that is wanted of an archive. If it succeeds, the
// image closes the archive.
func openFromArchive(ctx context.Context, a *archive, where reference, o *Options) (*Image, error) {
	scheme, err := archiveScheme(a, where)
	if err != nil {
		return nil, err
	}
	var img *Image
	if scheme == schemeOCIArchive {
		img, err = openLayout(ctx, a, where, o, nil)
	} else {
		img, err = openDockerArchive(ctx, a, where, o)
	}
	if err != nil {
		if a.damage != nil {
			err = explainf(because(err, a.damage), "%v (%v)", err, a.damage)
		}
		return nil, err
	}
	img.Scheme, img.Damage, img.closer = scheme, a.damage, a
	return img, nil
}

// archiveScheme returns the kind of an archive. It is an error if another kind was
// asked for.
func archiveScheme(a *archive, where reference) (string, error) {
	docker, oci := a.has(manifestJSON), a.has(indexJSON)
	switch {
	case docker && where.scheme != schemeOCIArchive:
		return schemeDockerArchive, nil
	case oci && where.scheme != schemeDockerArchive:
		return schemeOCIArchive, nil
	case oci:
		return "", explainf(because(ErrNotImage), "no docker-archive but an OCI one: write oci-archive:%s", where.path)
	case docker:
		return "", explainf(because(ErrNotImage), "no OCI archive but a docker-archive: write docker-archive:%s", where.path)
	case a.damage != nil:
		return "", explainf(because(ErrNotImage, a.damage), "no image in the archive as far as it goes: %v", a.damage)
	case a.has("repositories"):
		return "", explainf(because(ErrNotImage), "an archive of Docker before 1.10, which has no %s: load and save it with a current one", manifestJSON)
	}
	return "", explainf(because(ErrNotImage), "not an image: a tar with neither %s nor %s", manifestJSON, indexJSON)
}

// openDockerArchive opens an archive with a manifest.json. If it is an OCI layout,
// too, the layout is preferred, because it has a manifest. If the layout cannot give
// the image, manifest.json is used, as by docker load.
func openDockerArchive(ctx context.Context, a *archive, where reference, o *Options) (*Image, error) {
	saved, err := readManifestJSON(a, o.Limits)
	if !a.has(indexJSON) {
		if err != nil {
			return nil, err
		}
		return openSavedImage(a, saved, where, o.Limits)
	}
	img, layoutErr := openLayout(ctx, a, where, o, saved)
	if layoutErr == nil || err != nil || ctx.Err() != nil {
		return img, layoutErr
	}
	if img, err := openSavedImage(a, saved, where, o.Limits); err == nil {
		return img, nil
	}
	return nil, layoutErr
}

// holdsImage reports whether a path leads to something that looks like an image. It
// decides between a path with a tag and the name of a registry's image.
func holdsImage(path string) bool {
	info, err := os.Stat(path)
	if err != nil {
		return false
	}
	if info.IsDir() {
		index, err := os.Stat(filepath.Join(path, indexJSON))
		return err == nil && index.Mode().IsRegular()
	}
	if !info.Mode().IsRegular() {
		return false
	}
	f, err := os.Open(path)
	if err != nil {
		return false
	}
	defer f.Close()
	if fileCompression(f) != "" {
		return true
	}
	_, err = tar.NewReader(f).Next()
	return err == nil
}

// directory is a store of files.
type directory struct {
	root   *os.Root
	follow bool // follow symbolic links that lead out of it
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

// open opens a regular file, and nothing else: opening a pipe could wait for ever.
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

// explain leaves the operation of an [fs.PathError] out of its message.
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
