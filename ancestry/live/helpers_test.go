package live_test

import (
	"archive/tar"
	"bytes"
	"context"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/registry"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/google/go-containerregistry/pkg/v1/static"
	"github.com/google/go-containerregistry/pkg/v1/types"
	"github.com/stretchr/testify/require"

	"github.com/stemma-go/stemma/ancestry"
	"github.com/stemma-go/stemma/ancestry/live"
	"github.com/stemma-go/stemma/layers/source"
)

var platform = v1.Platform{OS: "linux", Architecture: "amd64"}

// day is noon of a day of 2026.
func day(month, day int) time.Time {
	return time.Date(2026, time.Month(month), day, 12, 0, 0, 0, time.UTC)
}

// on adds a step with a layer to an image, and one without.
func on(t testing.TB, base v1.Image, what string, at time.Time) v1.Image {
	t.Helper()
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	require.NoError(t, w.WriteHeader(&tar.Header{Name: "etc/" + what, Size: int64(len(what)), Mode: 0o644}))
	_, err := io.WriteString(w, what)
	require.NoError(t, err)
	require.NoError(t, w.Close())
	img, err := mutate.Append(base,
		mutate.Addendum{Layer: static.NewLayer(b.Bytes(), types.DockerUncompressedLayer), History: v1.History{CreatedBy: "COPY " + what + " /etc/ # buildkit", Created: v1.Time{Time: at}}},
		mutate.Addendum{History: v1.History{CreatedBy: "ENV IS=" + what, Created: v1.Time{Time: at}, EmptyLayer: true}})
	require.NoError(t, err)
	cfg, err := img.ConfigFile()
	require.NoError(t, err)
	cfg = cfg.DeepCopy()
	cfg.OS, cfg.Architecture, cfg.Created = platform.OS, platform.Architecture, v1.Time{Time: at}
	img, err = mutate.ConfigFile(img, cfg)
	require.NoError(t, err)
	return img
}

// indexOf is an index with images for two platforms, of which the first is ours.
func indexOf(t testing.TB, img v1.Image) v1.ImageIndex {
	arm := platform
	arm.Architecture = "arm64"
	return mutate.AppendManifests(empty.Index,
		mutate.IndexAddendum{Add: img, Descriptor: v1.Descriptor{Platform: &platform}},
		mutate.IndexAddendum{Add: on(t, empty.Image, "arm", day(1, 1)), Descriptor: v1.Descriptor{Platform: &arm}})
}

// A server is a registry that notes what it is asked for.
type server struct {
	host string
	mu   sync.Mutex
	seen []*http.Request
	// answer, if not nil, answers first, and reports whether it did.
	answer func(w http.ResponseWriter, req *http.Request) bool
}

func serve(t testing.TB, opts ...registry.Option) *server {
	t.Helper()
	s := &server{}
	reg := registry.New(append(opts, registry.Logger(log.New(io.Discard, "", 0)))...)
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		s.mu.Lock()
		s.seen = append(s.seen, req)
		answer := s.answer
		s.mu.Unlock()
		if answer == nil || !answer(w, req) {
			reg.ServeHTTP(w, req)
		}
	}))
	t.Cleanup(srv.Close)
	s.host = strings.TrimPrefix(srv.URL, "http://")
	return s
}

// asked returns what the server was asked for, and forgets it.
func (s *server) asked() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	var out []string
	for _, r := range s.seen {
		out = append(out, r.Method+" "+r.URL.Path)
	}
	s.seen = nil
	return out
}

func (s *server) fails(answer func(w http.ResponseWriter, req *http.Request) bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.answer = answer
}

func (s *server) push(t testing.TB, ref string, what remote.Taggable) {
	t.Helper()
	n, err := name.ParseReference(s.host + "/" + ref)
	require.NoError(t, err)
	switch x := what.(type) {
	case v1.Image:
		require.NoError(t, remote.Write(n, x))
	case v1.ImageIndex:
		require.NoError(t, remote.WriteIndex(n, x))
	}
	s.asked()
}

// A chain is the image of a test: each name with how many steps it has.
type chain struct {
	image v1.Image
	names []ancestry.Name // oldest first
	grade ancestry.Confidence
	hints ancestry.Hints
}

// Claims names the ancestors: each has two steps.
func (c chain) Claims(context.Context, *ancestry.Query) (out []ancestry.Claim, _ error) {
	for i, n := range c.names {
		e := ancestry.Evidence{Kind: ancestry.KindRecipe, Confidence: c.grade, Says: fmt.Sprintf("says the test of %s", n)}
		out = append(out, ancestry.Claim{Start: 2 * i, End: 2*i + 2, Name: n, Evidence: e})
	}
	return out, nil
}

// documents is a reader of registries that does not wait.
func documents(t testing.TB) *source.Documents {
	d := source.NewDocuments(&source.Options{Attempts: 1})
	t.Cleanup(func() { require.NoError(t, d.Close()) })
	return d
}

// resolve resolves the chain, with what is asked of those hosts.
func (c chain) resolve(t testing.TB, r live.Registry, hosts ...string) *ancestry.Lineage {
	t.Helper()
	l, err := live.Resolve(t.Context(), c.image, &ancestry.Options{Hints: c.hints, Catalogues: []ancestry.Source{c}},
		&live.Options{Registry: r, Hosts: hosts, Now: func() time.Time { return day(11, 1) }})
	require.NoError(t, err)
	return l
}

// of returns what was said of an image, 0 being the youngest.
func of(t testing.TB, l *ancestry.Lineage, ancestor int) ancestry.Live {
	t.Helper()
	require.Greater(t, len(l.Ancestors), ancestor)
	require.NotNil(t, l.Ancestors[ancestor].Live)
	return *l.Ancestors[ancestor].Live
}

func digestOf(t testing.TB, what interface{ Digest() (v1.Hash, error) }) v1.Hash {
	t.Helper()
	h, err := what.Digest()
	require.NoError(t, err)
	return h
}

func named(repository string, tags ...string) ancestry.Name {
	return ancestry.Name{Repository: repository, Tags: tags}
}

// ties are a chain whose base has several names.
type ties struct {
	chain
	tags []string
	host string
}

func (c ties) Claims(context.Context, *ancestry.Query) (out []ancestry.Claim, _ error) {
	for _, tag := range c.tags {
		out = append(out, ancestry.Claim{Start: 0, End: 2, Name: named(c.host+"/base", tag),
			Evidence: ancestry.Evidence{Kind: ancestry.KindRecipe, Confidence: c.grade, Says: "says the test"}})
	}
	return out, nil
}

func (c ties) resolve(t testing.TB, s *server) *ancestry.Lineage {
	t.Helper()
	l, err := live.Resolve(t.Context(), c.image, &ancestry.Options{Catalogues: []ancestry.Source{c}},
		&live.Options{Registry: documents(t), Hosts: []string{s.host}})
	require.NoError(t, err)
	return l
}
