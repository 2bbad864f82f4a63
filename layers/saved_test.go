package layers

import (
	"context"
	"fmt"
	"io"
	"testing"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/klauspost/compress/zstd"
	"github.com/stretchr/testify/require"
)

// FuzzSaved reads any bytes as an entry of a cache: nothing valid is lost, and what
// is accepted makes an Index that agrees with itself.
func FuzzSaved(f *testing.F) {
	blobs := cacheSample(f)
	c := newShelf()
	for _, b := range blobs {
		img, _ := claimed(f, b)
		_, err := Read(context.Background(), img, &Options{Cache: c, Wants: (&learner{}).wants()})
		require.NoError(f, err)
	}
	for _, b := range c.m {
		f.Add(b)
		s, err := parseSaved(b)
		require.NoError(f, err)
		f.Add(plainBody(f, s))
	}
	z, err := zstd.NewWriter(nil, zstd.WithEncoderConcurrency(1), zstd.WithEncoderLevel(zstd.SpeedFastest))
	require.NoError(f, err)
	f.Fuzz(func(t *testing.T, raw []byte) {
		for _, b := range [][]byte{raw, (&saved{body: z.EncodeAll(raw, nil)}).bytes()} {
			s, err := parseSaved(b)
			if err != nil {
				continue
			}
			p := savedPass()
			if p.restore(t.Context(), s) != nil {
				continue
			}
			var again saved
			require.NoError(t, p.save(&again))
			q := savedPass()
			require.NoError(t, q.restore(t.Context(), &again))
			require.Equal(t, listed(p), listed(q), "what is accepted is what is saved again")
			x := &Index{Config: &v1.ConfigFile{}, Layers: make([]Layer, 1), state: &state{tree: p.tree, keep: map[int32][]byte{}}}
			p.info = &x.Layers[0]
			require.NoError(t, newMerger(p.reader, x).finished(context.Background(), p))
			x.finish(p.reader)
			checkSums(t, x)
		}
	})
}

// savedPass is a pass for a layer to be restored into.
func savedPass() *pass {
	r := newReader(&Options{Wants: (&learner{}).wants(), Limits: Limits{Entries: 10_000, Kept: 1 << 20}, Parallelism: 1})
	return &pass{reader: r, info: &Layer{}, keep: map[int32][]byte{}, problems: problems{limit: r.lim.Problems}}
}

// listed is what a pass has of the entries, by value.
func listed(p *pass) []string {
	var all []string
	for i := range p.records.n {
		r := *p.records.at(i)
		line := fmt.Sprintf("%s %+v %q", p.tree.path(r.node), p.attrTable.get(r.attrs), p.keep[int32(i)])
		switch r.typ {
		case Symlink:
			line += p.links[r.link]
		case Hardlink:
			line += p.tree.path(r.link)
		}
		r.node, r.link, r.attrs = 0, 0, 0
		all = append(all, fmt.Sprintf("%s %+v", line, r))
	}
	return all
}

// plainBody is the body of a saved layer, not compressed: mutations of it are worth
// more.
func plainBody(t testing.TB, s *saved) []byte {
	d, err := floorDecoder(compressionZstd, s.body)
	require.NoError(t, err)
	b, err := io.ReadAll(d)
	require.NoError(t, err)
	return b
}

// checkSums is checkIndex for an index whose contents are not those of the image.
func checkSums(t *testing.T, x *Index) {
	for i, l := range x.Layers {
		require.Equal(t, l.Content, l.Added+l.Modified+l.Rewritten)
		require.LessOrEqual(t, l.Shadowed, l.Content)
		for e := range x.Entries(i) {
			require.Contains(t, x.Versions(e.Path), e)
			if b, ok := x.Content(e); ok && e.Type == Regular {
				require.Len(t, b, int(e.Size))
			}
		}
	}
}
