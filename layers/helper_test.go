package layers

import (
	"archive/tar"
	"bytes"
	"context"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/static"
	"github.com/google/go-containerregistry/pkg/v1/types"
	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
	"github.com/stretchr/testify/require"
)

var day = time.Date(2024, 3, 1, 12, 0, 0, 0, time.UTC)

// archive writes a tar archive from one line per entry:
//
//	dir/          a directory
//	file=content  a regular file
//	link->target  a symbolic link
//	name=>target  a hard link
//	name          an empty regular file (usually a whiteout)
//
// Words after it change the header: mode=0600 uid=7 gid=8 day=3 xattr=value.
func archive(t testing.TB, lines ...string) []byte {
	t.Helper()
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	for _, line := range lines {
		h, body := header(t, line)
		require.NoError(t, w.WriteHeader(h), line)
		_, err := io.WriteString(w, body)
		require.NoError(t, err)
	}
	require.NoError(t, w.Close())
	return b.Bytes()
}

func header(t testing.TB, line string) (*tar.Header, string) {
	t.Helper()
	words := strings.Fields(line)
	name := words[0]
	h := &tar.Header{Name: name, Mode: 0o644, ModTime: day, Typeflag: tar.TypeReg}
	var body string
	if n, target, ok := strings.Cut(name, "->"); ok {
		h.Name, h.Linkname, h.Typeflag, h.Mode = n, target, tar.TypeSymlink, 0o777
	} else if n, target, ok := strings.Cut(name, "=>"); ok {
		h.Name, h.Linkname, h.Typeflag = n, target, tar.TypeLink
	} else if n, content, ok := strings.Cut(name, "="); ok {
		h.Name, body, h.Size = n, content, int64(len(content))
	} else if strings.HasSuffix(name, "/") {
		h.Typeflag, h.Mode = tar.TypeDir, 0o755
	}
	for _, word := range words[1:] {
		k, v, _ := strings.Cut(word, "=")
		var n int64
		_, err := fmt.Sscanf(v, "%v", &n)
		require.True(t, err == nil || k == "xattr", line)
		switch k {
		case "mode":
			h.Mode = n
		case "uid":
			h.Uid = int(n)
		case "gid":
			h.Gid = int(n)
		case "day":
			h.ModTime = day.AddDate(0, 0, int(n))
		case "xattr":
			h.PAXRecords = map[string]string{"SCHILY.xattr.user.x": v}
		default:
			t.Fatalf("unknown word %q", word)
		}
	}
	return h, body
}

func gz(t testing.TB, b []byte) []byte {
	t.Helper()
	var out bytes.Buffer
	w := gzip.NewWriter(&out)
	_, err := w.Write(b)
	require.NoError(t, err)
	require.NoError(t, w.Close())
	return out.Bytes()
}

func zst(t testing.TB, b []byte) []byte {
	t.Helper()
	w, err := zstd.NewWriter(nil)
	require.NoError(t, err)
	return w.EncodeAll(b, nil)
}

func sum(b []byte) v1.Hash {
	h, _, err := v1.SHA256(bytes.NewReader(b))
	if err != nil {
		panic(err)
	}
	return h
}

// stored is a layer as it is stored, and the archive that it stands for.
type stored struct{ blob, tar []byte }

// image makes an image of stored blobs whose configuration claims the diffIDs of the
// archives.
func image(t testing.TB, layers ...stored) v1.Image {
	t.Helper()
	img := empty.Image
	var ids []v1.Hash
	for i, l := range layers {
		var err error
		img, err = mutate.Append(img, mutate.Addendum{
			Layer:   static.NewLayer(l.blob, types.OCILayer),
			History: v1.History{CreatedBy: fmt.Sprintf("RUN step %d # buildkit", i)},
		})
		require.NoError(t, err)
		ids = append(ids, sum(l.tar))
	}
	return reconfigured(t, img, func(c *v1.ConfigFile) { c.RootFS.DiffIDs = ids })
}

func reconfigured(t testing.TB, img v1.Image, change func(*v1.ConfigFile)) v1.Image {
	t.Helper()
	cfg, err := img.ConfigFile()
	require.NoError(t, err)
	cfg = cfg.DeepCopy()
	change(cfg)
	img, err = mutate.ConfigFile(img, cfg)
	require.NoError(t, err)
	return img
}

// stack makes an image of gzipped archives; each layer is lines for archive.
func stack(t testing.TB, layers ...[]string) v1.Image {
	t.Helper()
	var all []stored
	for _, lines := range layers {
		b := archive(t, lines...)
		all = append(all, stored{gz(t, b), b})
	}
	return image(t, all...)
}

func read(t testing.TB, img v1.Image, opts *Options) *Index {
	t.Helper()
	x, err := Read(context.Background(), img, opts)
	require.NoError(t, err)
	return x
}

// problemTexts are the problems, without those of the history.
func problemTexts(x *Index) []string {
	var all []string
	for _, p := range x.Problems {
		if p.Step == None {
			all = append(all, p.Error())
		}
	}
	return all
}

// show returns a line for each entry: path, type, change, shadow.
func show(x *Index, layer int) []string {
	var all []string
	for e := range x.Entries(layer) {
		s := fmt.Sprintf("%s %s %s", e.Path, e.Type, e.Change)
		if e.Type != Whiteout && !e.Visible() {
			s += fmt.Sprintf(" shadowed:%d", e.Shadow)
		}
		all = append(all, s)
	}
	return all
}

// merged returns the merged view as one line, without the root.
func merged(x *Index, layer int) string {
	var all []string
	for e := range x.Merged(layer) {
		if e.Path == "." {
			continue
		}
		s := e.Path
		switch e.Type {
		case Directory:
			s += "/"
		case Symlink:
			s += "->" + e.Link
		case Hardlink:
			s += "=>" + e.Link
		}
		all = append(all, s)
	}
	return strings.Join(all, " ")
}
