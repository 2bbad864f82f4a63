package layers

import (
	"errors"
	"testing"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// also wants, once the layers are stacked, the files that are visible at these paths.
func also(w Want, paths ...string) Want {
	w.Match = func(Entry, []byte) bool { return false }
	w.Also = func(x *Index) (all []Entry) {
		for _, p := range paths {
			if e, ok := x.Resolve(x.Top(), p); ok {
				all = append(all, e)
			}
		}
		return all
	}
	return w
}

// A file can be wanted because of a link that an upper layer has.
func TestWantedBehindLinks(t *testing.T) {
	below := archive(t, "d/", "d/a=one", "d/b=two", "d/c=three", "h=>d/c")
	above := archive(t, "db->d")
	for form, blob := range map[string][]byte{"gzip": gz(t, below), "none": below} {
		for _, c := range []Cache{nil, newShelf()} {
			img, opened := claimed(t, stored{blob, below}, stored{gz(t, above), above})
			var learnt []string
			opts := &Options{Cache: c, Wants: []Want{
				also(Want{Key: "k"}, "db/a", "db/b", "h", "db/missing", "d", "db"),
				also(Want{
					Key:    "l",
					Learn:  func(e Entry, b []byte) ([]byte, error) { learnt = append(learnt, e.Path+" "+string(b)); return b, nil },
					Recall: func(Entry, []byte) error { return errors.New("not of this layer alone") },
				}, "db/b"),
			}}
			for times := 1; times <= 2; times++ {
				x := read(t, img, opts)
				assert.Empty(t, problemTexts(x), form)
				for p, want := range map[string]string{"d/a": "one", "d/b": "two", "h": "three"} {
					e, ok := x.Lookup(x.Top(), p)
					require.True(t, ok)
					b, ok := x.Content(e)
					assert.True(t, ok, "%s: %s", form, p)
					assert.Equal(t, want, string(b), form)
				}
				assert.Len(t, learnt, times, form)
				assert.Equal(t, "d/b two", learnt[0], form)
				assert.True(t, x.Layers[0].Verified)
				if times == 1 {
					assert.Equal(t, []int{2, 1}, opened, "%s: only the layer that has the files is read again", form)
				}
			}
		}
	}
}

// What can't be read for the second time is told.
func TestWantedBehindLinksFails(t *testing.T) {
	b := archive(t, "d/a=one", "db->d")
	img := image(t, stored{b, b})
	want := also(Want{Key: "k"}, "db/a")
	x := read(t, img, &Options{Wants: []Want{want}, Limits: Limits{FileSize: 2}})
	assert.Equal(t, []string{"layer 0: d/a: file of 3 bytes is wanted, over the limit of 2"}, problemTexts(x))
	x = read(t, img, &Options{Wants: []Want{want}, Limits: Limits{Kept: 2}})
	assert.Equal(t, []string{"layer 0: d/a: file of 3 bytes not kept: over the limit of 2 for all"}, problemTexts(x))

	opened := 0
	l := fickle{blobs: [][]byte{b, archive(t, "d/a=two", "db->d")}, digest: sum(b), opened: &opened}
	x = read(t, layersOf{img, []v1.Layer{l}}, &Options{Wants: []Want{want}})
	require.NotEmpty(t, problemTexts(x))
	assert.Contains(t, problemTexts(x)[0], "read once more, for files behind links: d/a: content is not what it was")
	assert.False(t, x.Layers[0].Verified)
	e, _ := x.Lookup(0, "d/a")
	_, kept := x.Content(e)
	assert.False(t, kept)

	want.Also = func(*Index) []Entry { panic("boom") }
	x = read(t, img, &Options{Wants: []Want{want}})
	require.Len(t, x.Problems, 1)
	assert.Regexp(t, `^files wanted after all: panic: boom, in \S+ \(again_test\.go:\d+\)$`, problemTexts(x)[0])
}
