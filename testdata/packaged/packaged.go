// Package packaged builds small images with packages in them for tests, from text.
package packaged

import (
	"archive/tar"
	"bytes"
	"io"
	"strings"
	"testing"
	"time"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/tarball"
	"golang.org/x/tools/txtar"
)

// A File is an entry of a layer: a directory if its path ends in a slash, a
// symbolic link if Link is set, a hard link if Hard is set, else a regular file.
// Whiteouts are files with the names that the image specification gives them.
type File struct {
	Path, Link, Hard string
	Content          []byte
	UID              int
}

// Text returns the files of a txtar archive. A name "a -> b" is the symbolic link
// a to b, "a => b" the hard link a to b.
func Text(archive string) []File {
	var files []File
	for _, f := range txtar.Parse([]byte(archive)).Files {
		file := File{Path: f.Name, Content: f.Data}
		if name, target, ok := strings.Cut(f.Name, " -> "); ok {
			file = File{Path: name, Link: target}
		} else if name, target, ok := strings.Cut(f.Name, " => "); ok {
			file = File{Path: name, Hard: target}
		}
		files = append(files, file)
	}
	return files
}

// Owned returns the files with another owner, as chown leaves them.
func Owned(uid int, files []File) []File {
	changed := make([]File, len(files))
	for i, f := range files {
		f.UID = uid
		changed[i] = f
	}
	return changed
}

// Image builds an image of these layers, bottom first.
func Image(t testing.TB, layers ...[]File) v1.Image {
	t.Helper()
	img := empty.Image
	for _, files := range layers {
		raw := archive(t, files)
		layer, err := tarball.LayerFromOpener(func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(raw)), nil })
		if err != nil {
			t.Fatal(err)
		}
		if img, err = mutate.Append(img, mutate.Addendum{Layer: layer, History: v1.History{CreatedBy: "test"}}); err != nil {
			t.Fatal(err)
		}
	}
	return img
}

// modified is the time of all files: real images keep it where content is kept.
func modified() time.Time { return time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC) }

func archive(t testing.TB, files []File) []byte {
	t.Helper()
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	for _, f := range files {
		h := &tar.Header{Name: f.Path, Mode: 0o755, Uid: f.UID, ModTime: modified(), Size: int64(len(f.Content)), Typeflag: tar.TypeReg}
		switch {
		case strings.HasSuffix(f.Path, "/"):
			h.Typeflag, h.Size = tar.TypeDir, 0
		case f.Link != "":
			h.Typeflag, h.Linkname = tar.TypeSymlink, f.Link
		case f.Hard != "":
			h.Typeflag, h.Linkname = tar.TypeLink, f.Hard
		}
		if err := w.WriteHeader(h); err != nil {
			t.Fatal(err)
		}
		if h.Typeflag == tar.TypeReg {
			if _, err := w.Write(f.Content); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}
