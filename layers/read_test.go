package layers

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"io"
	"testing"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/partial"
	"github.com/google/go-containerregistry/pkg/v1/tarball"
	"github.com/google/go-containerregistry/pkg/v1/types"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestReadCompressions(t *testing.T) {
	b := archive(t, "etc/", "etc/passwd=root", "bin->usr/bin")
	two := append(gz(t, b[:700]), gz(t, b[700:])...)
	skippable := append([]byte{0x53, 0x2a, 0x4d, 0x18, 3, 0, 0, 0, 1, 2, 3}, zst(t, b)...)
	chunked := append(append(zst(t, b[:1000]), zst(t, b[1000:])...), skippable[:11]...)
	for name, tc := range map[string]struct {
		blob []byte
		want string
	}{
		"gzip":            {gz(t, b), "gzip"},
		"gzip members":    {two, "gzip"},
		"estargz":         {append(two, gz(t, nil)...), "gzip"},
		"zstd":            {zst(t, b), "zstd"},
		"zstd skippable":  {skippable, "zstd"},
		"zstd:chunked":    {chunked, "zstd"},
		"none":            {b, "none"},
		"no end of tar":   {b[:len(b)-1024], "none"},
		"padded by zeros": {append(bytes.Clone(b), make([]byte, 9000)...), "none"},
	} {
		t.Run(name, func(t *testing.T) {
			l := stored{tc.blob, b}
			if tc.want == "none" {
				l.tar = tc.blob
			}
			x := read(t, image(t, l), nil)
			assert.Empty(t, problemTexts(x))
			got := x.Layers[0]
			assert.True(t, got.Verified)
			assert.False(t, got.Partial)
			assert.Equal(t, tc.want, got.Compression)
			assert.Equal(t, sum(tc.blob), got.Digest)
			assert.Equal(t, sum(l.tar), got.DiffID)
			assert.EqualValues(t, len(tc.blob), got.Size)
			assert.EqualValues(t, len(l.tar), got.Uncompressed)
			assert.Equal(t, []string{"etc directory added", "etc/passwd regular added", "bin symlink added"}, show(x, 0))
		})
	}
}

// opened counts what is opened of a plain layer.
type opened struct {
	tar   []byte
	times int
}

func (o *opened) DiffID() (v1.Hash, error)            { return sum(o.tar), nil }
func (o *opened) MediaType() (types.MediaType, error) { return types.DockerLayer, nil }
func (o *opened) Uncompressed() (io.ReadCloser, error) {
	o.times++
	return io.NopCloser(bytes.NewReader(o.tar)), nil
}

// A layer that is stored plain is read as it is, not through a compressor.
func TestReadPlainLayers(t *testing.T) {
	b := archive(t, "a=hello")
	core := &opened{tar: b}
	l, err := partial.UncompressedToLayer(core)
	require.NoError(t, err)
	blob, err := openBlob(l)
	require.NoError(t, err)
	got, err := io.ReadAll(blob)
	require.NoError(t, err)
	assert.True(t, blob.plain)
	assert.Equal(t, b, got)

	file, err := tarball.LayerFromOpener(func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(b)), nil })
	require.NoError(t, err)
	img, err := mutate.AppendLayers(empty.Image, l, file)
	require.NoError(t, err)
	x := read(t, img, nil)
	assert.Empty(t, problemTexts(x))
	for _, l := range x.Layers {
		assert.True(t, l.Verified)
		assert.Zero(t, l.Digest)
		assert.Equal(t, "none", l.Compression)
		assert.EqualValues(t, len(b), l.Size)
	}
}

// storedLayer is a layer that tells how it is stored.
type storedLayer struct {
	v1.Layer
	blob    []byte
	claimed v1.Hash
}

func (s storedLayer) Stored() (io.ReadCloser, v1.Hash, error) {
	return io.NopCloser(bytes.NewReader(s.blob)), s.claimed, nil
}
func (s storedLayer) Compressed() (io.ReadCloser, error) { return nil, errors.New("must not be asked") }

func TestReadStored(t *testing.T) {
	b := archive(t, "a=hello")
	base, err := image(t, stored{b, b}).Layers()
	require.NoError(t, err)
	for name, claimed := range map[string]v1.Hash{"claimed": sum(b), "no manifest": {}, "lie": sum([]byte("x"))} {
		t.Run(name, func(t *testing.T) {
			img := layersOf{reconfigured(t, empty.Image, func(c *v1.ConfigFile) { c.RootFS.DiffIDs = []v1.Hash{sum(b)} }),
				[]v1.Layer{storedLayer{base[0], b, claimed}}}
			x := read(t, img, nil)
			assert.Equal(t, name != "lie", x.Layers[0].Verified)
			assert.Equal(t, sum(b), x.Layers[0].Digest)
			if name == "lie" {
				assert.Contains(t, problemTexts(x)[1], "layer 0: digest is sha256:")
			}
		})
	}
}

func TestReadProgress(t *testing.T) {
	img := stack(t, []string{"a=1"}, []string{"b=2"})
	l, err := img.Layers()
	require.NoError(t, err)
	a, _ := l[0].Size()
	b, _ := l[1].Size()
	var last, all int64
	read(t, img, &Options{Parallelism: 1, Progress: func(d, n int64) { last, all = d, n }})
	assert.Equal(t, a+b, last)
	assert.Equal(t, a+b, all)
}

func TestReadWants(t *testing.T) {
	big := bytes.Repeat([]byte("0123456789abcdef"), 20_000)
	img := stack(t, []string{"etc/os-release=ID=x", "big=" + string(big), "small=#!x", "hard=>small"}, []string{"etc/os-release=ID=y"})
	var used [32]byte
	x := read(t, img, &Options{Wants: []Want{
		{Match: func(e Entry, head []byte) bool {
			return e.Path == "etc/os-release" || bytes.HasPrefix(head, []byte("#!"))
		}},
		{
			Match: func(e Entry, head []byte) bool {
				if e.Path == "big" {
					assert.Len(t, head, HeadSize)
					assert.EqualValues(t, len(big), e.Size)
				}
				return e.Path == "big"
			},
			Use: func(e Entry, b []byte) error { used = sha256.Sum256(b); return nil },
		},
		{Match: func(e Entry, _ []byte) bool { return e.Path == "small" }, Use: func(Entry, []byte) error { return errors.New("no good") }},
		{Match: func(e Entry, _ []byte) bool { return e.Path == "small" }, Use: func(Entry, []byte) error { var p *int; *p = 1; return nil }},
	}})
	assert.Equal(t, sha256.Sum256(big), used)
	var got []string
	for _, e := range x.Versions("etc/os-release") {
		b, ok := x.Content(e)
		require.True(t, ok)
		got = append(got, string(b))
	}
	assert.Equal(t, []string{"ID=x", "ID=y"}, got)
	hard, ok := x.Lookup(1, "hard")
	require.True(t, ok)
	b, ok := x.Content(hard)
	assert.True(t, ok)
	assert.Equal(t, "#!x", string(b))
	e, _ := x.Lookup(1, "big")
	_, ok = x.Content(e)
	assert.False(t, ok)
	require.Len(t, x.Problems, 2)
	assert.Equal(t, "layer 0: small: no good", problemTexts(x)[0])
	assert.Regexp(t, `^layer 0: small: panic: runtime error: invalid memory address or nil pointer dereference, in \S+ \(read_test\.go:\d+\)$`, problemTexts(x)[1])
}
