package layers

import (
	"context"
	"io"
	"io/fs"
	"slices"
	"testing"
	"unicode/utf8"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/static"
	"github.com/google/go-containerregistry/pkg/v1/types"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// FuzzRead reads any bytes as a layer above a sound one, and checks that what comes
// out agrees with itself.
func FuzzRead(f *testing.F) {
	b := sample(f)
	lines := archive(f, "d/", "d/.wh.a", "d->e", "h=>a", "a=1", ".wh..wh..opq", "d/x=1", "e/->", "a=2")
	for _, seed := range [][]byte{nil, b, lines, gz(f, lines), zst(f, lines), gz(f, b)[:200], append(gz(f, nil), gz(f, lines)...)} {
		f.Add(seed)
	}
	f.Add(raw("s", 'S', "00000000004\x00", "data"))
	f.Add(append(raw("l", 'L', "00000000005\x00", "long\x00"), raw("n", '0', "00000000000\x00", "")...))
	below := archive(f, "d/", "d/a=1", "a=1", "l->d", "h=>a", "e->../l")
	cfg := reconfigured(f, empty.Image, func(c *v1.ConfigFile) { c.RootFS.DiffIDs = []v1.Hash{sum(below), sum(below)} })
	f.Fuzz(func(t *testing.T, blob []byte) {
		img := layersOf{cfg, []v1.Layer{static.NewLayer(below, types.OCILayer), static.NewLayer(blob, types.OCILayer)}}
		of := func(types ...Type) func(Entry, []byte) bool {
			return func(e Entry, _ []byte) bool { return slices.Contains(types, e.Type) }
		}
		x, err := Read(context.Background(), img, &Options{
			Wants: []Want{
				{Match: of(Regular, Hardlink)},
				{Match: of(Hardlink), Use: func(e Entry, b []byte) error {
					assert.EqualValues(t, e.Size, len(b))
					return nil
				}},
			},
			Limits: Limits{Uncompressed: 8 << 20, Entries: 10_000, Kept: 1 << 20},
		})
		require.NoError(t, err)
		checkIndex(t, x)
	})
}

// checkIndex checks what holds for every image.
func checkIndex(t *testing.T, x *Index) {
	var left int64
	for i, l := range x.Layers {
		require.Equal(t, l.Content, l.Added+l.Modified+l.Rewritten)
		require.LessOrEqual(t, l.Shadowed, l.Content)
		require.LessOrEqual(t, l.Deletes, l.Hides)
		left += l.Content - l.Shadowed
		for e := range x.Entries(i) {
			require.True(t, fs.ValidPath(e.Path) || !utf8.ValidString(e.Path), "%q", e.Path)
			require.Contains(t, x.Versions(e.Path), e)
			if e.Visible() {
				got, ok := x.Lookup(x.Top(), e.Path)
				require.True(t, ok)
				require.Equal(t, e, got)
			}
		}
	}
	var visible int64
	seen := map[int32]bool{}
	for e := range x.Merged(x.Top()) {
		if e.Path == "." {
			continue
		}
		id := x.state.recs.fileOf(x.state.visible(x.state.tree.find(e.Path), x.Top()))
		if id != None && !seen[id] {
			seen[id] = true
			visible += x.state.recs.at(id).size
		}
		if f, err := x.FS(x.Top()).Open(e.Path); err == nil {
			if e.Type == Regular {
				n, err := io.Copy(io.Discard, f)
				require.NoError(t, err)
				require.Equal(t, e.Size, n)
			}
			require.NoError(t, f.Close())
		}
	}
	require.Equal(t, visible, left)
}
