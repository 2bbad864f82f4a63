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

// FuzzSaved reads any bytes as an entry of a cache. What is accepted is the same after
// it is saved again, and makes an Index that agrees with itself.
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
		s, err := parseCachedLayer(b)
		require.NoError(f, err)
		f.Add(plainBody(f, s))
	}
	z, err := zstd.NewWriter(nil, zstd.WithEncoderConcurrency(1), zstd.WithEncoderLevel(zstd.SpeedFastest))
	require.NoError(f, err)
	f.Fuzz(func(t *testing.T, raw []byte) {
		for _, b := range [][]byte{raw, (&cachedLayer{body: z.EncodeAll(raw, nil)}).bytes()} {
			s, err := parseCachedLayer(b)
			if err != nil {
				continue
			}
			p := emptyLayer()
			if p.restore(t.Context(), s) != nil {
				continue
			}
			var again cachedLayer
			require.NoError(t, p.save(&again))
			q := emptyLayer()
			require.NoError(t, q.restore(t.Context(), &again))
			require.Equal(t, listed(p), listed(q), "what is accepted is what is saved again")
			x := &Index{Config: &v1.ConfigFile{}, Layers: make([]Layer, 1), state: &state{tree: p.run.tree, keep: map[int32][]byte{}}}
			p.info = &x.Layers[0]
			require.NoError(t, newMerger(p.run, x).add(context.Background(), p.result()))
			x.finish(p.run)
			checkSums(t, x)
		}
	})
}

// emptyLayer is a layerReader for a layer to be restored into.
func emptyLayer() *layerReader {
	r := newRun(&Options{Wants: (&learner{}).wants(), Limits: Limits{Entries: 10_000, Kept: 1 << 20}, Parallelism: 1})
	return newLayerReader(r, &Layer{}, false)
}

// listed writes down what a layerReader has of the entries.
func listed(l *layerReader) []string {
	var all []string
	c := l.recorder
	for i := range c.records.n {
		r := *c.records.at(i)
		line := fmt.Sprintf("%s %+v %q", c.tree.path(r.node), c.attrs.get(r.attrs), l.wants.keep[int32(i)])
		switch r.typ {
		case Symlink:
			line += c.records.links[r.link]
		case Hardlink:
			line += c.tree.path(r.link)
		}
		r.node, r.link, r.attrs = 0, 0, 0
		all = append(all, fmt.Sprintf("%s %+v", line, r))
	}
	return all
}

// plainBody is the body of a cached layer, not compressed, because mutations of that
// reach further.
func plainBody(t testing.TB, s *cachedLayer) []byte {
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
