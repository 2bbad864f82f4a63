package build_test

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"strings"
	"testing"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/klauspost/compress/zstd"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/stemma-go/stemma/ancestry/catalogue/internal/build"
	"github.com/stemma-go/stemma/ancestry/catalogue/internal/data"
	"github.com/stemma-go/stemma/ancestry/catalogue/internal/recipe"
)

// everything reads all that a catalogue has.
func everything(c *data.Catalogue) error {
	for _, name := range c.Names() {
		r, err := c.Repository(name)
		if err != nil {
			return err
		}
		for id := range min(r.Len(), 50) {
			x := r.Recipe(id)
			for _, s := range x.Spans {
				_ = r.On(strings.Join(s.Tags, " "), s.From)
			}
			for _, d := range c.Dialects() {
				reading := r.Reading(id, d)
				if _, err := c.Matches(reading); err != nil {
					return err
				}
				if _, err := c.Alike(reading); err != nil {
					return err
				}
				for _, s := range reading.Shapes {
					if _, err := c.Shape(s); err != nil {
						return err
					}
				}
				r.Nearest(reading, 2)
			}
			if _, err := c.ByDiffIDs(x.Image.DiffIDs); err != nil {
				return err
			}
		}
		r.Tags()
	}
	return nil
}

func small(t testing.TB) []byte {
	b := build.New(4000, "fuzz")
	for v := range 6 {
		d := digest(t, lib(v))
		d.Image.DiffIDs = []v1.Hash{{Algorithm: "sha256", Hex: fmt.Sprintf("%064x", v+1)}}
		b.Add(build.Addition{Repository: "lib", Digest: d, Tags: []string{fmt.Sprint(v), "latest"}, From: data.Day(v), To: data.Day(v + 1)})
	}
	b.Add(build.Addition{Repository: "other", Digest: digest(t, lib(2)), Tags: []string{"1"}, Architectures: []string{"s390x"}})
	file, err := b.Encode()
	require.NoError(t, err)
	return file
}

// FuzzOpen: whatever the bytes, reading ends, and does not panic.
func FuzzOpen(f *testing.F) {
	file := small(f)
	f.Add(file)
	f.Add(file[:len(file)/2])
	f.Add([]byte("stemma\x1a\x02"))
	f.Add([]byte(nil))
	f.Fuzz(func(t *testing.T, file []byte) {
		c, err := data.Open(bytes.NewReader(file), int64(len(file)))
		if err != nil {
			return
		}
		_ = everything(c)
	})
}

// TestCorruptNeighbour: a block that can't be read costs its repository alone.
func TestCorruptNeighbour(t *testing.T) {
	file := small(t)
	want := digestReading(digest(t, lib(2)), recipe.BuildKit)
	met := 0
	for i := range file {
		bad := bytes.Clone(file)
		bad[i] ^= 0x55
		c, err := data.Open(bytes.NewReader(bad), int64(len(bad)))
		if err != nil {
			continue
		}
		if _, err := c.Repository("other"); err == nil {
			continue
		}
		if r, err := c.Repository("lib"); err != nil || r == nil {
			continue
		}
		met++
		matches, err := c.Matches(want)
		assert.ErrorContains(t, err, "repository other", i)
		assert.Len(t, matches, 1, i)
		alike, err := c.Alike(want)
		assert.ErrorContains(t, err, "repository other", i)
		assert.Len(t, alike, 1, i)
	}
	require.NotZero(t, met)
}

// TestOtherDialect: lines in a dialect that this version does not know are not asked
// for, and cost those of others nothing.
func TestOtherDialect(t *testing.T) {
	b := build.New(1, "", recipe.Docker, recipe.BuildKit)
	b.Add(build.Addition{Repository: "lib", Digest: digest(t, lib(2)), Tags: []string{"1"}})
	file, err := b.Encode()
	require.NoError(t, err)
	enc, err := zstd.NewWriter(nil)
	require.NoError(t, err)
	dec, err := zstd.NewReader(nil)
	require.NoError(t, err)
	defer dec.Close()
	packed := binary.LittleEndian.Uint32(file[8:])
	head, err := dec.DecodeAll(file[16:16+packed], nil)
	require.NoError(t, err)
	require.Equal(t, "\x02\x00\x02\x06docker\x08buildkit", string(head[:19]))
	for _, name := range []string{"marvel", "any   "} {
		copy(head[4:], name)
		again := enc.EncodeAll(head, nil)
		other := append(binary.LittleEndian.AppendUint32(bytes.Clone(file[:8]), uint32(len(again))), file[12:16]...)
		other = append(append(other, again...), file[16+packed:]...)
		c, err := data.Open(bytes.NewReader(other), int64(len(other)))
		require.NoError(t, err)
		assert.Equal(t, []recipe.Dialect{recipe.BuildKit}, c.Dialects())
		found, err := c.Matches(digestReading(digest(t, lib(2)), recipe.BuildKit))
		require.NoError(t, err)
		assert.Len(t, found, 1)
	}
}

// TestCorrupt: every byte matters, or does no harm.
func TestCorrupt(t *testing.T) {
	file := small(t)
	c, err := data.Open(bytes.NewReader(file), int64(len(file)))
	require.NoError(t, err)
	require.NoError(t, everything(c))
	for i := range file {
		bad := bytes.Clone(file)
		bad[i] ^= 0x55
		if c, err := data.Open(bytes.NewReader(bad), int64(len(bad))); err == nil {
			_ = everything(c)
		}
	}
	for n := range len(file) {
		if c, err := data.Open(bytes.NewReader(file[:n]), int64(n)); err == nil {
			require.Error(t, everything(c), "%d of %d bytes", n, len(file))
		}
	}
	_, err = data.Open(bytes.NewReader([]byte("PK\x03\x04 no catalogue")), 19)
	require.ErrorIs(t, err, data.ErrFormat)
}
