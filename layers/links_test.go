package layers

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// named wants files by their paths, and writes down what it is given.
type named struct {
	mu    sync.Mutex
	given []string
}

func (n *named) wants(paths ...string) []Want {
	match := func(e Entry, _ []byte) bool { return slices.Contains(paths, e.Path) }
	note := func(how string, e Entry, b []byte) {
		n.mu.Lock()
		defer n.mu.Unlock()
		n.given = append(n.given, fmt.Sprintf("%s %s %s %d %s", how, e.Path, e.Type, e.Size, b))
	}
	return []Want{
		{Key: "keep", Match: match},
		{
			Key: "learn", Match: match,
			Learn:  func(e Entry, b []byte) ([]byte, error) { note("learn", e, b); return bytes.Clone(b), nil },
			Recall: func(e Entry, b []byte) error { note("recall", e, b); return nil },
		},
	}
}

func TestWantedLinks(t *testing.T) {
	for name, tc := range map[string]struct {
		lines []string
		want  []string
		given []string
		once  bool
		kept  string // a path whose content is kept
		again int64  // bytes of files under further names
	}{
		"a link is wanted": {
			lines: []string{"bin/[=box", "bin/busybox=>bin/[", "bin/ls=>bin/["},
			want:  []string{"bin/busybox"}, given: []string{"learn bin/busybox hardlink 3 box"}, kept: "bin/busybox",
		},
		"its file is wanted too": {
			lines: []string{"bin/a=1", "bin/b=>bin/a"},
			want:  []string{"bin/a", "bin/b"}, given: []string{"learn bin/a regular 1 1", "learn bin/b hardlink 1 1"}, kept: "bin/b",
		},
		"nobody wants it": {lines: []string{"bin/a=1", "bin/b=>bin/a"}, want: []string{"c"}, once: true},
		"two names, and other files between": {
			lines: []string{"o/1=one", "o/2=two", "x/", "p=>o/2", "y->x", "q=>o/2", "r=>o/1", "../bad=1", "z=>o/3"},
			want:  []string{"p", "q", "r", "z"}, kept: "q", again: 3,
			given: []string{"learn r hardlink 3 one", "learn p hardlink 3 two", "learn q hardlink 3 two"},
		},
		"a link to a link": {
			lines: []string{"o=one", "a=>o", "b=>a"}, want: []string{"b"}, given: []string{"learn b hardlink 3 one"}, kept: "b",
		},
		"a file that changed under its name": {
			lines: []string{"o=one", "a=>o", "o=three", "b=>o"}, want: []string{"a", "b"}, kept: "a",
			given: []string{"learn a hardlink 3 one", "learn b hardlink 5 three"},
		},
		"a link to nothing": {lines: []string{"a=>o", "o=1", "d/", "b=>d"}, want: []string{"a", "b"}, once: true},
	} {
		t.Run(name, func(t *testing.T) {
			b := archive(t, tc.lines...)
			for form, blob := range map[string][]byte{"gzip": gz(t, b), "zstd": zst(t, b), "none": b} {
				img, opened := claimed(t, stored{blob, b})
				var n named
				var done, all atomic.Int64
				x := read(t, img, &Options{
					Wants: n.wants(tc.want...), Limits: Limits{Uncompressed: int64(len(b)) + tc.again},
					Progress: func(d, a int64) { done.Store(d); all.Store(a) },
				})
				assert.Equal(t, tc.given, n.given, form)
				assert.Equal(t, map[bool]int{true: 1, false: 2}[tc.once], opened[0], form)
				assert.True(t, x.Layers[0].Verified, form)
				assert.EqualValues(t, len(b), x.Layers[0].Uncompressed, form)
				assert.Equal(t, all.Load(), done.Load(), form)
				if tc.kept != "" {
					e, _ := x.Lookup(0, tc.kept)
					_, ok := x.Content(e)
					assert.True(t, ok, form)
				}
			}
		})
	}
}

// A file that is already kept is not read again in order to keep it.
func TestWantedLinksKept(t *testing.T) {
	b := archive(t, "a=1", "b=>a")
	img, opened := claimed(t, stored{b, b})
	x := read(t, img, &Options{Wants: (&named{}).wants("a", "b")[:1]})
	e, _ := x.Lookup(0, "b")
	content, ok := x.Content(e)
	assert.True(t, ok)
	assert.Equal(t, "1", string(content))
	assert.Equal(t, 1, opened[0])
}

// A file may have any number of names: Read can end between two of them.
func TestWantedLinksCancelled(t *testing.T) {
	img := stack(t, []string{"o=1", "a=>o", "b=>o", "c=>o"})
	for _, when := range []string{"match", "use"} {
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		calls := map[string]int{}
		called := func(what string) {
			if calls[what]++; what == when {
				cancel()
			}
		}
		_, err := Read(ctx, img, &Options{Wants: []Want{{
			Match: func(e Entry, _ []byte) bool {
				if e.Type == Hardlink {
					called("match")
				}
				return e.Type == Hardlink
			},
			Use: func(Entry, []byte) error { called("use"); return nil },
		}}})
		assert.ErrorIs(t, err, context.Canceled, when)
		assert.Equal(t, 1, calls[when], when)
	}
}

// What was learnt under the name of a hard link is recalled from a cache.
func TestWantedLinksCached(t *testing.T) {
	b := archive(t, "o/1=one", "o/2=two", "p=>o/2", "q=>o/1")
	c := newShelf()
	img, opened := claimed(t, stored{gz(t, b), b})
	var first, again named
	want := dump(read(t, img, &Options{Cache: c, Wants: first.wants("p", "q", "o/1")}))
	got := dump(read(t, img, &Options{Cache: c, Wants: again.wants("p", "q", "o/1")}))
	assert.Equal(t, want, got)
	assert.Equal(t, 2, opened[0], "both times by the first reading")
	assert.Equal(t, []string{"learn o/1 regular 3 one", "learn q hardlink 3 one", "learn p hardlink 3 two"}, first.given)
	assert.Equal(t, []string{"recall o/1 regular 3 one", "recall p hardlink 3 two", "recall q hardlink 3 one"}, again.given)
}

// fickle returns another blob the second time.
type fickle struct {
	v1.Layer
	blobs  [][]byte
	digest v1.Hash
	opened *int
}

func (l fickle) Stored() (io.ReadCloser, v1.Hash, error) {
	*l.opened++
	return io.NopCloser(bytes.NewReader(l.blobs[*l.opened-1])), l.digest, nil
}

func (l fickle) Size() (int64, error) { return int64(len(l.blobs[0])), nil }

func TestWantedLinksChanged(t *testing.T) {
	b := archive(t, "o=one", "a=>o")
	for name, second := range map[string][]byte{
		"another file":  archive(t, "o=two", "a=>o"),
		"another size":  archive(t, "o=three", "a=>o"),
		"another type":  archive(t, "o/", "a=>o"),
		"no file":       archive(t),
		"nothing":       nil,
		"more after it": archive(t, "o=one", "a=>o", "b=evil"),
	} {
		t.Run(name, func(t *testing.T) {
			var n named
			opened := 0
			l := fickle{blobs: [][]byte{b, second}, digest: sum(b), opened: &opened}
			x := read(t, layersOf{image(t, stored{b, b}), []v1.Layer{l}}, &Options{Wants: n.wants("a")})
			require.NotEmpty(t, x.Problems)
			for _, p := range problemTexts(x) {
				assert.True(t, strings.HasPrefix(p, "layer 0: read once more, for hard links: "), p)
			}
			assert.False(t, x.Layers[0].Verified)
			assert.True(t, x.Layers[0].Partial)
			if name != "more after it" {
				assert.Empty(t, n.given)
			}
		})
	}
}

// Nothing is lost silently of a layer that is not what was claimed.
func TestWantedLinksUnverified(t *testing.T) {
	b := archive(t, "o=one", "a=>o")
	var n named
	opened := 0
	l := fickle{blobs: [][]byte{b, archive(t, "o=three", "a=>o")}, digest: sum(b), opened: &opened}
	x := read(t, layersOf{image(t, stored{b, archive(t, "other=1")}), []v1.Layer{l}}, &Options{Wants: n.wants("a")})
	assert.Empty(t, n.given)
	assert.True(t, x.Layers[0].Partial)
	assert.Contains(t, problemTexts(x), "layer 0: read once more, for hard links: o: content is not what it was when the image was read")
}
