package layers

import (
	"bytes"
	"fmt"
	"io"
	"strings"
	"sync"
	"testing"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
)

// shelf is a cache in memory that counts.
type shelf struct {
	mu         sync.Mutex
	m          map[string][]byte
	hits, puts int
}

func newShelf() *shelf { return &shelf{m: map[string][]byte{}} }

func (s *shelf) Get(key string) ([]byte, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	b, ok := s.m[key]
	if ok {
		s.hits++
	}
	return b, ok
}

func (s *shelf) Put(key string, b []byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.m[key] = bytes.Clone(b)
	s.puts++
}

// claimedLayer has a manifest's descriptor, and counts how often it is opened.
type claimedLayer struct {
	v1.Layer
	blob   []byte
	digest v1.Hash
	opened *int
}

func (l claimedLayer) Stored() (io.ReadCloser, v1.Hash, error) {
	*l.opened++
	return io.NopCloser(bytes.NewReader(l.blob)), l.digest, nil
}

func (l claimedLayer) Described() (v1.Descriptor, bool) {
	return v1.Descriptor{Digest: l.digest, Size: int64(len(l.blob))}, l.digest != v1.Hash{}
}

func (l claimedLayer) Size() (int64, error) { return int64(len(l.blob)), nil }

// claimed makes an image whose layers have the manifest's descriptors. opened counts
// how often each is opened.
func claimed(t testing.TB, layers ...stored) (img v1.Image, opened []int) {
	opened = make([]int, len(layers))
	all := layersOf{Image: empty.Image}
	var ids []v1.Hash
	for i, l := range layers {
		all.layers = append(all.layers, claimedLayer{blob: l.blob, digest: sum(l.blob), opened: &opened[i]})
		ids = append(ids, sum(l.tar))
	}
	all.Image = reconfigured(t, empty.Image, func(c *v1.ConfigFile) { c.RootFS.DiffIDs, c.History = ids, make([]v1.History, len(ids)) })
	return all, opened
}

// learner is a set of wants that can be cached.
type learner struct {
	mu       sync.Mutex
	learnt   []string
	recalled []string
	fail     error
}

func (l *learner) wants() []Want {
	return []Want{
		{Key: "keep/1", Match: func(e Entry, _ []byte) bool { return strings.HasPrefix(e.Path, "etc/") }},
		{
			Key:   "head/1",
			Match: func(_ Entry, head []byte) bool { return bytes.HasPrefix(head, []byte("#!")) },
			Learn: func(e Entry, b []byte) ([]byte, error) {
				l.mu.Lock()
				defer l.mu.Unlock()
				l.learnt = append(l.learnt, fmt.Sprint(e.Layer, e.Path, e.Mode, e.Size, e.ModTime, string(b)))
				return bytes.Clone(b), l.fail
			},
			Recall: func(e Entry, b []byte) error {
				l.mu.Lock()
				defer l.mu.Unlock()
				l.recalled = append(l.recalled, fmt.Sprint(e.Layer, e.Path, e.Mode, e.Size, e.ModTime, string(b)))
				return l.fail
			},
		},
	}
}

// dump is all that an Index says of an image.
func dump(x *Index) []string {
	var all []string
	for i, l := range x.Layers {
		l.Cached = false
		all = append(all, fmt.Sprintf("%+v", l))
		for e := range x.Entries(i) {
			b, ok := x.Content(e)
			all = append(all, fmt.Sprintf("%+v %q %t", e, b, ok))
		}
	}
	for _, p := range x.Problems {
		all = append(all, p.Error())
	}
	return all
}

func cacheSample(t testing.TB) []stored {
	all := []stored{}
	for i, b := range [][]byte{
		archive(t, "etc/", "etc/passwd=root", "bin->usr/bin", "usr/bin/sh=#!x mode=493", "../bad=1", "h=>etc/passwd", "d/a=1 xattr=v", "etc/passwd=twice"),
		archive(t, "etc/.wh.passwd", "d/.wh..wh..opq", "bin/ls=#!y uid=7", "d/a=1", "../bad=2"),
		make([]byte, 1024),
	} {
		if i == 1 {
			all = append(all, stored{zst(t, b), b})
			continue
		}
		all = append(all, stored{gz(t, b), b})
	}
	return append(all, all[0])
}

func stack1(t testing.TB, lines ...string) stored {
	b := archive(t, lines...)
	return stored{gz(t, b), b}
}

func cachedLayers(x *Index) []bool {
	var all []bool
	for _, l := range x.Layers {
		all = append(all, l.Cached)
	}
	return all
}
