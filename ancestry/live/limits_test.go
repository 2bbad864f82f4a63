package live_test

import (
	"context"
	"encoding/json"
	"io/fs"
	"strconv"
	"sync"
	"testing"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/stemma-go/stemma/ancestry"
	"github.com/stemma-go/stemma/ancestry/live"
)

// nothing is a registry that has nothing, and notes what it is asked for.
type nothing struct {
	mu    sync.Mutex
	asked []string
}

func (n *nothing) Get(_ context.Context, repository, what, reference string, _ int64) ([]byte, int, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.asked = append(n.asked, repository+" "+what+" "+reference)
	return nil, 1, fs.ErrNotExist
}

// The tag by which the image above was built on it is asked for, or else the most specific
// one that can move.
func TestWhichTag(t *testing.T) {
	base := on(t, empty.Image, "base", day(3, 1))
	app := on(t, base, "app", day(4, 1))
	for what, test := range map[string]struct {
		tags  []string
		hints ancestry.Hints
		want  string
	}{
		"most specific": {tags: []string{"3.11.2-slim", "3.11-slim"}, want: "3.11.2-slim"},
		"a day":         {tags: []string{"bookworm-20260301-slim", "bookworm-slim"}, want: "bookworm-slim"},
		"days alone":    {tags: []string{"20260301"}, want: "20260301"},
		"as built on": {tags: []string{"3.11.2-slim", "3.11-slim"}, want: "3.11-slim",
			hints: ancestry.Hints{Annotations: map[string]string{"org.opencontainers.image.base.name": "docker.io/library/base:3.11-slim"}}},
		"another repository's": {tags: []string{"3.11.2-slim", "3.11-slim"}, want: "3.11.2-slim",
			hints: ancestry.Hints{Annotations: map[string]string{"org.opencontainers.image.base.name": "other:3.11-slim"}}},
	} {
		t.Run(what, func(t *testing.T) {
			var n nothing
			chain{image: app, names: []ancestry.Name{named("base", test.tags...)}, grade: ancestry.Recognised, hints: test.hints}.resolve(t, &n)
			assert.Equal(t, []string{"base manifests " + test.want}, n.asked)
		})
	}
	var n nothing // of the image itself, the one that it was asked for by
	chain{image: app, names: []ancestry.Name{named("base", "1"), named("app", "2.1", "2")}, grade: ancestry.Recognised,
		hints: ancestry.Hints{Reference: "app:2"}}.resolve(t, &n)
	assert.ElementsMatch(t, []string{"base manifests 1", "app manifests 2"}, n.asked)
}

// An image that claims hundreds of ancestors has no more than sixteen asked for.
func TestManyAncestors(t *testing.T) {
	img := v1.Image(empty.Image)
	c := chain{grade: ancestry.Recognised}
	for i := range 20 {
		img = on(t, img, "file"+strconv.Itoa(i), day(3, 1))
		c.names = append(c.names, named("base"+strconv.Itoa(i), "1"))
	}
	c.image = img
	var n nothing
	l := c.resolve(t, &n)
	assert.Len(t, n.asked, 16)
	for i := range l.Ancestors {
		got := of(t, l, i)
		want := ancestry.StateGone
		if i >= 16 {
			want = ancestry.StateNotKnown
			assert.Contains(t, got.Why, "no more than 16")
		}
		assert.Equal(t, want, got.State)
	}
}

// An index whose images nothing tells apart decides nothing.
func TestPlatforms(t *testing.T) {
	base := on(t, empty.Image, "base", day(3, 1))
	at := func(os, arch, variant, version string) v1.Platform {
		return v1.Platform{OS: os, Architecture: arch, Variant: variant, OSVersion: version}
	}
	for what, test := range map[string]struct {
		ours  v1.Platform
		index []v1.Platform // the first is ours
		state string
	}{
		"same variant":     {at("linux", "arm", "v6", ""), []v1.Platform{at("linux", "arm", "v6", ""), at("linux", "arm", "v7", "")}, ancestry.StateCurrent},
		"usual variant":    {at("linux", "arm64", "", ""), []v1.Platform{at("linux", "arm64", "v8", "")}, ancestry.StateCurrent},
		"two of one":       {at("linux", "amd64", "", ""), []v1.Platform{at("linux", "amd64", "", ""), at("linux", "amd64", "", "")}, ancestry.StateNotKnown},
		"other variants":   {at("linux", "arm", "v5", ""), []v1.Platform{at("linux", "arm", "v6", ""), at("linux", "arm", "v7", "")}, ancestry.StateNotKnown},
		"version":          {at("windows", "amd64", "", "10.0.1"), []v1.Platform{at("windows", "amd64", "", "10.0.1"), at("windows", "amd64", "", "10.0.2")}, ancestry.StateCurrent},
		"another platform": {at("linux", "s390x", "", ""), []v1.Platform{at("linux", "amd64", "", "")}, ancestry.StateGone},
		"no platform":      {at("", "", "", ""), []v1.Platform{at("linux", "amd64", "", "")}, ancestry.StateNotKnown},
	} {
		t.Run(what, func(t *testing.T) {
			s := serve(t)
			cfg, err := on(t, base, "app", day(4, 1)).ConfigFile()
			require.NoError(t, err)
			cfg = cfg.DeepCopy()
			cfg.OS, cfg.Architecture, cfg.Variant, cfg.OSVersion = test.ours.OS, test.ours.Architecture, test.ours.Variant, test.ours.OSVersion
			idx := v1.ImageIndex(empty.Index)
			for i, p := range test.index {
				img := base
				if i > 0 {
					img = on(t, empty.Image, "other", day(2, i))
				}
				idx = mutate.AppendManifests(idx, mutate.IndexAddendum{Add: img, Descriptor: v1.Descriptor{Platform: &p}})
			}
			s.push(t, "base:1", idx)
			c := chain{names: []ancestry.Name{named(s.host+"/base", "1")}, grade: ancestry.Recognised}
			l, err := live.Resolve(t.Context(), image{cfg}, &ancestry.Options{Catalogues: []ancestry.Source{c}}, &live.Options{Registry: documents(t), Hosts: []string{s.host}})
			require.NoError(t, err)
			got := of(t, l, 1)
			assert.Equal(t, test.state, got.State, got.Why)
		})
	}
}

// A registry that leads from document to document is not followed for ever.
func TestManyDocuments(t *testing.T) {
	base := on(t, empty.Image, "base", day(3, 1))
	raw, err := base.RawManifest()
	require.NoError(t, err)
	config, err := base.RawConfigFile()
	require.NoError(t, err)
	type descriptor struct {
		ArtifactType string `json:"artifactType"`
		Digest       string `json:"digest"`
	}
	var list struct {
		Manifests []descriptor `json:"manifests"`
	}
	statement, err := json.Marshal(map[string]any{"schemaVersion": 2, "layers": []int{},
		"annotations": map[string]string{"vnd.microsoft.artifact.lifecycle.end-of-life.date": "2026-11-01"},
		"subject":     map[string]any{"digest": digestOf(t, base).String()}})
	require.NoError(t, err)
	for range 100 {
		list.Manifests = append(list.Manifests, descriptor{"application/vnd.microsoft.artifact.lifecycle", hash(statement).String()})
	}
	c := chain{image: on(t, base, "app", day(4, 1)), names: []ancestry.Name{named("base", "1")}, grade: ancestry.Recognised}
	asked := 0
	l := c.resolve(t, reader(func(_ context.Context, _, what, reference string, _ int64) ([]byte, int, error) {
		asked++
		switch {
		case what == "blobs":
			return config, 1, nil
		case what == "referrers":
			return must(json.Marshal(list)), 1, nil
		case reference == "1":
			return raw, 1, nil
		}
		return statement, 1, nil
	}))
	got := of(t, l, 1)
	assert.Equal(t, 10, asked)
	assert.Equal(t, ancestry.StateCurrent, got.State)
	assert.Contains(t, got.NoEndOfLife, "more than 10 documents")
}
