package report_test

import (
	"context"
	"errors"
	"io"
	"testing"
	"testing/iotest"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/stemma-go/stemma/ancestry"
	"github.com/stemma-go/stemma/layers"
	"github.com/stemma-go/stemma/packages"
	"github.com/stemma-go/stemma/report"
	"github.com/stemma-go/stemma/report/internal/imagetest"
)

func event(kind packages.EventKind, layer int) packages.Event {
	return packages.Event{Kind: kind, Layer: layer}
}

// Two ancestors of two layers each: what a package went through counts for who
// did it, once.
func sample() imagetest.Image {
	return imagetest.Image{
		Steps: []imagetest.Step{
			{CreatedBy: "a", Files: []imagetest.File{{Name: "a", Size: 1000}}},
			{CreatedBy: "b", Files: []imagetest.File{{Name: "b", Size: 200}}},
			{CreatedBy: "e"},
			{CreatedBy: "c", Files: []imagetest.File{{Name: ".wh.a"}}},
			{CreatedBy: "d", Files: []imagetest.File{{Name: "b", Size: 30}}},
		},
		Ancestors: []imagetest.Ancestor{{Repository: "base", Tag: "1", Steps: 2}, {Steps: 3}},
		Inventory: &packages.Inventory{Packages: []packages.Package{
			{Name: "kept", State: packages.Present, Events: []packages.Event{event(packages.Introduced, 0)}},
			{Name: "upgraded-twice", State: packages.Present, Events: []packages.Event{event(packages.Introduced, 0), event(packages.Upgraded, 2), event(packages.Downgraded, 3)}},
			{Name: "gone", State: packages.Gone, Events: []packages.Event{event(packages.Introduced, 1), event(packages.Removed, 2)}},
			{Name: "back", State: packages.Present, Events: []packages.Event{event(packages.Introduced, 0), event(packages.Removed, 1), event(packages.Reinstalled, 3)}},
			{Name: "hidden", State: packages.Hidden, Events: []packages.Event{event(packages.Introduced, 2), event(packages.Unlisted, 3)}},
			{Name: "nowhere"},
		}},
	}
}

func TestNewSumsByAncestor(t *testing.T) {
	r := sample().Report(t)
	require.Len(t, r.Ancestors, 2)
	own, base := r.Ancestors[0], r.Ancestors[1]
	assert.Equal(t, report.PackageCounts{Introduced: 4, Removed: 1, Present: 1}, base.Packages)
	assert.Equal(t, report.PackageCounts{Introduced: 1, Upgraded: 1, Downgraded: 1, Removed: 1, Reinstalled: 1, Unlisted: 1, Present: 2}, own.Packages)

	assert.EqualValues(t, 1200, base.Content)
	assert.EqualValues(t, 1200, base.Shadowed)
	assert.EqualValues(t, 30, own.Content)
	assert.EqualValues(t, 0, own.Shadowed)
	for _, a := range r.Ancestors {
		var stored, unpacked int64
		for l := a.Layers.From; l < a.Layers.To; l++ {
			stored += r.Index.Layers[l].Size
			unpacked += r.Index.Layers[l].Uncompressed
		}
		assert.Equal(t, stored, a.Size)
		assert.Equal(t, unpacked, a.Uncompressed)
		assert.Positive(t, unpacked)
	}
	assert.False(t, r.Partial)
}

func TestWhoseIsIt(t *testing.T) {
	r := sample().Report(t)
	for layer, want := range map[int]int{-1: -1, 0: 1, 1: 1, 2: 0, 3: 0, 4: -1} {
		assert.Equal(t, want, r.AncestorOf(layer), "layer %d", layer)
	}
	for step, want := range map[int]int{-1: -1, 0: 1, 1: 1, 2: 0, 4: 0, 5: -1} {
		assert.Equal(t, want, r.AncestorOfStep(step), "step %d", step)
	}
	span := func(from, to int) report.Ancestor {
		return report.Ancestor{Ancestor: ancestry.Ancestor{Layers: ancestry.Span{From: from, To: to}}}
	}
	bare := &report.Report{Ancestors: []report.Ancestor{span(3, 3), span(1, 3), span(1, 1), span(0, 1)}}
	for layer, want := range map[int]int{0: 3, 1: 1, 2: 1, 3: -1} {
		assert.Equal(t, want, bare.AncestorOf(layer), "layer %d, some have none", layer)
	}
	for layer, want := range map[int]int{-1: layers.None, 0: 0, 1: 1, 2: 3, 3: 4, 4: layers.None} {
		assert.Equal(t, want, r.StepOf(layer), "layer %d", layer)
	}
	s, ok := r.Step(3)
	assert.True(t, ok)
	assert.Equal(t, 2, s.Layer)
	_, ok = r.Step(5)
	assert.False(t, ok)
}

func TestNewWithoutIndexOrInventory(t *testing.T) {
	im := sample()
	im.Inventory = nil
	r := im.ConfigReport(t)
	require.Len(t, r.Ancestors, 2)
	assert.Zero(t, r.Ancestors[0].Size)
	assert.Equal(t, report.PackageCounts{}, r.Ancestors[0].Packages)

	r = report.New(nil, nil, nil, nil)
	assert.Empty(t, r.Ancestors)
	assert.False(t, r.AsOf.IsZero())
	assert.Equal(t, layers.None, r.StepOf(0))
}

func TestProblemsOnce(t *testing.T) {
	p := layers.Problem{Layer: 1, Step: layers.None, Err: errors.New("broken")}
	q := layers.Problem{Layer: 2, Step: layers.None, Err: errors.New("broken")}
	idx := &layers.Index{Problems: []layers.Problem{p}, Layers: []layers.Layer{{Partial: true}}}
	lin := &ancestry.Lineage{Problems: []layers.Problem{p}}
	inv := &packages.Inventory{Problems: []layers.Problem{q, q}}
	r := report.New(idx, lin, inv, nil)
	assert.Equal(t, []layers.Problem{p, q}, r.Problems)
	assert.True(t, r.Partial)
}

func TestJudgeSorts(t *testing.T) {
	find := func(name string, fs ...report.Finding) report.Rule {
		return report.Rule{Name: name, Run: func(*report.Report) []report.Finding { return fs }}
	}
	rules := []report.Rule{
		find("z",
			report.Finding{Severity: report.Note, Ancestor: 0, Subject: "1"},
			report.Finding{Severity: report.Serious, Ancestor: -1, Subject: "2"},
			report.Finding{Severity: report.Serious, Ancestor: 3, Subject: "3"}),
		find("a",
			report.Finding{Severity: report.Serious, Ancestor: 3, Subject: "5", Layer: 1},
			report.Finding{Severity: report.Serious, Ancestor: 3, Subject: "4", Layer: 1},
			report.Finding{Severity: report.Serious, Ancestor: 0, Subject: "6", Rule: "other"}),
	}
	var got []string
	for _, f := range report.Judge(&report.Report{}, rules) {
		got = append(got, f.Rule+f.Subject)
	}
	assert.Equal(t, []string{"other6", "a4", "a5", "z3", "z2", "z1"}, got)
}

func TestSeverityText(t *testing.T) {
	for _, s := range []report.Severity{report.Note, report.Warning, report.Serious} {
		b, err := s.MarshalText()
		require.NoError(t, err)
		var back report.Severity
		require.NoError(t, back.UnmarshalText(b))
		assert.Equal(t, s, back)
	}
	var s report.Severity
	assert.ErrorContains(t, s.UnmarshalText([]byte("grave")), `unknown severity "grave"`)
	assert.Equal(t, "severity(7)", report.Severity(7).String())
}

const osRelease = "ID=debian\nVERSION_ID=\"12\"\nVERSION_CODENAME=bookworm\nPRETTY_NAME=\"Debian GNU/Linux 12 (bookworm)\"\n"

// A source that keeps what it was asked.
type spy struct{ query *ancestry.Query }

func (s *spy) Claims(_ context.Context, q *ancestry.Query) ([]ancestry.Claim, error) {
	s.query = q
	return nil, nil
}

func TestAnalyze(t *testing.T) {
	im := imagetest.Image{Steps: []imagetest.Step{
		{CreatedBy: "ADD rootfs.tar / # buildkit", Comment: imagetest.BuildKit, Files: []imagetest.File{
			{Name: "etc/"}, {Name: "etc/os-release", Link: "../usr/lib/os-release"}, {Name: "usr/lib/os-release", Body: osRelease},
			{Name: "var/lib/dpkg/status", Body: "Package: base-files\nStatus: install ok installed\nVersion: 12.4\nArchitecture: amd64\n\n"}}},
		{CreatedBy: "RUN chmod", Comment: imagetest.BuildKit, Files: []imagetest.File{{Name: "usr/lib/os-release", Body: osRelease, Mode: 0o600}}},
		{CreatedBy: "RUN upgrade", Comment: imagetest.BuildKit, Files: []imagetest.File{{Name: "usr/lib/os-release", Body: osRelease + "#"}}},
		{CreatedBy: "RUN rm", Comment: imagetest.BuildKit, Files: []imagetest.File{{Name: "etc/.wh.os-release"}}},
	}}
	img := im.Build(t)
	catalogue := &spy{}
	wanted := 0
	opts := &report.Options{
		Hints:      ancestry.Hints{Reference: "test:1", Digest: v1.Hash{Algorithm: "sha256", Hex: "00"}},
		Catalogues: []ancestry.Source{catalogue},
		AsOf:       imagetest.AsOf,
		Layers: layers.Options{Wants: []layers.Want{{
			Match: func(e layers.Entry, _ []byte) bool { return e.Path == "var/lib/dpkg/status" },
			Use:   func(layers.Entry, []byte) error { wanted++; return nil },
		}}},
	}
	r, err := report.Analyze(t.Context(), img, opts)
	require.NoError(t, err)
	assert.Equal(t, "test:1", r.Reference)
	assert.Equal(t, "00", r.Digest.Hex)
	assert.Equal(t, imagetest.AsOf, r.AsOf)
	assert.NotNil(t, r.Inventory)
	assert.Equal(t, 1, wanted, "the caller's own want")
	assert.Len(t, opts.Layers.Wants, 1, "the caller's options are not changed")
	require.NotEmpty(t, r.Ancestors)
	assert.Empty(t, r.Problems)

	require.NotNil(t, catalogue.query)
	h := catalogue.query.Hints
	assert.Equal(t, []bool{true, true, true, true}, h.Verified)
	assert.Equal(t, map[int][]byte{0: []byte(osRelease), 2: []byte(osRelease + "#")}, h.OSRelease)

	opts.NoPackages = true
	r, err = report.Analyze(t.Context(), img, opts)
	require.NoError(t, err)
	assert.Nil(t, r.Inventory)
}

func TestAnalyzeCancelled(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := report.Analyze(ctx, sample().Build(t), nil)
	assert.ErrorIs(t, err, context.Canceled)
}

// An image of broken layers is still reported, and says that it is partial.
func TestAnalyzeBrokenLayer(t *testing.T) {
	img := sample().Build(t)
	r, err := report.Analyze(t.Context(), brokenImage{img}, nil)
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
