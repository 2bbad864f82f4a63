package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/registry"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/random"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/google/go-containerregistry/pkg/v1/static"
	"github.com/google/go-containerregistry/pkg/v1/types"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/stemma-go/stemma/ancestry"
	"github.com/stemma-go/stemma/ancestry/catalogue"
	"github.com/stemma-go/stemma/ancestry/catalogue/artifact"
	"github.com/stemma-go/stemma/layers/source"
)

// A shop is a registry whose requests are noted, and some of which fail.
type shop struct {
	host string
	mu   sync.Mutex
	got  []string
	fail string // part of the paths that fail
}

func newShop(t *testing.T) *shop {
	reg := registry.New(registry.Logger(log.New(io.Discard, "", 0)))
	s := &shop{}
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.got = append(s.got, r.Method+" "+r.URL.Path)
		if s.fail != "" && strings.Contains(r.URL.Path, s.fail) {
			w.WriteHeader(http.StatusForbidden)
			return
		}
		reg.ServeHTTP(w, r)
	}))
	t.Cleanup(srv.Close)
	s.host = strings.TrimPrefix(srv.URL, "http://")
	return s
}

func (s *shop) asked(part string) (n int) {
	for _, g := range s.got {
		if strings.Contains(g, part) {
			n++
		}
	}
	s.got = nil
	return n
}

func (s *shop) push(t *testing.T, ref string, img remote.Taggable) {
	t.Helper()
	r, err := name.ParseReference(s.host+"/"+ref, name.Insecure)
	require.NoError(t, err)
	require.NoError(t, remote.Push(r, img))
}

// build adds a step with a layer, made at an hour of June 2026.
func build(t *testing.T, base v1.Image, step string, day int) v1.Image {
	t.Helper()
	l, err := random.Layer(200, types.OCILayer)
	require.NoError(t, err)
	at := v1.Time{Time: time.Date(2026, 6, day, 9, 0, 0, 0, time.UTC)}
	img, err := mutate.Append(base, mutate.Addendum{Layer: l, MediaType: types.OCILayer, History: v1.History{CreatedBy: step, Comment: "buildkit.dockerfile.v0", Created: at}})
	require.NoError(t, err)
	img, err = mutate.CreatedAt(img, at)
	require.NoError(t, err)
	cfg, err := img.ConfigFile()
	require.NoError(t, err)
	cfg = cfg.DeepCopy()
	cfg.OS, cfg.Architecture = "linux", "amd64"
	img, err = mutate.ConfigFile(img, cfg)
	require.NoError(t, err)
	return img
}

const fromBase = "RUN /bin/sh -c apt-get update && apt-get install -y --no-install-recommends ca-certificates curl tini # buildkit"

// A crawler runs the command on a day of June 2026.
type crawler struct {
	t           *testing.T
	s           *shop
	state, file string
	more        []string
}

func (c crawler) run(day int) (*catalogue.Catalogue, string, error) {
	var stdout, stderr bytes.Buffer
	args := append([]string{"-o", c.file, "-state", c.state, "-registry", c.s.host + "/base"}, c.more...)
	err := run(c.t.Context(), args, time.Date(2026, 6, day, 20, 0, 0, 0, time.UTC), &stdout, &stderr)
	if err != nil {
		return nil, stderr.String(), err
	}
	b, err := os.ReadFile(c.file)
	require.NoError(c.t, err)
	known, err := catalogue.Open(bytes.NewReader(b), int64(len(b)))
	require.NoError(c.t, err)
	return known, stdout.String() + stderr.String(), nil
}

func chainOf(t *testing.T, img v1.Image, c *catalogue.Catalogue, verified bool) *ancestry.Lineage {
	t.Helper()
	cfg, err := img.ConfigFile()
	require.NoError(t, err)
	hints := ancestry.Hints{}
	if verified {
		hints.Verified = make([]bool, len(cfg.RootFS.DiffIDs))
		for i := range hints.Verified {
			hints.Verified[i] = true
		}
	}
	l, err := ancestry.Resolve(t.Context(), img, &ancestry.Options{Hints: hints, Catalogues: []ancestry.Source{c}})
	require.NoError(t, err)
	return l
}

// The tags of a registry are read once, and those that moved are known with their days.
func TestRegistry(t *testing.T) {
	s := newShop(t)
	dir := t.TempDir()
	c := crawler{t, s, filepath.Join(dir, "state"), filepath.Join(dir, "own.stemma"), nil}
	first := build(t, empty.Image, fromBase, 2)
	second := build(t, empty.Image, fromBase, 9)
	arm := build(t, empty.Image, fromBase, 10)
	idx := mutate.AppendManifests(empty.Index, mutate.IndexAddendum{Add: arm, Descriptor: v1.Descriptor{Platform: &v1.Platform{OS: "linux", Architecture: "arm64"}}})
	s.push(t, "base/os:1", first)
	s.push(t, "base/os:1.0", first)
	s.push(t, "base/lang/go:1", idx)
	s.push(t, "elsewhere/app:1", second)
	signature, err := mutate.Append(mutate.ConfigMediaType(mutate.MediaType(empty.Image, types.OCIManifestSchema1), "application/vnd.oci.empty.v1+json"),
		mutate.Addendum{Layer: static.NewLayer([]byte("x"), "application/vnd.example.signature")})
	require.NoError(t, err)
	s.push(t, "base/os:sha256-00.sig", signature)
	s.got = nil

	known, say, err := c.run(3)
	require.NoError(t, err)
	assert.Contains(t, say, "0 images known before, 2 read; ")
	assert.Equal(t, []string{s.host + "/base/lang/go", s.host + "/base/os"}, known.Repositories())
	assert.Equal(t, 2, s.asked("/blobs/"), "the two configurations, and nothing of layers and signatures")
	app := build(t, first, "COPY app / # buildkit", 4)
	for _, verified := range []bool{false, true} {
		base := chainOf(t, app, known, verified).Ancestors[1]
		assert.Equal(t, s.host+"/base/os:1.0", base.String())
		assert.Equal(t, ancestry.Recorded, base.Confidence, "the base's layers were not read")
		assert.Equal(t, ancestry.StateCurrent, base.Standing.State())
	}

	// A week later, the tag has moved: one image is read.
	s.push(t, "base/os:1", second)
	s.push(t, "base/os:2", second)
	s.got = nil
	known, say, err = c.run(10)
	require.NoError(t, err)
	assert.Contains(t, say, "2 images known before, 1 read; ")
	base := chainOf(t, app, known, false).Ancestors[1]
	assert.Equal(t, s.host+"/base/os:1.0", base.String(), "what the tag pointed to before is known")
	require.NotNil(t, base.Standing)
	base = chainOf(t, build(t, second, "COPY app / # buildkit", 12), known, false).Ancestors[1]
	assert.Equal(t, []string{"1", "2"}, base.Tags)
	assert.Equal(t, ancestry.StateCurrent, base.Standing.State())
	base = chainOf(t, build(t, arm, "COPY app / # buildkit", 12), known, false).Ancestors[1]
	assert.Equal(t, s.host+"/base/lang/go:1", base.String())

	// Nothing new: nothing is read, and the catalogue is the same but for its day.
	s.got = nil
	_, say, err = c.run(11)
	require.NoError(t, err)
	assert.Contains(t, say, "3 images known before, 0 read; ")
	assert.Zero(t, s.asked("/blobs/"))

	// With -verify the layers are read, each once, and what is built on them is proved.
	c.more = []string{"-verify"}
	known, _, err = c.run(12)
	require.NoError(t, err)
	base = chainOf(t, build(t, second, "COPY app / # buildkit", 12), known, true).Ancestors[1]
	assert.Equal(t, ancestry.Proved, base.Confidence)
	s.got = nil
	_, _, err = c.run(13)
	require.NoError(t, err)
	assert.Zero(t, s.asked("/blobs/"))

	// What can't be asked for stays as it was, and is told.
	s.fail = "/base/os/manifests/2"
	known, say, err = c.run(14)
	require.NoError(t, err)
	assert.Contains(t, say, "denied")
	assert.Equal(t, []string{"1", "2"}, chainOf(t, build(t, second, "COPY app / # buildkit", 12), known, false).Ancestors[1].Tags)
	s.fail = "/_catalog"
	_, _, err = c.run(14)
	assert.ErrorContains(t, err, "-repository")
}

// What an incremental run knows is what a run from scratch would, of all that is still there.
func TestRegistryIncrementalIsWhole(t *testing.T) {
	s := newShop(t)
	dir := t.TempDir()
	inc := crawler{t, s, filepath.Join(dir, "state"), filepath.Join(dir, "inc"), nil}
	s.push(t, "base/os:1", build(t, empty.Image, fromBase, 2))
	_, _, err := inc.run(3)
	require.NoError(t, err)
	s.push(t, "base/os:2", build(t, empty.Image, fromBase+" two", 5))
	s.push(t, "base/lang:1", build(t, empty.Image, fromBase+" three", 6))
	_, _, err = inc.run(7)
	require.NoError(t, err)
	whole := crawler{t, s, filepath.Join(dir, "none"), filepath.Join(dir, "whole"), nil}
	_, _, err = whole.run(7)
	require.NoError(t, err)
	a, err := os.ReadFile(inc.file)
	require.NoError(t, err)
	b, err := os.ReadFile(whole.file)
	require.NoError(t, err)
	assert.True(t, bytes.Equal(a, b))
}

// A Dockerfile of another name has the same instructions: the bytes tell which it is.
func TestBytesDecideTies(t *testing.T) {
	s := newShop(t)
	dir := t.TempDir()
	require.NoError(t, os.MkdirAll(filepath.Join(dir, "src/mirror/os/1"), 0o777))
	text := "FROM scratch\nRUN apt-get update && apt-get install -y --no-install-recommends ca-certificates curl tini\n"
	require.NoError(t, os.WriteFile(filepath.Join(dir, "src/mirror/os/1/Dockerfile"), []byte(text), 0o666))
	img := build(t, empty.Image, fromBase, 2)
	app := build(t, img, "COPY app / # buildkit", 4)
	dockerfiles := catalogueOf(t, filepath.Join(dir, "src"))
	assert.Equal(t, "mirror/os:1", chainOf(t, app, dockerfiles, false).Ancestors[1].String())
	s.push(t, "base/os:1", img)
	both := catalogueOf(t, "-repository", s.host+"/base/os", filepath.Join(dir, "src"))
	base := chainOf(t, app, both, false).Ancestors[1]
	assert.Equal(t, s.host+"/base/os:1", base.String())
	assert.Empty(t, base.Ties)
}

func TestFilters(t *testing.T) {
	c := &crawl{}
	require.NoError(t, c.only.Set("r.example.com/base/*"))
	require.NoError(t, c.skip.Set("*-rc*"))
	for n, want := range map[string]bool{"r.example.com/base/os:1": true, "r.example.com/base/a/b:1": true, "r.example.com/base/os:1-rc1": false, "r.example.com/app:1": false} {
		i := strings.LastIndex(n, ":")
		assert.Equal(t, want, c.wants(n[:i], n[i+1:]), n)
	}
	assert.Error(t, c.only.Set("["))
	assert.Error(t, c.only.Set(""))
}

func TestStateIsChecked(t *testing.T) {
	s := newShop(t)
	dir := t.TempDir()
	c := crawler{t, s, filepath.Join(dir, "state"), filepath.Join(dir, "own"), nil}
	require.NoError(t, os.WriteFile(c.state, []byte("{}"), 0o600))
	_, _, err := c.run(3)
	assert.ErrorContains(t, err, c.state)
	assert.NoFileExists(t, c.file)
}

// What was stopped keeps what it has read, and makes no catalogue.
func TestRegistryStopped(t *testing.T) {
	s := newShop(t)
	for i := range 3 {
		s.push(t, fmt.Sprintf("base/os:%d", i), build(t, empty.Image, fromBase, i+1))
	}
	dir := t.TempDir()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	err := run(ctx, []string{"-o", filepath.Join(dir, "own"), "-state", filepath.Join(dir, "state"), "-registry", s.host}, time.Now(), io.Discard, io.Discard)
	assert.ErrorIs(t, err, context.Canceled)
	assert.NoFileExists(t, filepath.Join(dir, "own"))
}

func TestPushAndFetch(t *testing.T) {
	t.Setenv("XDG_CACHE_HOME", t.TempDir())
	s := newShop(t)
	s.push(t, "base/os:1", build(t, empty.Image, fromBase, 2))
	made, fetched := filepath.Join(t.TempDir(), "made"), filepath.Join(t.TempDir(), "fetched")
	ref := s.host + "/ours/catalogue:" + artifact.FormatVersion
	var out bytes.Buffer
	require.NoError(t, run(t.Context(), []string{"-o", made, "-push", ref, "-repository", s.host + "/base/os"}, time.Now(), &out, io.Discard))
	assert.Contains(t, out.String(), "pushed "+ref+"@sha256:")
	require.NoError(t, run(t.Context(), []string{"-fetch", ref, "-o", fetched}, time.Now(), &out, io.Discard))
	a, err := os.ReadFile(made)
	require.NoError(t, err)
	b, err := os.ReadFile(fetched)
	require.NoError(t, err)
	assert.Equal(t, a, b)
	require.NoError(t, run(t.Context(), []string{"-push", s.host + "/ours/again:2", "-add", made}, time.Now(), &out, io.Discard))
	x, err := source.OpenArtifact(t.Context(), s.host+"/ours/again:2", nil)
	require.NoError(t, err)
	assert.Equal(t, artifact.MediaType, x.Manifest.ArtifactType)
	s.fail = "/ours/"
	assert.ErrorContains(t, run(t.Context(), []string{"-fetch", ref, "-o", fetched}, time.Now(), &out, io.Discard), "denied", "a file that was asked for is the newest, or none")
}
