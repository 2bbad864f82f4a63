package layers

import (
	"archive/tar"
	"bytes"
	"context"
	"io/fs"
	"path/filepath"
	"strings"
	"testing"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/layout"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/static"
	"github.com/google/go-containerregistry/pkg/v1/types"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestSums(t *testing.T) {
	x := read(t, stack(t,
		[]string{"etc/", "a=0123456789", "b=01234", "c=012", "gone=0123456", "d/x=1", "d/y=1"},
		[]string{"a=987654321", "b=01234 mode=384", "c=012", "new=01", "new=0123", ".wh.gone", ".wh.d"}), nil)
	l := x.Layers[0]
	assert.Equal(t, []int64{27, 27, 0, 0, 27, 0, 0}, []int64{l.Content, l.Added, l.Modified, l.Rewritten, l.Shadowed, l.Hides, l.Deletes})
	assert.Equal(t, 6, l.Files)
	l = x.Layers[1]
	assert.Equal(t, []int64{23, 6, 9, 8, 2, 27, 9}, []int64{l.Content, l.Added, l.Modified, l.Rewritten, l.Shadowed, l.Hides, l.Deletes})
	assert.Equal(t, 3, l.DeletedFiles)
	assert.Equal(t, 5, l.Files)
}

// The bytes of a file with several names are shadowed with the last of them.
func TestSumsOfHardLinks(t *testing.T) {
	x := read(t, stack(t, []string{"a=0123456789", "b=>a"}, []string{".wh.a"}, []string{"b=1"}), nil)
	assert.EqualValues(t, 10, x.Layers[0].Shadowed)
	assert.EqualValues(t, 0, x.Layers[1].Hides)
	assert.EqualValues(t, 1, x.Layers[1].DeletedFiles)
	assert.EqualValues(t, 10, x.Layers[2].Hides)
	assert.EqualValues(t, 0, x.Layers[2].Deletes)
	e, ok := x.Resolve(1, "b")
	assert.True(t, ok)
	assert.Equal(t, "a", e.Path)
	b, err := fs.ReadFile(x.FS(1), "b")
	assert.NoError(t, err)
	assert.Equal(t, "0123456789", string(b))
}

// Files that only have names in AUFS' housekeeping are shipped and never seen.
func TestSumsOfHousekeeping(t *testing.T) {
	x := read(t, stack(t, []string{".wh..wh.plnk/1=0123456789", "a=>.wh..wh.plnk/1", ".wh..wh.plnk/2=012", "b=1"}, []string{"b=2"}, []string{".wh.a"}), nil)
	assert.EqualValues(t, 14, x.Layers[0].Content)
	assert.EqualValues(t, 10+3+1, x.Layers[0].Shadowed)
	assert.EqualValues(t, 1, x.Layers[1].Hides)
	assert.EqualValues(t, 10, x.Layers[2].Deletes)
	b, err := fs.ReadFile(x.FS(1), "a")
	assert.NoError(t, err)
	assert.Equal(t, "0123456789", string(b))
}

func TestForeignLayer(t *testing.T) {
	b := gz(t, archive(t, "a=1"))
	img, err := mutate.AppendLayers(empty.Image, static.NewLayer(b, types.DockerForeignLayer))
	require.NoError(t, err)
	dir := t.TempDir()
	path, err := layout.Write(dir, empty.Index)
	require.NoError(t, err)
	require.NoError(t, path.AppendImage(img))
	require.NoError(t, path.RemoveBlob(sum(b)))
	digest, err := img.Digest()
	require.NoError(t, err)
	img, err = path.Image(digest)
	require.NoError(t, err)
	x := read(t, img, nil)
	require.Len(t, problemTexts(x), 1)
	assert.Contains(t, problemTexts(x)[0], "layer 0: foreign layer without a blob ("+string(types.DockerForeignLayer)+"): ")
	assert.True(t, x.Layers[0].Partial)
	assert.NoFileExists(t, filepath.Join(dir, "blobs", "sha256", sum(b).Hex))
}

func TestWindowsLayer(t *testing.T) {
	img := stack(t, []string{"Files/", "Files/a=1", "Hives/"})
	x := read(t, reconfigured(t, img, func(c *v1.ConfigFile) { c.OS = "windows" }), nil)
	assert.Contains(t, problemTexts(x), "layer 0: windows layer: paths are not interpreted")
	assert.Empty(t, problemTexts(read(t, img, nil)))

	b := tarOf(t, &tar.Header{Name: "Files", Typeflag: tar.TypeDir, PAXRecords: map[string]string{"MSWINDOWS.rawsd": "AQ"}}, nil)
	x = read(t, image(t, stored{b, b}), nil)
	assert.Equal(t, []string{"layer 0: windows layer: paths are not interpreted"}, problemTexts(x))
}

// tarOf is an archive of one entry.
func tarOf(t testing.TB, h *tar.Header, body []byte) []byte {
	t.Helper()
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	require.NoError(t, w.WriteHeader(h))
	_, err := w.Write(body)
	require.NoError(t, err)
	require.NoError(t, w.Close())
	return b.Bytes()
}

func TestTypesAndModes(t *testing.T) {
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	for _, h := range []*tar.Header{
		{Name: "null", Typeflag: tar.TypeChar, Mode: 0o666, Devmajor: 1, Devminor: 3},
		{Name: "disk", Typeflag: tar.TypeBlock, Mode: 0o660, Devmajor: 8},
		{Name: "pipe", Typeflag: tar.TypeFifo, Mode: 0o600},
		{Name: "su", Typeflag: tar.TypeReg, Mode: 0o4755},
		{Name: "wall", Typeflag: tar.TypeReg, Mode: 0o2755},
		{Name: "tmp", Typeflag: tar.TypeDir, Mode: 0o1777},
		{Name: "huge", Typeflag: tar.TypeReg, Mode: 0o644, Uid: 1 << 31, Gid: 1 << 33},
		{Name: "what", Typeflag: 'Y', Mode: 0o644},
	} {
		require.NoError(t, w.WriteHeader(h))
	}
	require.NoError(t, w.Close())
	x := read(t, image(t, stored{b.Bytes(), b.Bytes()}), nil)
	var got []string
	for e := range x.Entries(0) {
		got = append(got, e.Path+" "+e.Type.String()+" "+e.Mode.String())
	}
	assert.Equal(t, []string{"null device Dcrw-rw-rw-", "disk device Drw-rw----", "pipe fifo prw-------", "su regular urwxr-xr-x",
		"wall regular grwxr-xr-x", "tmp directory dtrwxrwxrwx", "huge regular -rw-r--r--"}, got)
	e, _ := x.Lookup(0, "huge")
	assert.Equal(t, []int{1 << 31, 1 << 33}, []int{e.UID, e.GID})
	assert.Equal(t, []string{`layer 0: what: tar entry of unknown type 'Y'`}, problemTexts(x))

	other := tarOf(t, &tar.Header{Name: "null", Typeflag: tar.TypeChar, Mode: 0o666, Devmajor: 1, Devminor: 5}, nil)
	x = read(t, image(t, stored{b.Bytes(), b.Bytes()}, stored{other, other}), nil)
	assert.Equal(t, []string{"null device modified"}, show(x, 1))
}

func TestLookups(t *testing.T) {
	x := read(t, stack(t,
		[]string{"usr/lib/os-release=1", "etc/os-release->../usr/lib/os-release", "abs->/etc/os-release", "up->../../etc", "loop->loop", "dir->usr/lib"},
		[]string{"usr/lib/os-release=2", "a-b=1", "a/", "a/c=1"}, []string{".wh.usr"}), nil)
	for _, tc := range []struct {
		layer int
		path  string
		want  string
	}{
		{0, "etc/os-release", "usr/lib/os-release 0"}, {1, "/abs", "usr/lib/os-release 1"}, {1, "dir/os-release", "usr/lib/os-release 1"},
		{2, "abs", ""}, {1, "loop", ""}, {1, "up/os-release", ""}, {1, "usr/lib/os-release/x", ""}, {1, "dir/../etc", ""},
		{1, "etc/../usr", "usr 0"}, {1, ".", ". 0"}, {9, "etc", "etc 0"}, {-1, "etc", ""},
	} {
		e, ok := x.Resolve(tc.layer, tc.path)
		got := ""
		if ok {
			got = e.Path + " " + string(rune('0'+e.Layer))
		}
		if tc.path == "dir/../etc" {
			tc.want = "etc 0" // cleaned first, as package path does
		}
		assert.Equal(t, tc.want, got, tc.path)
	}
	e, ok := x.Lookup(1, "usr")
	require.True(t, ok)
	assert.Equal(t, Directory, e.Type)
	assert.True(t, e.ModTime.IsZero())
	assert.Empty(t, x.Versions("nowhere"))
	assert.Len(t, x.Versions("usr"), 1) // the whiteout; nobody writes the directory
	assert.Len(t, x.Versions("usr/lib/os-release"), 2)
	assert.Equal(t, "a/ a/c a-b abs->/etc/os-release", strings.Join(strings.Fields(merged(x, 1))[:4], " "))
}

func TestReadParallelismIsTheSame(t *testing.T) {
	img := stack(t, []string{"a=1", "d/b=1"}, []string{"d/.wh.b", "c=2"}, []string{"c=3", "../x=1"}, []string{"d->c"}, []string{"d/e=1"})
	one := read(t, img, &Options{Parallelism: 1})
	for range 20 {
		x, err := Read(context.Background(), img, &Options{Parallelism: 8})
		require.NoError(t, err)
		assert.Equal(t, one.Layers, x.Layers)
		assert.Equal(t, problemTexts(one), problemTexts(x))
		assert.Equal(t, merged(one, 4), merged(x, 4))
		for i := range x.Layers {
			assert.Equal(t, show(one, i), show(x, i))
		}
	}
}

// Where layers are read at the same time, large ones come first, and those that do not tell
// their size stay in their order.
func TestOrder(t *testing.T) {
	of := func(size int) v1.Layer { return breaking{blob: make([]byte, size)} }
	blobs := []v1.Layer{static.NewLayer([]byte("large"), types.OCILayer), of(2), changing{}, of(9), of(2)}
	assert.Equal(t, []int{3, 1, 4, 0, 2}, newRun(&Options{Parallelism: 2}).order(blobs))
	assert.Equal(t, []int{0, 1, 2, 3, 4}, newRun(&Options{Parallelism: 1}).order(blobs))
}

func TestEntriesOfTypes(t *testing.T) {
	x := read(t, stack(t, []string{"d/", "d/a=1", "d/l->a", "e/b=2", "e/.wh.x"}), nil)
	paths := func(types ...Type) (all []string) {
		for e := range x.Entries(0, types...) {
			all = append(all, e.Path)
		}
		return all
	}
	assert.Equal(t, []string{"d", "d/a", "d/l", "e/b", "e/x"}, paths())
	assert.Equal(t, []string{"d/l"}, paths(Symlink))
	assert.Equal(t, []string{"d/a", "e/b", "e/x"}, paths(Regular, Whiteout))
	assert.Empty(t, paths(Hardlink))
}
