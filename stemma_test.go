package stemma_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"runtime/debug"
	"testing"
	"testing/iotest"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/stemma-go/stemma"
	"github.com/stemma-go/stemma/ancestry"
	"github.com/stemma-go/stemma/layers"
	"github.com/stemma-go/stemma/testdata/handmade"
)

const osRelease = "ID=debian\nVERSION_ID=\"12\"\nVERSION_CODENAME=bookworm\nPRETTY_NAME=\"Debian GNU/Linux 12 (bookworm)\"\n"

// A source that keeps what it was asked.
type spy struct{ query *ancestry.Query }

func (s *spy) Claims(_ context.Context, q *ancestry.Query) ([]ancestry.Claim, error) {
	s.query = q
	return nil, nil
}

func TestAnalyze(t *testing.T) {
	im := handmade.Image{Steps: []handmade.Step{
		{CreatedBy: "ADD rootfs.tar / # buildkit", Comment: handmade.BuildKit, Files: []handmade.File{
			{Name: "etc/"}, {Name: "etc/os-release", Link: "../usr/lib/os-release"}, {Name: "usr/lib/os-release", Body: osRelease},
			{Name: "var/lib/dpkg/status", Body: "Package: base-files\nStatus: install ok installed\nVersion: 12.4\nArchitecture: amd64\n\n"}}},
		{CreatedBy: "LABEL com.acme.image=base", Comment: handmade.BuildKit},
		{CreatedBy: "RUN chmod", Comment: handmade.BuildKit, Files: []handmade.File{{Name: "usr/lib/os-release", Body: osRelease, Mode: 0o600}}},
		{CreatedBy: "RUN upgrade", Comment: handmade.BuildKit, Files: []handmade.File{{Name: "usr/lib/os-release", Body: osRelease + "#"}}},
		{CreatedBy: "RUN rm", Comment: handmade.BuildKit, Files: []handmade.File{{Name: "etc/.wh.os-release"}}},
	}}
	img := im.Build(t)
	catalogue := &spy{}
	wanted := 0
	opts := &stemma.Options{
		Hints:      ancestry.Hints{Reference: "test:1", Digest: v1.Hash{Algorithm: "sha256", Hex: "00"}},
		Catalogues: []ancestry.Source{catalogue},
		Publishers: []ancestry.Publisher{{
			Vendor: "ACME", Marks: map[string]string{"label:com.acme.image": `(?P<name>[a-z]+)`}, Ends: []string{"com.acme.image"}, Name: "registry.acme.example/${name}",
		}},
		AsOf: handmade.AsOf,
		Layers: layers.Options{Wants: []layers.Want{{
			Match: func(e layers.Entry, _ []byte) bool { return e.Path == "var/lib/dpkg/status" },
			Use:   func(layers.Entry, []byte) error { wanted++; return nil },
		}}},
	}
	r, err := stemma.Analyze(t.Context(), img, opts)
	require.NoError(t, err)
	assert.Equal(t, "test:1", r.Reference)
	assert.Equal(t, "00", r.Digest.Hex)
	assert.Equal(t, handmade.AsOf, r.AsOf)
	assert.NotNil(t, r.Inventory)
	assert.NotNil(t, r.Files)
	assert.Equal(t, 1, wanted, "the caller's own want")
	assert.Len(t, opts.Layers.Wants, 1, "the caller's options are not changed")
	require.Len(t, r.Ancestors, 2)
	assert.Equal(t, "registry.acme.example/base", r.Ancestors[1].String())
	assert.Empty(t, r.Problems)

	require.NotNil(t, catalogue.query)
	h := catalogue.query.Hints
	assert.Equal(t, []bool{true, true, true, true}, h.Verified)
	assert.Equal(t, osRelease, string(h.Files[0]["etc/os-release"]))
	assert.NotContains(t, h.Files, 1, "nothing but a mode")
	assert.Equal(t, osRelease+"#", string(h.Files[2]["usr/lib/os-release"]))

	opts.NoPackages = true
	r, err = stemma.Analyze(t.Context(), img, opts)
	require.NoError(t, err)
	assert.Nil(t, r.Inventory)
}

func TestAnalyzeCancelled(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := stemma.Analyze(ctx, twoLayers().Build(t), nil)
	assert.ErrorIs(t, err, context.Canceled)
}

// A trap panics where packages are attributed.
type trap struct{ context.Context }

func (c trap) Err() error {
	if bytes.Contains(debug.Stack(), []byte("scan.(*Collector).Attribute")) {
		panic("a bug there")
	}
	return c.Context.Err()
}

// What panics where packages are attributed costs the packages: the rest of the report stays.
func TestAnalyzePanics(t *testing.T) {
	r, err := stemma.Analyze(trap{t.Context()}, twoLayers().Build(t), nil)
	require.NoError(t, err)
	assert.Nil(t, r.Inventory)
	assert.NotEmpty(t, r.Ancestors)
	assert.True(t, r.Partial)
	require.Len(t, r.Problems, 1)
	assert.Regexp(t, `^packages: panic: a bug there, in \S+trap\.Err \(stemma_test\.go:\d+\)$`, r.Problems[0].Error())
}

// An image of broken layers is still reported, and says that it is partial.
func TestAnalyzeBrokenLayer(t *testing.T) {
	img := twoLayers().Build(t)
	r, err := stemma.Analyze(t.Context(), brokenImage{img}, nil)
	require.NoError(t, err)
	assert.True(t, r.Partial)
	assert.NotEmpty(t, r.Problems)
	assert.NotEmpty(t, r.Ancestors)
	assert.Equal(t, 1, r.Problems[0].Layer)
}

// A brokenImage has a layer that breaks off.
type brokenImage struct{ v1.Image }

func (b brokenImage) Layers() ([]v1.Layer, error) {
	ls, err := b.Image.Layers()
	ls[1] = brokenLayer{ls[1]}
	return ls, err
}

type brokenLayer struct{ v1.Layer }

var errBroken = errors.New("connection reset")

func (l brokenLayer) Compressed() (io.ReadCloser, error) {
	return io.NopCloser(iotest.ErrReader(errBroken)), nil
}

func (l brokenLayer) Uncompressed() (io.ReadCloser, error) { return l.Compressed() }

func twoLayers() handmade.Image {
	return handmade.Image{Steps: []handmade.Step{
		{CreatedBy: "a", Files: []handmade.File{{Name: "a", Size: 1000}}},
		{CreatedBy: "b", Files: []handmade.File{{Name: "b", Size: 200}}},
	}}
}
