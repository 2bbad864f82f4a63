package layers

import (
	"bytes"
	"errors"
	"io"
	"io/fs"
	"strings"
	"testing"
	"testing/fstest"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/static"
	"github.com/google/go-containerregistry/pkg/v1/types"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestFS(t *testing.T) {
	long := strings.Repeat("0123456789", 30_000)
	layers := [][]string{
		{"etc/ mode=448", "etc/passwd=root", "usr/lib/os-release=ID=x", "etc/os-release->../usr/lib/os-release", "bin->usr/bin", "usr/bin/sh=#!", "empty="},
		{"etc/.wh.passwd", "etc/shadow=x mode=384", "usr/bin/dash=>usr/bin/sh", "abs->/usr/lib", "big=" + long, "dup=1", "dup=two"},
		{"usr/lib/.wh..wh..opq", "usr/lib/os-release=ID=y", "usr/bin/ls=new"},
	}
	for name, img := range map[string]v1.Image{"gzip": stack(t, layers...), "plain": plainStack(t, layers...)} {
		t.Run(name, func(t *testing.T) {
			x := read(t, img, &Options{Wants: []Want{{Match: func(e Entry, _ []byte) bool { return e.Path == "etc/shadow" }}}})
			require.Empty(t, problemTexts(x))
			for layer, want := range [][]string{
				{"etc/passwd", "etc/os-release", "usr/bin/sh", "bin", "empty"},
				{"etc/shadow", "usr/bin/dash", "abs", "big", "dup"},
				{"etc/shadow", "usr/lib/os-release", "usr/bin/ls"},
			} {
				require.NoError(t, fstest.TestFS(x.FS(layer), want...), "layer %d", layer)
			}
			for path, want := range map[string]string{
				"etc/os-release": "ID=y", "abs/os-release": "ID=y", "bin/ls": "new", "usr/bin/dash": "#!", "big": long, "dup": "two", "etc/shadow": "x", "empty": "",
			} {
				b, err := fs.ReadFile(x.FS(2), path)
				require.NoError(t, err, path)
				assert.Equal(t, want, string(b), path)
			}
			b, err := fs.ReadFile(x.FS(1), "etc/os-release")
			require.NoError(t, err)
			assert.Equal(t, "ID=x", string(b))
		})
	}
}

func plainStack(t testing.TB, layers ...[]string) v1.Image {
	var all []stored
	for _, lines := range layers {
		b := archive(t, lines...)
		all = append(all, stored{b, b})
	}
	return image(t, all...)
}

func TestFSErrors(t *testing.T) {
	x := read(t, stack(t, []string{"f=1", "d/", "loop->loop", "out->../x", "gone->nowhere", "bad=>nothing", "l->f", "file->f/../d"}), nil)
	f := x.FS(0)
	for path, want := range map[string]error{
		"/f": fs.ErrInvalid, "f/x": fs.ErrNotExist, "no": fs.ErrNotExist, "loop": errLoop, "out": fs.ErrNotExist,
		"gone": fs.ErrNotExist, "bad": fs.ErrNotExist, "d/../f": fs.ErrInvalid, "file": fs.ErrNotExist,
	} {
		_, err := f.Open(path)
		assert.ErrorIs(t, err, want, path)
		var pe *fs.PathError
		assert.ErrorAs(t, err, &pe)
		_, err = fs.Stat(f, path)
		assert.ErrorIs(t, err, want, path)
	}
	_, err := fs.ReadLink(f, "f")
	assert.ErrorIs(t, err, fs.ErrInvalid)
	target, err := fs.ReadLink(f, "gone")
	assert.NoError(t, err)
	assert.Equal(t, "nowhere", target)
	_, err = fs.ReadDir(f, "f")
	assert.Error(t, err)
	_, err = fs.ReadFile(f, "d")
	assert.Error(t, err)
	i, err := fs.Lstat(f, "l")
	require.NoError(t, err)
	assert.Equal(t, "L---------", i.Mode().Type().String())
	list, err := fs.ReadDir(f, ".")
	require.NoError(t, err)
	assert.Equal(t, "bad", list[0].Name())
	assert.Equal(t, fs.ModeIrregular, list[0].Type())
}

// changing is a layer whose blob is another one when it is opened again.
type changing struct {
	v1.Layer
	blobs *[][]byte
}

func (c changing) Stored() (io.ReadCloser, v1.Hash, error) {
	blobs := *c.blobs
	if len(blobs) == 0 {
		return nil, v1.Hash{}, errors.New("gone")
	}
	*c.blobs = blobs[1:]
	return io.NopCloser(bytes.NewReader(blobs[0])), v1.Hash{}, nil
}

func (c changing) Size() (int64, error) { return 0, errors.New("not known") }

func TestFSOfChangedBlob(t *testing.T) {
	first := archive(t, "x=1", "a=good")
	for name, tc := range map[string]struct {
		again []byte
		want  string
	}{
		"same":      {gz(t, first), ""},
		"content":   {gz(t, archive(t, "x=1", "a=evil")), errChanged.Error()},
		"size":      {gz(t, archive(t, "x=1", "a=evils")), errChanged.Error()},
		"shorter":   {archive(t, "x=1"), "unexpected EOF"},
		"truncated": {first[:1538], "unexpected EOF"},
		"garbage":   {[]byte("garbage"), "unexpected EOF"},
		"gone":      {nil, "gone"},
	} {
		t.Run(name, func(t *testing.T) {
			blobs := [][]byte{first}
			if tc.again != nil {
				blobs = append(blobs, tc.again)
			}
			l := changing{static.NewLayer(first, types.OCILayer), &blobs}
			x := read(t, layersOf{plainStack(t, []string{"x=1", "a=good"}), []v1.Layer{l}}, nil)
			b, err := fs.ReadFile(x.FS(0), "a")
			if tc.want == "" {
				require.NoError(t, err)
				assert.Equal(t, "good", string(b))
				return
			}
			assert.ErrorContains(t, err, tc.want)
		})
	}
}

func TestFSOfDevices(t *testing.T) {
	x := read(t, plainStack(t, []string{"a=1"}), nil)
	assert.NoError(t, fstest.TestFS(x.FS(0), "a"))
	b := append(raw("null", '3', "00000000000\x00", ""), raw("pipe", '6', "00000000000\x00", "")...)
	b = append(b, make([]byte, 1024)...)
	x = read(t, image(t, stored{b, b}), nil)
	require.NoError(t, fstest.TestFS(x.FS(0), "null", "pipe"))
	i, err := fs.Stat(x.FS(0), "null")
	require.NoError(t, err)
	assert.Equal(t, "Dcrw-r--r--", i.Mode().String())
}
